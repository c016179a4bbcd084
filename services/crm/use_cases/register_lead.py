"""Queues a new lead for Kommo, with the note of what its form contained."""

from contracts.events.lead import LeadCreated
from kit.database import Database
from services.crm.decisions.kommo import first_note
from services.crm.repositories import registrations


async def register_lead(database: Database, event: LeadCreated) -> None:
    """Queues the lead. A repeated event has no effect."""
    await registrations.enqueue(
        database,
        event.event_id,
        event.lead_id,
        event.person_id or event.lead_id,
        event.card,
        first_note(event.lead_id, event.card, event.first_message),
    )
