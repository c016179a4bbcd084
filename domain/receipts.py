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
    """The touch will not arrive.

    `alike`: every touch of the channel fails alike until somebody corrects something.
    """

    ref: str
    kind: FailureKind
    reason: str
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A person heard the call."""

    ref: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """The call ended without a person hearing the invitation.

    `seconds`: for how long somebody listened, where that is known.
    """

    ref: str
    reason: Unanswered
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The call was picked up, and ended so many seconds later; None where that is unknown.

    `by_person`: whether a person picked up; None where machine detection said nothing so far.
    """

    ref: str
    seconds: int | None
    by_person: bool | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What machine detection said of a call, and for how long it had listened.

    `by_person` is None where it said nothing.
    """

    by_person: bool | None = None
    seconds: float = 0.0


Outcome = Accepted | Arrived | Undeliverable | Answered | Unheard
Receipt = Outcome | Ended
