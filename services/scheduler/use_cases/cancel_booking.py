"""Applies a cancelled booking to its lead, and to the other leads of the same person."""

from datetime import timedelta

from contracts.events.booking import BookingCancelled
from kit.database import Database
from kit.messaging.inbox import first_time
from services.scheduler.decisions.enrolment import apply_event, booking_ended_elsewhere
from services.scheduler.repositories import enrolments
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.replan_lead import CONSUMER, lock_lead, replan_lead


async def cancel_booking(
    event: BookingCancelled, database: Database, journeys: Journeys, *, spread: timedelta
) -> None:
    """Raises Unavailable while the lead is not enrolled yet. A repeat has no effect."""
    async with database.transaction() as connection:
        if not await first_time(connection, CONSUMER, event.event_id):
            return
        enrolled = await lock_lead(connection, journeys, event.lead_id)
        after = apply_event(enrolled.lead, event, enrolled.journey)
        await replan_lead(connection, enrolled, after, spread=spread)
        for lead_id in await enrolments.other_leads_of_person(connection, event.lead_id):
            other = await lock_lead(connection, journeys, lead_id)
            after = booking_ended_elsewhere(other.lead, at=event.at)
            await replan_lead(connection, other, after, spread=spread)
