"""Turns a call that a machine took to the voicemail, and one that a fax took to its end."""

from typing import Any
from uuid import UUID

import structlog

from domain.receipts import Receipt, Unheard
from kit.database import Connection
from providers.twilio import twiml
from services.notify.deps import Deps
from services.notify.repositories import callbacks, texts, touches
from services.notify.speech import speech_for
from services.notify.touches import State
from services.notify.use_cases.record_receipt import record_callback

log = structlog.get_logger()


async def turn_call(
    key: str, touch_id: UUID, lead_id: int, verdict: Receipt, body: dict[str, Any], deps: Deps
) -> None:
    """Records what machine detection said while our text was read out, and acts on it.

    A repeat turns the call once. A call in which a person pressed a key is theirs.
    Raises Unavailable where Twilio or the database is, so that Twilio tells us again.
    """
    await record_callback(key, touch_id, verdict, body, deps)
    if not isinstance(verdict, Unheard):
        return
    async with deps.database.transaction() as connection:
        if await _is_to_be_turned(connection, touch_id, verdict.ref):
            await _turn(connection, touch_id, lead_id, verdict, deps)


async def _is_to_be_turned(connection: Connection, touch_id: UUID, ref: str) -> bool:
    """Returns whether nothing turned the call before; while one request asks, others wait."""
    touch = await touches.lock(connection, touch_id)
    if touch is None or touch.state is State.ANSWERED:
        return False
    return await callbacks.store(connection, f"turned/{ref}", touch_id, {})


async def _turn(
    connection: Connection, touch_id: UUID, lead_id: int, verdict: Unheard, deps: Deps
) -> None:
    touch, card = await touches.get_touch(connection, touch_id)
    speech = speech_for(
        verdict,
        touch.template,
        deps.wording.facts(lead_id, card),
        settings=deps.settings,
        templates=deps.wording.templates_for(None),
    )
    running = await deps.turn_call(
        verdict.ref, twiml.greet(verdict, speech, voice=deps.settings.voice_name, key_url="")
    )
    if running:
        await texts.store(connection, touch_id, speech.transcript)
    log.info("call.turned", touch_id=str(touch_id), lead_id=lead_id, running=running)
