"""What to do about a touch whose sending had no clear answer."""

from dataclasses import dataclass
from datetime import datetime

from contracts.events.touch import Channel, Kind
from services.notify.touches import Touch

KEY_HOLDS_SECONDS = 600.0  # Brevo keeps an idempotency key 15 minutes by one page, 30 by another
SENDINGS = 2
GIVEN_UP_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class CheckProvider:
    """Look it up at the provider."""


@dataclass(frozen=True, slots=True)
class Resend:
    """It is known not to have been sent, or a repeat is harmless."""


@dataclass(frozen=True, slots=True)
class CheckLater:
    seconds: float


@dataclass(frozen=True, slots=True)
class Escalate:
    """It stays uncertain, in sight, and is not sent again."""


def next_action(
    channel: Channel, age_seconds: float, *, not_again: bool = False
) -> CheckProvider | Resend:
    """Email goes again under its idempotency key while that holds; everything else is looked up first.

    `not_again`: the person said stop or booked meanwhile, or its hours are over.
    """
    again = channel is Channel.EMAIL and age_seconds < KEY_HOLDS_SECONDS and not not_again
    return Resend() if again else CheckProvider()


def after_not_found(
    *,
    check_count: int,
    sendings: int,
    age_seconds: float,
    checks: tuple[float, ...],
    still_useful: bool = False,
    not_again: bool = False,
) -> CheckLater | Resend | Escalate:
    """check_count counts the one just made. Only after every planned look has found nothing is it sent again, once.

    `sendings` leaves out those that the company itself said had failed: such a touch is tried for a day.
    `still_useful` is a reminder of a meeting to come: it may be sent once more, for twice is better than not at all.
    """
    if check_count < len(checks):
        return CheckLater(checks[check_count])
    again = sendings < SENDINGS + still_useful and age_seconds < GIVEN_UP_SECONDS and not not_again
    return Resend() if again else Escalate()


def still_useful(touch: Touch, now: datetime) -> bool:
    """Whether the touch reminds of a meeting that has not begun."""
    starts_at = touch.booking.starts_at if touch.kind is Kind.MEETING and touch.booking else None
    return starts_at is not None and now < starts_at
