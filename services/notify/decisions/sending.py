"""Whether a touch goes out now."""

from dataclasses import dataclass

from contracts.touch import SkipReason
from services.notify.touches import Touch


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger and the opt-outs say at the instant of sending."""

    claimed: bool
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    address: str


@dataclass(frozen=True, slots=True)
class Skip:
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody else has it in hand, or it is settled."""


def decide(touch: Touch, facts: Facts) -> Send | Skip | Leave:
    if not facts.claimed:
        return Leave()
    if facts.opted_out:
        return Skip(SkipReason.OPTED_OUT)
    if touch.address is None:
        return Skip(SkipReason.NO_ADDRESS)
    return Send(touch.address)
