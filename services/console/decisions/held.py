"""Decides which touches wait for an operator to release them, folded from their events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.touch import (
    HoldReason,
    TouchDeferred,
    TouchDelivered,
    TouchesReleased,
    TouchEvent,
    TouchFailed,
    TouchHeld,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from contracts.message import Message

RELEASED_BY_HAND = (HoldReason.CAPPED, HoldReason.NUMBER_UNKNOWN)
MOVED_ON = (
    TouchSent,
    TouchDelivered,
    TouchSkipped,
    TouchFailed,
    TouchDeferred,
    TouchUncertain,
    TouchUnresolved,
)
HOLDING = (TouchHeld, TouchesReleased, *MOVED_ON)


@dataclass(frozen=True, slots=True)
class HeldTouch:
    """One touch that waits. Each field is a column of `held_touches`."""

    touch_id: UUID
    lead_id: int
    reason: str
    scope: str
    at: datetime


def holding_events(events: Iterable[Message]) -> list[TouchEvent | TouchesReleased]:
    """Returns the events that change which touches are held."""
    return [event for event in events if isinstance(event, HOLDING)]


def still_held(
    held: Mapping[UUID, HeldTouch], events: Iterable[TouchEvent | TouchesReleased]
) -> dict[UUID, HeldTouch]:
    """Returns the touches of `held` and of the events that are held after the events."""
    after = dict(held)
    for event in events:
        match event:
            case TouchesReleased():
                after = {
                    name: touch for name, touch in after.items() if not _releases(event, touch)
                }
            case TouchHeld(reason=reason) if reason in RELEASED_BY_HAND:
                known = after.get(event.touch_id)
                if known is None or known.at <= event.at:
                    after[event.touch_id] = HeldTouch(
                        event.touch_id, event.lead_id, str(reason), event.scope, event.at
                    )
            case _:
                known = after.get(event.touch_id)
                if known is not None and known.at <= event.at:
                    del after[event.touch_id]
    return after


def _releases(event: TouchesReleased, touch: HeldTouch) -> bool:
    same = (touch.reason, touch.scope) == (str(event.reason), event.scope)
    return same and touch.at <= event.at
