"""Receives messages and keys from people: a stop is obeyed, everything else is published."""

import contextlib
from typing import Any
from uuid import UUID

import structlog

from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel
from domain.receipts import Answered
from kit.database import Database
from kit.errors import Unavailable
from kit.messaging import outbox
from providers.twilio.webhooks import Inbound, PressedKey
from services.notify.decisions.keys import ASKS_FOR_LINK, asked_by_key
from services.notify.decisions.replies import Meaning, read_reply
from services.notify.deps import Deps
from services.notify.repositories import callbacks, leads, opt_outs, sessions
from services.notify.use_cases.opt_out import opt_out_once
from services.notify.use_cases.record_receipt import record_key

log = structlog.get_logger()


async def receive_message(inbound: Inbound, body: dict[str, Any], database: Database) -> None:
    """Opts the number out, or publishes the message for the newest lead with that phone.

    A repeat has no effect.
    """
    meaning = Meaning.OPT_OUT if inbound.opts_out else read_reply(inbound.text)
    key = f"inbound/{inbound.sid}"
    if meaning is Meaning.OPT_OUT:
        await opt_out_once(key, inbound.phone, inbound.channel, "reply", body, database)
        log.info("lead.opted_out", channel=inbound.channel, reason="reply")
        return
    lead_ids = await leads.lead_ids_by_phone(database, inbound.phone)
    replies = [
        ReplyReceived(
            lead_id=lead_id,
            channel=inbound.channel,
            text=inbound.text,
            intent=Intent(meaning),
        )
        for lead_id in lead_ids[:1]
    ]
    async with database.transaction() as connection:
        if await callbacks.store(connection, key, None, body):
            if inbound.phone:
                await sessions.open_session(connection, inbound.phone)
            if meaning is Meaning.OPT_IN:
                await opt_outs.remove(connection, inbound.phone)
            await outbox.add(connection, replies)
    log.info("reply.received", channel=inbound.channel, intent=meaning, leads=len(lead_ids))


async def receive_key(
    pressed: PressedKey, touch_id: UUID, lead_id: int, body: dict[str, Any], deps: Deps
) -> None:
    """Publishes that the person asked for the link, or stores that another key was pressed."""
    ref = pressed.ref
    receipt = Answered(ref) if pressed.key else None  # whoever presses a key has listened
    if pressed.key != ASKS_FOR_LINK or not lead_id:
        with contextlib.suppress(Unavailable):  # a job asks Twilio later which key was pressed
            await record_key(ref, touch_id, receipt, body, deps)
        return
    asked = asked_by_key(lead_id, touch_id, ref, at=deps.now())
    try:
        await record_key(ref, touch_id, receipt, body, deps)
        await publish_key(ref, asked, body, deps.database)
    except Unavailable:
        # the wish is not lost with the call: the broker keeps it until our database recovers
        await deps.publish_directly(asked)
    log.info("reply.received", lead_id=lead_id, channel=Channel.CALL, intent=Intent.WANTS_LINK)


async def publish_key(
    ref: str, asked: ReplyReceived, body: dict[str, Any], database: Database
) -> None:
    """Publishes a key that was pressed, once per call."""
    async with database.transaction() as connection:
        if await callbacks.store(connection, f"key/{ref}", None, body):
            await outbox.add(connection, [asked])
