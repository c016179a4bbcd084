"""The claim that a worker holds on a touch, and how the worker settles it."""

from dataclasses import dataclass, replace
from uuid import UUID

from contracts.events.base import Event
from contracts.events.touch import TouchDeferred
from services.notify.touches import State, Touch


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send a touch and to settle it.

    `attempt` counts from 1. It is 0 where the claim was not granted.
    """

    token: UUID
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """The state in which the claim's holder leaves the touch.

    `check_in`: seconds until a job takes the touch up; None where no job does.
    `sendings`: is added to the count of sendings.
    `scope`: the touch is held until an operator releases this scope.
    """

    touch: Touch
    claim: Claim
    state: State
    event: Event | None = None
    subject: str = ""
    text: str = ""
    ref: str = ""
    reason: str | None = None
    check_in: float | None = None
    sendings: int = 0
    scope: str | None = None

    def written_late(self) -> "Settlement":
        """Returns the settlement to write after an outage of the database.

        The message that would have retried the touch may be gone by then, so a job takes it up.
        """
        left_to_the_broker = (
            self.state is State.PLANNED
            and not isinstance(self.event, TouchDeferred)
            and not self.scope
        )
        if left_to_the_broker and self.check_in is None:
            return replace(self, check_in=0.0)
        return self
