"""Decides which channel comes next when a channel did not reach the person."""

from contracts.events.lead import LeadCard
from contracts.events.touch import FailureKind
from services.notify.touches import Touch

HOPELESS = {FailureKind.BAD_ADDRESS, FailureKind.OPTED_OUT}


def after_failure(touch: Touch, kind: FailureKind, card: LeadCard) -> Touch | None:
    """Returns the touch on the step's next channel.

    None after the last channel, for a bad address, and where the person has blocked us.
    """
    return None if kind in HOPELESS else touch.following(card)
