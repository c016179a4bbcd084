"""What to do about a touch whose sending had no clear answer."""

from dataclasses import dataclass

from contracts.touch import Channel

KEY_HOLDS_SECONDS = 600.0  # Brevo keeps an idempotency key 15 minutes by one page, 30 by another
SENDINGS = 2


@dataclass(frozen=True, slots=True)
class Ask:
    """Look it up at the provider."""


@dataclass(frozen=True, slots=True)
class SendAgain:
    """It is known not to have been sent, or a repeat is harmless."""


@dataclass(frozen=True, slots=True)
class AskLater:
    seconds: float


@dataclass(frozen=True, slots=True)
class LeaveToAPerson:
    """It stays uncertain, in sight, and is not sent again."""


def first_step(channel: Channel, age_seconds: float) -> Ask | SendAgain:
    """Email goes again under its idempotency key while that holds; everything else is looked up first."""
    return SendAgain() if channel is Channel.EMAIL and age_seconds < KEY_HOLDS_SECONDS else Ask()


def after_not_found(*, looks: int, sendings: int, checks: tuple[float, ...]) -> AskLater | SendAgain | LeaveToAPerson:
    """`looks` counts the one just made. Only after every planned look has found nothing is it sent again, once."""
    if looks < len(checks):
        return AskLater(checks[looks])
    return SendAgain() if sendings < SENDINGS else LeaveToAPerson()
