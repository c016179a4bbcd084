"""Enrols a new lead: plans its touches by the version of the journey that the event names."""

from datetime import timedelta

from contracts.events.lead import LeadCreated
from domain.journey.model import Journey
from kit.database import Database
from services.scheduler.decisions.enrolment import enrol
from services.scheduler.decisions.planning import plan
from services.scheduler.repositories import enrolments
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.publish_journey import publish_journey

CONSUMER = "scheduler.leads"


async def enrol_lead(
    event: LeadCreated,
    database: Database,
    journeys: Journeys,
    *,
    zone: str,
    region: str,
    spread: timedelta,
) -> None:
    """Stores the lead's one enrolment with its timers. A repeat has no effect."""
    lead = enrol(event, zone=zone, region=region)
    await publish_journey(database, journeys)
    version, journey = await _entry_journey(event, database, journeys)
    await enrolments.insert_with_timers(
        database,
        consumer=CONSUMER,
        event_id=event.event_id,
        lead_id=lead.lead_id,
        journey=version,
        person_id=event.person_id or lead.lead_id,
        facts=lead.model_dump_json(),
        timers=plan(lead, journey, spread),
    )


async def _entry_journey(
    event: LeadCreated, database: Database, journeys: Journeys
) -> tuple[str, Journey]:
    """Returns the version that the event names.

    It is the current version of this process where the event names none, or an unknown one.
    """
    if event.journey is not None:
        journey = await journeys.find(database, event.journey)
        if journey is not None:
            return event.journey, journey
    return journeys.version, journeys.journey
