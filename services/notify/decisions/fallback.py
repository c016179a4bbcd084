"""Which channel comes next when one did not reach the person."""

from contracts.events.lead import LeadCard
from contracts.events.touch import FailureKind
from services.notify.touches import Touch

HOPELESS = {FailureKind.BAD_ADDRESS, FailureKind.OPTED_OUT}


def after_failure(touch: Touch, kind: FailureKind, card: LeadCard) -> Touch | None:
    """The step's next channel, unless the address itself is bad or the person has blocked us."""
    return None if kind in HOPELESS else touch.following(card)
