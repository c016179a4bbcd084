"""Queues a note for Kommo about an event, and stores the further forms of a lead."""

from contracts.events.base import Event
from contracts.events.lead import LeadUpdated
from kit.database import Database
from services.crm.decisions.kommo import note, outcome_of
from services.crm.repositories import notes, submissions


async def note_outcome(database: Database, event: Event) -> None:
    """Queues the event's note, if it has one. A repeated event has no effect."""
    if isinstance(event, LeadUpdated):
        await submissions.insert(
            database,
            event.submission_id,
            event.lead_id,
            phone=event.card.phone,
            email=event.card.email,
        )
    text = note(event)
    if text is None:
        return
    at = event.at.strftime("%d/%m/%Y %H:%M:%S UTC")
    # the end of the event's id tells notes of the same text apart: Kommo keeps every copy
    await notes.enqueue(
        database,
        event.event_id,
        event.lead_id,
        f"{text}\n{at} · {event.event_id.hex[-12:]}",
        outcome=outcome_of(event),
    )
