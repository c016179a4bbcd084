"""The results of a touch that a provider's callback or status check reports, in our words."""

from dataclasses import dataclass

from contracts.events.call import Unanswered
from contracts.events.touch import FailureKind


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider accepted the touch, under this reference."""

    ref: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The touch reached the person's device or mailbox."""

    ref: str


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The touch will not arrive."""

    ref: str
    kind: FailureKind
    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A person heard the call."""

    ref: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """The call ended without a person hearing it."""

    ref: str
    reason: Unanswered


Receipt = Accepted | Arrived | Undeliverable | Answered | Unheard
