"""Pauses or resumes the follow-up of one lead."""

from contracts.events.lead import LeadPaused, LeadResumed
from kit.database import Database
from services.notify.repositories import leads


async def pause_lead(event: LeadPaused | LeadResumed, database: Database) -> None:
    """Stores the change. A change that is older than the last one has no effect."""
    paused = isinstance(event, LeadPaused)
    await leads.set_paused(database, event.lead_id, event.at, paused=paused)
