"""Records a provider's receipt: the callback is stored once, and moves its touch."""

from typing import Any
from uuid import UUID

import structlog

from domain.receipts import Receipt
from kit.database import Connection
from kit.messaging import outbox
from services.notify.decisions.receipts import advance, events_for
from services.notify.deps import Deps
from services.notify.repositories import callbacks, checks, touches
from services.notify.settings import Settings
from services.notify.touches import State

log = structlog.get_logger()


async def record_callback(
    key: str, touch_id: UUID, receipt: Receipt | None, body: dict[str, Any], deps: Deps
) -> None:
    """Stores a callback, and moves its touch. A repeat has no effect."""
    if receipt is None:
        await callbacks.store(deps.database, key, touch_id, body)
        return
    async with deps.database.transaction() as connection:
        if await callbacks.store(connection, key, touch_id, body):
            await _apply(connection, touch_id, receipt, deps.settings)


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
    """Moves the touch as the provider answered."""
    async with deps.database.transaction() as connection:
        await _apply(connection, touch_id, receipt, deps.settings)


async def _apply(
    connection: Connection, touch_id: UUID, receipt: Receipt, settings: Settings
) -> None:
    touch = await touches.lock(connection, touch_id)
    if touch is None:
        log.warning("receipt.unmatched", touch_id=str(touch_id))
        return
    after = advance(touch.state, receipt)
    if after is None:
        return
    await touches.move(
        connection,
        touch_id,
        after,
        receipt.ref,
        check_in=_check_in(after, settings),
        unless=_key_callback(receipt.ref) if after is State.ANSWERED else None,
    )
    about = touch.identity.about()
    events = events_for(receipt, touch.state, **about, asked_at=touch.claimed_at)
    await outbox.add(connection, events)
    log.info(
        "touch.moved",
        touch_id=str(touch_id),
        lead_id=touch.identity.lead_id,
        channel=touch.identity.channel,
        before=touch.state,
        now=after,
    )


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
