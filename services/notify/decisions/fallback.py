"""Decides which channel comes next when a channel did not reach the person, and what it says."""

from dataclasses import replace

from contracts.events.call import Unanswered
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, FailureKind
from domain.journey.texts import NO_CALL
from services.notify.touches import Touch

HOPELESS = {FailureKind.BAD_ADDRESS, FailureKind.OPTED_OUT}


def after_failure(touch: Touch, kind: FailureKind, card: LeadCard) -> Touch | None:
    """Returns the touch on the step's next channel.

    None after the last channel, for a bad address, and where the person has blocked us.
    """
    if kind in HOPELESS:
        return None
    following = touch.following(card)
    return _without_call(following) if touch.channel is Channel.CALL else following


def after_call(touch: Touch, reason: Unanswered, card: LeadCard) -> Touch | None:
    """Returns the touch on the next channel of a call that no person heard; None after the last."""
    following = touch.following(card)
    return _without_call(following) if reason is Unanswered.FAILED else following


def _without_call(touch: Touch | None) -> Touch | None:
    """Returns the touch with the text that names no call: none was placed, or none rang."""
    return replace(touch, template=touch.template + NO_CALL) if touch is not None else None
