"""Records a provider's receipt: the callback is stored once, and moves its touch."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from contracts.events.base import Event
from contracts.events.touch import Channel, FailureKind, HoldReason, TouchHeld
from domain.receipts import Accepted, Arrived, Ended, Outcome, Receipt, Undeliverable, Verdict
from kit.database import Connection
from kit.messaging import outbox
from providers.twilio.webhooks import read_detection, verdict_keys
from services.notify.decisions.misconfiguration import wait_after_receipt
from services.notify.decisions.receipts import (
    advance,
    events_for,
    invitation_seconds,
    outcome_of_call,
)
from services.notify.deps import Deps
from services.notify.repositories import addresses, callbacks, checks, leads, texts, touches
from services.notify.repositories.touches import LockedTouch
from services.notify.settings import Settings
from services.notify.touches import State
from services.notify.use_cases.record_provider_health import record_receipt, record_rejection
from services.notify.use_cases.suspend_address import count_soft_bounce

log = structlog.get_logger()

VERDICT_SECONDS = 3.0  # that the verdict of a call which ended may still take to come
VOICE = "voice"  # what the keys of the verdicts of machine detection begin with


@dataclass(frozen=True, slots=True)
class Moved:
    """A touch that a receipt has moved."""

    channel: Channel
    outcome: Outcome


async def record_callback(
    key: str, touch_id: UUID, receipt: Receipt | None, body: dict[str, Any], deps: Deps
) -> None:
    """Stores a callback, and moves its touch. A repeat has no effect."""
    if receipt is None:
        await callbacks.store(deps.database, key, touch_id, body)
        return
    moved = None
    async with deps.database.transaction() as connection:
        if await callbacks.store(connection, key, touch_id, body):
            moved = await _apply(connection, touch_id, receipt, deps.settings)
    await _record_health(moved, deps)


async def record_key(
    ref: str, touch_id: UUID, receipt: Receipt | None, body: dict[str, Any], deps: Deps
) -> None:
    """Stores that Twilio reported a call's key, or that none was pressed.

    Twilio need not be asked about it any more. A repeat has no effect.
    """
    async with deps.database.transaction() as connection:
        if await callbacks.store(connection, _key_callback(ref), touch_id, body):
            if receipt is not None:
                await _apply(connection, touch_id, receipt, deps.settings)
            await checks.stop_answered(connection, touch_id)


async def apply_receipt(touch_id: UUID, receipt: Receipt, deps: Deps) -> None:
    """Moves the touch as the provider answered, which was asked."""
    async with deps.database.transaction() as connection:
        moved = await _apply(connection, touch_id, receipt, deps.settings, asked=True)
    await _record_health(moved, deps)


async def _apply(
    connection: Connection,
    touch_id: UUID,
    receipt: Receipt,
    settings: Settings,
    *,
    asked: bool = False,
) -> Moved | None:
    """Moves the touch, and returns that it moved; None where the receipt brings nothing new."""
    touch = await touches.lock(connection, touch_id)
    if touch is None:
        log.warning("receipt.unmatched", touch_id=str(touch_id))
        return None
    outcome = await _outcome(connection, touch_id, receipt, settings, asked=asked)
    if outcome is None:
        await checks.check_again(connection, touch_id, State.SENT, check_in=VERDICT_SECONDS)
        return None
    after = advance(touch.state, outcome)
    # a touch that failed by our fault waits to be sent again, and its old receipts come late
    is_old = touch.state is State.PLANNED and touch.ref is not None and touch.ref == outcome.ref
    if after is None or is_old:
        return None
    wait = _wait(outcome, touch)
    if wait is not None:
        after = State.PLANNED
    await touches.move(
        connection,
        touch_id,
        after,
        outcome.ref,
        check_in=wait.total_seconds() if wait is not None else _check_in(after, settings),
        unless=_key_callback(outcome.ref) if after is State.ANSWERED else None,
    )
    await outbox.add(connection, _events(outcome, touch, waits=wait is not None))
    await _judge_address(connection, outcome, touch, settings)
    if after is State.ANSWERED:
        await leads.mark_reached(connection, touch.identity.lead_id)
    log.info(
        "touch.moved",
        touch_id=str(touch_id),
        lead_id=touch.identity.lead_id,
        channel=touch.identity.channel,
        before=touch.state,
        now=after,
    )
    return Moved(touch.identity.channel, outcome)


async def _outcome(
    connection: Connection, touch_id: UUID, receipt: Receipt, settings: Settings, *, asked: bool
) -> Outcome | None:
    """Returns what the receipt means. For a call that ended, that depends on what was heard."""
    if not isinstance(receipt, Ended):
        return receipt
    keys = [f"{VOICE}/{key}" for key in verdict_keys(receipt.ref)]
    verdicts = [read_detection(body) for body in await callbacks.bodies(connection, keys)]
    text = await texts.of_touch(connection, touch_id)
    return outcome_of_call(
        receipt,
        max(verdicts, key=_certainty, default=Verdict()),
        detection=settings.voice_detection,
        listened_seconds=max(settings.listened_seconds, invitation_seconds(text)),
        asked=asked,
    )


def _certainty(verdict: Verdict) -> tuple[bool, float]:
    return verdict.by_person is not None, verdict.seconds


def _wait(outcome: Outcome, touch: LockedTouch) -> timedelta | None:
    """Returns how long the touch waits for somebody to correct our fault; None if it does not."""
    if isinstance(outcome, Undeliverable) and outcome.kind is FailureKind.MISCONFIGURED:
        return wait_after_receipt(touch.fallback, touch.sendings)
    return None


def _events(outcome: Outcome, touch: LockedTouch, *, waits: bool) -> list[Event]:
    about = touch.identity.about()
    if not waits:
        return events_for(outcome, touch.state, **about, asked_at=touch.claimed_at)
    sent = events_for(Accepted(outcome.ref), touch.state, **about, asked_at=touch.claimed_at)
    detail = outcome.reason if isinstance(outcome, Undeliverable) else ""
    return [*sent, TouchHeld(**about, reason=HoldReason.MISCONFIGURED, detail=detail)]


async def _judge_address(
    connection: Connection, outcome: Outcome, touch: LockedTouch, settings: Settings
) -> None:
    """Counts a soft bounce against the address, and a delivery in its favour."""
    if touch.address is None or touch.identity.channel is not Channel.EMAIL:
        return
    match outcome:
        case Arrived():
            await addresses.forget_soft_bounces(connection, touch.address)
        case Undeliverable(kind=FailureKind.BOUNCED, reason=reason):
            await count_soft_bounce(connection, touch.identity, touch.address, reason, settings)
        case _:
            pass


async def _record_health(moved: Moved | None, deps: Deps) -> None:
    """Records what a receipt shows about our sender: it failed, or it works."""
    if moved is None:
        return
    breaker = deps.breakers[moved.channel]
    match moved.outcome:
        case Accepted():
            pass
        case Undeliverable(alike=True, reason=reason):
            await record_rejection(breaker, reason, deps)
        case Undeliverable(kind=FailureKind.MISCONFIGURED | FailureKind.UNREACHABLE):
            pass  # it says nothing about our sender
        case _:
            await record_receipt(breaker, deps)


def _check_in(state: State, settings: Settings) -> float | None:
    """Returns the seconds until Twilio is asked for a receipt, or for the key of a call."""
    match state:
        case State.SENT:
            return settings.receipt_timeout
        case State.ANSWERED:
            return settings.key_timeout
        case _:
            return None


def _key_callback(ref: str) -> str:
    """Returns the key of the callback about a call's key."""
    return f"key-heard/{ref}"
