"""Decides in which state an attempt leaves its touch, and which event is published. Pure."""

from datetime import datetime

from contracts.events.touch import (
    FailureKind,
    SkipReason,
    TouchDeferred,
    TouchDelayed,
    TouchFailed,
    TouchHeld,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
)
from services.notify.claims import Claim, Settlement
from services.notify.decisions.sending import Defer, Hold
from services.notify.touches import State, Touch

HELD_CHECK_SECONDS = 1.0  # a held touch is taken up only while its provider may be tried
NOTHING_SENT = -1  # takes back the sending that the claim counted


def sent(
    touch: Touch,
    claim: Claim,
    ref: str,
    *,
    subject: str,
    text: str,
    asked_at: datetime,
    check_in: float,
) -> Settlement:
    """Returns the settlement of a touch that the provider accepted under `ref`."""
    event = TouchSent(**touch.about(), provider_ref=ref or None, asked_at=asked_at)
    return Settlement(
        touch,
        claim,
        State.SENT,
        event,
        subject=subject,
        text=text,
        ref=ref,
        check_in=check_in,
    )


def failed(touch: Touch, claim: Claim, kind: FailureKind, reason: str) -> Settlement:
    """Returns the settlement of a touch that the provider refused."""
    event = TouchFailed(**touch.about(), kind=kind, reason=reason)
    return Settlement(touch, claim, State.FAILED, event, reason=reason)


def skipped(touch: Touch, claim: Claim, reason: SkipReason) -> Settlement:
    """Returns the settlement of a touch that must not be sent."""
    event = TouchSkipped(**touch.about(), reason=reason)
    return Settlement(touch, claim, State.SKIPPED, event, reason=reason)


def deferred(touch: Touch, claim: Claim, defer: Defer) -> Settlement:
    """Returns the settlement of a touch for which scheduler is asked for a better hour."""
    event = TouchDeferred(
        **touch.about(),
        booking=touch.booking.key if touch.booking else "",
        reason=defer.reason,
        not_before=defer.not_before,
    )
    return Settlement(touch, claim, State.PLANNED, event, reason="deferred", sendings=NOTHING_SENT)


def held(
    touch: Touch, claim: Claim, hold: Hold, *, to: State, is_known: bool, now: datetime
) -> Settlement:
    """Returns the settlement of a touch that waits in the state that it was claimed from.

    No event is published where it `is_known` that the touch waits for this reason. No job takes up
    a touch that is held in a scope.
    """
    event = None
    if not is_known:
        event = TouchHeld(**touch.about(), reason=hold.reason, scope=hold.scope, detail=hold.detail)
    check_in = None if hold.scope else HELD_CHECK_SECONDS
    if hold.until is not None:
        check_in = max(HELD_CHECK_SECONDS, (hold.until - now).total_seconds())
    return Settlement(
        touch,
        claim,
        to,
        event,
        reason=hold.reason,
        check_in=check_in,
        sendings=NOTHING_SENT,
        scope=hold.scope,
    )


def uncertain(
    touch: Touch,
    claim: Claim,
    reason: str,
    *,
    subject: str,
    text: str,
    check_in: float,
    answered: bool,
) -> Settlement:
    """Returns the settlement of a touch without a clear answer.

    Where the provider itself `answered` that it failed, the attempt does not count as a sending.
    """
    return Settlement(
        touch,
        claim,
        State.UNCERTAIN,
        TouchUncertain(**touch.about(), reason=reason),
        subject=subject,
        text=text,
        reason=reason,
        check_in=check_in,
        sendings=NOTHING_SENT if answered else 0,
    )


def released(
    touch: Touch,
    claim: Claim,
    reason: str,
    *,
    to: State,
    check_in: float | None,
    event: TouchDelayed | None = None,
) -> Settlement:
    """Returns the settlement of an attempt that sent nothing: the touch returns to a state."""
    return Settlement(
        touch, claim, to, event, reason=reason, check_in=check_in, sendings=NOTHING_SENT
    )
