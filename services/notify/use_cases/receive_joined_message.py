"""Takes a message that joined a lead for what it is: the reply of somebody whom we know."""

from uuid import uuid5

import structlog

from contracts.events.lead import Door, LeadCreated, LeadUpdated
from contracts.events.reply import WAITS_FOR_A_PERSON, Intent, ReplyReceived
from contracts.events.touch import Channel
from kit.database import Database
from kit.messaging import outbox
from services.notify.decisions.replies import STOPS, read_reply
from services.notify.repositories import callbacks, leads

log = structlog.get_logger()

REPLY = "reply"  # the name of the event's own event
BY_SMS = "SMS"  # the source of a lead who wrote so


async def receive_joined_message(event: LeadCreated | LeadUpdated, database: Database) -> None:
    """Publishes the message as a reply. A repeat has no effect.

    Whoever writes and fills in a form at once may be known by the form before their message is
    read, and it then joins their lead, which is answered already.
    """
    if not isinstance(event, LeadUpdated) or event.door is not Door.MESSAGE or event.returned:
        return
    reading = read_reply(event.first_message)
    if reading.intent in STOPS:  # it was obeyed when it came
        return
    reply = ReplyReceived(
        event_id=uuid5(event.event_id, REPLY),
        at=event.received_at or event.at,
        lead_id=event.lead_id,
        channel=Channel.SMS if event.card.source == BY_SMS else Channel.WHATSAPP,
        text=event.first_message,
        intent=reading.intent,
        hour=reading.hour,
        attribution=event.card.attribution,
    )
    async with database.transaction() as connection:
        if not await callbacks.store(connection, f"joined/{event.submission_id}", None, {}):
            return
        if reading.intent is Intent.NO_INTEREST:
            await leads.refuse(connection, event.lead_id)
        elif reading.intent in WAITS_FOR_A_PERSON:
            await leads.pause(connection, event.lead_id, reply.at)
        await leads.mark_reached(connection, event.lead_id)
        await outbox.add(connection, [reply])
    log.info("reply.received", lead_id=event.lead_id, intent=reading.intent, joined=True)
