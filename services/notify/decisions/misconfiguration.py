"""Decides what becomes of a touch that failed by our own fault: sender, template, key, address."""

from collections.abc import Sequence
from datetime import timedelta

from contracts.events.touch import Channel

REFUSED_AGAIN_AFTER = timedelta(minutes=15)
# Brevo recognizes a mail's key for up to 30 minutes, and would not send it again sooner
LOST_AGAIN_AFTER = timedelta(minutes=45)
MAX_SENDINGS = 5


def wait_after_refusal(fallback: Sequence[Channel]) -> timedelta | None:
    """Returns how long a touch waits that the provider refused; None where it goes on to a channel.

    Nothing was sent, so it is tried again until somebody corrects the fault.
    """
    return None if fallback else REFUSED_AGAIN_AFTER


def wait_after_receipt(fallback: Sequence[Channel], sendings: int) -> timedelta | None:
    """Returns how long a touch waits that was accepted and then failed. The waits double.

    None where it goes on to a channel, and after MAX_SENDINGS.
    """
    if fallback or sendings >= MAX_SENDINGS:
        return None
    doublings: int = 2 ** max(sendings - 1, 0)
    return LOST_AGAIN_AFTER * doublings
