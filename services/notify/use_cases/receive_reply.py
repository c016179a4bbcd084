"""Receives messages from people: a stop is obeyed, and every reply is published."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

import structlog

from contracts.events.base import Event
from contracts.events.reply import (
    WAITS_FOR_A_PERSON,
    Intent,
    ReplyReceived,
    ReplyUnmatched,
)
from contracts.events.submission import InquiryReceived
from contracts.events.touch import Channel
from domain.addresses import canonical
from domain.channels import channels_to, facts_of
from domain.replies import IncomingReply
from kit.clock import now
from kit.database import Connection, Database
from kit.messaging import outbox
from services.notify.decisions.addressing import ABOUT_MEETINGS
from services.notify.decisions.incoming_replies import inquirer, read_incoming
from services.notify.decisions.replies import STOPS, Reading
from services.notify.decisions.reply_texts import shown_text
from services.notify.repositories import (
    addresses,
    callbacks,
    leads,
    opt_outs,
    recent_stops,
    sessions,
    touches,
)
from services.notify.use_cases.opt_out import Stopped, opt_out_address, opt_out_lead

log = structlog.get_logger()

REASONS = {Intent.STOP: "reply", Intent.WRONG_NUMBER: "wrong_number"}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as far as the ledger knows.

    `lead_id` is None where no lead matches. `addresses` are the one that the message came from,
    unless the provider hides it, and the one to which the message went that it answers.
    """

    lead_id: int | None
    addresses: tuple[str, ...]
    answers_meeting: bool


async def receive_reply(reply: IncomingReply, body: dict[str, Any], database: Database) -> None:
    """Obeys and publishes a message. A repeat has no effect.

    It belongs to the lead of the message that it answers, else to the newest with its address.
    Whoever writes from a number that no lead has becomes a lead.
    """
    sender = await _find_sender(reply, database)
    reading = read_incoming(reply, answers_meeting=sender.answers_meeting)
    if reading.by_subject:
        reply = replace(reply, text=f"{reply.subject}\n\n{reply.text}".strip())
    stopped = Stopped()
    async with database.transaction() as connection:
        if not await callbacks.store(connection, f"inbound/{reply.ref}", None, body):
            return
        if reading.intent is not Intent.AUTOMATIC:
            await _mark_alive(connection, reply.channel, sender)
        if reading.intent in STOPS:
            stopped = await _stop(connection, reply, reading, sender)
        events = _events(reply, reading, sender, now())
        for event in events:
            await _obey(connection, reading.intent, sender, event.at)
        await outbox.add(connection, events)
    log.info(
        "reply.received",
        channel=reply.channel,
        intent=reading.intent,
        lead_id=sender.lead_id,
        stopped_leads=list(stopped.lead_ids),
        address_stopped=stopped.is_new,
    )


async def _find_sender(reply: IncomingReply, database: Database) -> Sender:
    answered = await touches.answered(database, [reply.answers]) if reply.answers else None
    if answered is not None:
        known = [address for address in (reply.address, answered.address) if address]
        addresses = tuple({canonical(address): address for address in known}.values())
        return Sender(answered.lead_id, addresses, answered.kind in ABOUT_MEETINGS)
    if reply.address is None:
        return Sender(None, (), answers_meeting=False)
    found = await leads.with_address(database, reply.address)
    lead_ids = [lead.lead_id for lead in found]
    channels = channels_to(facts_of(reply.channel).address)
    last = await touches.last_kind(database, lead_ids, channels)
    newest = lead_ids[-1] if lead_ids else None
    return Sender(newest, (reply.address,), last in ABOUT_MEETINGS)


async def _mark_alive(connection: Connection, channel: Channel, sender: Sender) -> None:
    """Stores a sign of life. A message by WhatsApp opens a session there, and no other does."""
    for address in sender.addresses:
        if channel is Channel.WHATSAPP:
            await sessions.open_session(connection, address)
        else:
            await addresses.mark_alive(connection, address)


async def _stop(
    connection: Connection, reply: IncomingReply, reading: Reading, sender: Sender
) -> Stopped:
    """Stops the addresses that the message came from and answers, or else the lead."""
    reason = REASONS[reading.intent]
    text = shown_text(reply)
    stopped = [
        await opt_out_address(connection, address, reply.channel, reason, text)
        for address in sender.addresses
    ]
    if not stopped and sender.lead_id is not None:
        stopped = [await opt_out_lead(connection, sender.lead_id, reply.channel, reason, text)]
    return Stopped(
        tuple(chain.from_iterable(part.lead_ids for part in stopped)),
        any(part.is_new for part in stopped),
    )


async def _obey(connection: Connection, intent: Intent, sender: Sender, at: datetime) -> None:
    """Holds back at once what the reply forbids; scheduler hears of it later."""
    if intent is Intent.OPT_IN:
        for address in sender.addresses:
            await opt_outs.remove(connection, address)
        await recent_stops.forget(connection, sender.addresses)
    if sender.lead_id is None:
        return
    if intent is Intent.NO_INTEREST:
        await leads.refuse(connection, sender.lead_id)
    elif intent in WAITS_FOR_A_PERSON:
        await leads.pause(connection, sender.lead_id, at)
    if intent is not Intent.AUTOMATIC:
        await leads.mark_reached(connection, sender.lead_id)


def _events(reply: IncomingReply, reading: Reading, sender: Sender, at: datetime) -> list[Event]:
    """Returns what to publish of a message. A stop is published by whom it stops."""
    media = tuple(media.url for media in reply.media if media.url)
    is_stop = reading.intent in STOPS
    if sender.lead_id is not None and not is_stop:
        received = ReplyReceived(
            lead_id=sender.lead_id,
            channel=reply.channel,
            text=shown_text(reply),
            intent=reading.intent,
            hour=reading.hour,
            media=media,
            attribution=dict(reply.attribution),
        )
        return [received]
    known = sender.lead_id is not None or (is_stop and bool(sender.addresses))
    if known or reading.intent is Intent.AUTOMATIC:
        return []
    if (phone := inquirer(reply, reading.intent)) is not None:
        return [_inquiry(reply, phone, at)]
    unmatched = ReplyUnmatched(
        lead_id=0,
        channel=reply.channel,
        sender=reply.sender,
        text=shown_text(reply),
        intent=reading.intent,
        media=media,
    )
    return [unmatched]


def _inquiry(reply: IncomingReply, phone: str, at: datetime) -> InquiryReceived:
    return InquiryReceived(
        lead_id=0,
        channel=reply.channel,
        message_id=reply.ref,
        phone=phone,
        name=reply.name,
        text=shown_text(reply),
        attribution=dict(reply.attribution),
        received_at=at,
    )
