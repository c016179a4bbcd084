"""Decides what to do about a touch whose sending had no clear answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.events.touch import Kind
from domain.receipts import Receipt
from services.notify.touches import Others, Touch

SENDINGS = 2
GIVEN_UP_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class CheckProvider:
    """Ask the provider about the touch."""


@dataclass(frozen=True, slots=True)
class Resend:
    """Send it again: it is known not to have been sent, or a repeat is harmless."""


@dataclass(frozen=True, slots=True)
class CheckLater:
    """Ask the provider again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Escalate:
    """Leave it to a person: it stays uncertain, is shown, and is not sent again."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """What was found may be another touch's that is being sent: its reference is not known yet."""


def own_receipt(found: Sequence[Receipt], others: Others) -> Receipt | Ambiguous | None:
    """Returns the oldest of the provider's records that no other touch has; None without one.

    `found` must be older than `others`, so that a touch that was sent meanwhile is known.
    """
    left = [receipt for receipt in found if receipt.ref not in others.refs]
    if not left:
        return None
    return Ambiguous() if others.is_sending else left[0]


def next_action(
    age_seconds: float, *, resend_within: float, not_again: bool = False
) -> CheckProvider | Resend:
    """Returns Resend while a repeat is harmless, else CheckProvider.

    `resend_within`: the seconds for which the provider recognizes a repeat.

    `not_again`: the person opted out or booked meanwhile, or its hours are over.
    """
    harmless = age_seconds < resend_within and not not_again
    return Resend() if harmless else CheckProvider()


def after_not_found(
    *,
    check_count: int,
    sendings: int,
    age_seconds: float,
    checks: tuple[float, ...],
    still_useful: bool = False,
    not_again: bool = False,
) -> CheckLater | Resend | Escalate:
    """Returns the next step after a check that found nothing.

    `check_count` includes that check. The touch is sent again, once, only after every planned check
    has found nothing. `sendings` leaves out those whose failure the provider itself reported: such
    a touch is tried for a day. `still_useful` is a reminder of a meeting to come. It may be sent
    once more, because twice is better than not at all.
    """
    if check_count < len(checks):
        return CheckLater(checks[check_count])
    allowed = SENDINGS + 1 if still_useful else SENDINGS
    if sendings < allowed and age_seconds < GIVEN_UP_SECONDS and not not_again:
        return Resend()
    return Escalate()


def still_useful(touch: Touch, now: datetime) -> bool:
    """Returns whether the touch reminds of a meeting that has not begun."""
    starts_at = touch.booking.last_start if touch.kind is Kind.MEETING and touch.booking else None
    return starts_at is not None and now < starts_at
