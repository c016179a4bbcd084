"""Applies a further form of a lead: notes its id, moves the lead, and may restart the follow-up."""

from dataclasses import replace
from datetime import timedelta

from contracts.events.lead import LeadUpdated
from kit.database import Connection, Database
from kit.messaging.inbox import first_time
from services.scheduler.decisions.enrolment import Enrolment, apply_event, moved_to
from services.scheduler.repositories import aliases
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.replan_lead import (
    CONSUMER,
    EnrolledLead,
    lock_lead,
    replan_lead,
)


async def update_lead(
    event: LeadUpdated,
    database: Database,
    journeys: Journeys,
    *,
    zone: str,
    region: str,
    spread: timedelta,
) -> None:
    """Raises Unavailable while the lead is not enrolled yet. A repeat has no effect."""
    await aliases.insert(database, event.submission_id, event.lead_id)
    async with database.transaction() as connection:
        if not await first_time(connection, CONSUMER, event.event_id):
            return
        enrolled = await lock_lead(connection, journeys, event.lead_id)
        moved = moved_to(enrolled.lead, event, zone=zone, region=region)
        after = apply_event(moved, event, enrolled.journey)
        enrolled = await _with_journey(connection, journeys, enrolled, after, event.journey)
        await replan_lead(connection, enrolled, after, spread=spread)


async def _with_journey(
    connection: Connection,
    journeys: Journeys,
    enrolled: EnrolledLead,
    after: Enrolment,
    version: str | None,
) -> EnrolledLead:
    """Pins a restarted follow-up to the version that the event names, if that is stored here."""
    if version is None or after.run == enrolled.lead.run:
        return enrolled
    if not await journeys.exists(connection, version):
        return enrolled
    return replace(enrolled, version=version, journey=await journeys.get(connection, version))
