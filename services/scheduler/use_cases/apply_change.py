"""Applies an event to its lead's enrolment, and replans the lead's touches."""

from datetime import timedelta

from kit.database import Database
from kit.messaging.inbox import first_time
from services.scheduler.decisions.enrolment import Change, apply_event, changes_enrolment
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.replan_lead import CONSUMER, lock_lead, replan_lead


async def apply_change(
    event: Change, database: Database, journeys: Journeys, *, spread: timedelta
) -> None:
    """Raises Unavailable while the lead is not enrolled yet. A repeat has no effect."""
    if not changes_enrolment(event):
        return
    async with database.transaction() as connection:
        if not await first_time(connection, CONSUMER, event.event_id):
            return
        enrolled = await lock_lead(connection, journeys, event.lead_id)
        after = apply_event(enrolled.lead, event, enrolled.journey)
        await replan_lead(connection, enrolled, after, spread=spread)
