"""Queues a note for Kommo about an event, and stores the further forms of a lead."""

from datetime import tzinfo

from contracts.events.base import Event
from contracts.events.lead import LeadUpdated
from domain.dates import stamp
from kit.database import Database
from services.crm.decisions.kommo import note, outcome_of
from services.crm.repositories import notes, registrations, submissions

ADDRESSES = {"phone", "email"}


async def note_outcome(database: Database, event: Event, zone: tzinfo) -> None:
    """Queues the event's note, if it has one, with times in `zone`. A repeat has no effect.

    New addresses of the person go to the contact in Kommo too.
    """
    if isinstance(event, LeadUpdated):
        await submissions.insert(
            database,
            event.submission_id,
            event.lead_id,
            phone=event.card.phone,
            email=event.card.email,
        )
        if ADDRESSES & set(event.changed):
            await registrations.set_contact_due(database, event.lead_id)
    text = note(event, zone)
    if text is None:
        return
    at = stamp(event.at.astimezone(zone))
    # the end of the event's id tells notes of the same text apart: Kommo keeps every copy
    await notes.enqueue(
        database,
        event.event_id,
        event.lead_id,
        f"{text}\n{at} · {event.event_id.hex[-12:]}",
        outcome=outcome_of(event),
    )
