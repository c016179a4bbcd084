"""Plans a touch again that notify did not make."""

from datetime import timedelta

from contracts.events.touch import TouchDeferred
from kit.database import Connection, Database
from kit.messaging.inbox import first_time
from services.scheduler.decisions.enrolment import apply_event
from services.scheduler.decisions.planning import Timer, missing_in
from services.scheduler.repositories import timers
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.replan_lead import CONSUMER, lock_lead, replan_lead
from services.scheduler.use_cases.settle_timers import publish_failed_timer


async def defer_touch(
    event: TouchDeferred, database: Database, journeys: Journeys, *, spread: timedelta
) -> None:
    """Sets a touch aside as failed if the lead's journey does not have it.

    Raises Unavailable while the lead is not enrolled yet. A repeat has no effect.
    """
    async with database.transaction() as connection:
        if not await first_time(connection, CONSUMER, event.event_id):
            return
        enrolled = await lock_lead(connection, journeys, event.lead_id)
        reason = missing_in(enrolled.journey, event)
        if reason is not None:
            await _set_aside(connection, event, reason)
            return
        after = apply_event(enrolled.lead, event, enrolled.journey)
        await replan_lead(connection, enrolled, after, spread=spread)


async def _set_aside(connection: Connection, event: TouchDeferred, reason: str) -> None:
    timer = Timer(event.step, event.channel, event.booking, event.run, event.at)
    timer_id = await timers.insert_failed(connection, event.lead_id, timer, reason=reason)
    if timer_id is not None:
        await publish_failed_timer(connection, timer_id, event.lead_id, reason)
