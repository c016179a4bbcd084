"""Receives what a person chose in a call's menu, and obeys it."""

import contextlib
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from contracts.events.call import Unanswered
from contracts.events.lead import LeadCard
from contracts.events.reply import ReplyReceived
from contracts.events.touch import Channel
from domain.journey.time_zones import whereabouts
from domain.receipts import Answered, Unheard
from kit.database import Database
from kit.errors import Unavailable
from kit.messaging import outbox
from providers.twilio.models import CallInput
from services.notify.decisions.keys import KEY_OF, reply_of
from services.notify.decisions.menu import (
    Ask,
    Before,
    Choice,
    End,
    Menu,
    Misheard,
    Turn,
    call_back_at,
    next_turn,
    understands,
)
from services.notify.deps import Deps
from services.notify.repositories import callbacks, touches
from services.notify.use_cases.opt_out import opt_out_address
from services.notify.use_cases.record_receipt import record_callback, record_key

log = structlog.get_logger()

BY_KEY = "key"  # the reason of a stop


async def receive_choice(
    menu: Menu,
    before: Before,
    entered: CallInput,
    touch_id: UUID,
    lead_id: int,
    body: dict[str, Any],
    deps: Deps,
) -> Turn:
    """Records an answer to the menu, obeys it, and returns what follows. A repeat has no effect.

    Raises Unavailable where neither database nor broker keeps what was chosen, so that Twilio asks
    again. Where that is in vain too, a job reads it later from Twilio's record of the call.
    """
    turn = next_turn(menu, entered, before)
    if isinstance(turn, End) and turn.choice is not None:
        await _obey(turn.choice, entered, touch_id, lead_id, deps)
    with contextlib.suppress(Unavailable):
        await _record(turn, menu, before, entered, touch_id, body, deps)
    return turn


async def _record(
    turn: Turn,
    menu: Menu,
    before: Before,
    entered: CallInput,
    touch_id: UUID,
    body: dict[str, Any],
    deps: Deps,
) -> None:
    """Records that the person answered, and, where the call ends, that Twilio need not be asked."""
    ref = entered.ref
    receipt = Answered(ref) if understands(menu, entered) else None
    match turn:
        case Ask():
            await record_callback(f"menu/{ref}/{menu}/{before}", touch_id, receipt, body, deps)
        case Misheard():
            unheard = Unheard(ref, Unanswered.MISHEARD)
            await record_key(ref, touch_id, unheard, body, deps)
        case End():
            await record_key(ref, touch_id, receipt, body, deps)


async def _obey(
    choice: Choice, entered: CallInput, touch_id: UUID, lead_id: int, deps: Deps
) -> None:
    at = deps.now()
    if choice is Choice.STOP:
        await obey_stop(entered.ref, touch_id, entered.words, deps.database)
    elif lead_id:
        call_at = await _call_back_at(choice, touch_id, at, deps)
        reply = reply_of(
            choice, lead_id, touch_id, entered.ref, at=at, call_at=call_at, words=entered.words
        )
        await _publish(entered.ref, reply, deps)
    log.info("call.choice_received", touch_id=str(touch_id), lead_id=lead_id, choice=choice)


async def _publish(ref: str, reply: ReplyReceived, deps: Deps) -> None:
    try:
        await publish_choice(ref, reply, deps.database)
    except Unavailable:
        # the wish is not lost with the call: the broker keeps it until our database recovers
        await deps.publish_directly(reply)


async def _call_back_at(
    choice: Choice, touch_id: UUID, at: datetime, deps: Deps
) -> datetime | None:
    if choice is Choice.LINK:
        return None
    try:
        touch, card = await touches.get_touch(deps.database, touch_id)
        return when_to_call(choice, at, card, touch.address, deps)
    except (Unavailable, LookupError):
        return when_to_call(choice, at, LeadCard(name=""), None, deps)


def when_to_call(
    choice: Choice, at: datetime, card: LeadCard, phone: str | None, deps: Deps
) -> datetime:
    """Returns the chosen hour where the person lives, or else where the business is."""
    settings = deps.settings
    place = whereabouts(
        card.time_zone, phone, zone=settings.timezone, region=settings.default_region
    )
    return call_back_at(choice, at, place.home)


async def publish_choice(ref: str, reply: ReplyReceived, database: Database) -> None:
    """Publishes what was chosen, once for each call."""
    async with database.transaction() as connection:
        if await callbacks.store(connection, _chosen(ref), None, {}):
            await outbox.add(connection, [reply])


async def obey_stop(ref: str, touch_id: UUID, words: str, database: Database) -> None:
    """Opts out the number that was called, once for each call. An unknown call changes nothing."""
    phone = await touches.address_of(database, touch_id)
    if phone is None:
        return
    async with database.transaction() as connection:
        if await callbacks.store(connection, _chosen(ref), None, {}):
            text = words or KEY_OF[Choice.STOP]
            await opt_out_address(connection, phone, Channel.CALL, BY_KEY, text)


def _chosen(ref: str) -> str:
    """Returns the key of the callback with what was chosen."""
    return f"key/{ref}"
