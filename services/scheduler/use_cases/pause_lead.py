"""Pauses or resumes a lead's follow-up for an operator, and publishes that fact."""

from datetime import timedelta

from contracts.commands.lead import PauseLead, ResumeLead
from contracts.events.lead import LeadPaused, LeadResumed
from kit.database import Database
from kit.messaging import outbox
from kit.messaging.inbox import first_time
from services.scheduler.decisions.enrolment import apply_event
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.replan_lead import CONSUMER, lock_lead, replan_lead


async def pause_lead(
    command: PauseLead | ResumeLead, database: Database, journeys: Journeys, *, spread: timedelta
) -> None:
    """Raises Unavailable while the lead is not enrolled yet. A repeat has no effect."""
    event = _event_of(command)
    async with database.transaction() as connection:
        if not await first_time(connection, CONSUMER, event.event_id):
            return
        enrolled = await lock_lead(connection, journeys, event.lead_id)
        after = apply_event(enrolled.lead, event, enrolled.journey)
        await replan_lead(connection, enrolled, after, spread=spread)
        await outbox.add(connection, [event])


def _event_of(command: PauseLead | ResumeLead) -> LeadPaused | LeadResumed:
    """Returns the event that answers the command. It has the command's time: the latest wins."""
    event = LeadPaused if isinstance(command, PauseLead) else LeadResumed
    return event(event_id=command.fact_id, at=command.at, lead_id=command.lead_id, by=command.by)
