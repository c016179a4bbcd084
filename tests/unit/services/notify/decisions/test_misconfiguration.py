"""What becomes of a touch that failed by our own fault."""

from datetime import timedelta

import pytest

from contracts.events.touch import Channel
from services.notify.decisions.misconfiguration import (
    LOST_AGAIN_AFTER,
    MAX_SENDINGS,
    REFUSED_AGAIN_AFTER,
    wait_after_receipt,
    wait_after_refusal,
)


def test_another_channel_does_not_wait() -> None:
    assert wait_after_refusal([Channel.SMS]) is None
    assert wait_after_receipt([Channel.SMS], 1) is None


def test_the_last_channel_waits_until_the_fault_is_corrected() -> None:
    assert wait_after_refusal([]) == REFUSED_AGAIN_AFTER


@pytest.mark.parametrize(
    ("sendings", "wait"),
    [
        (1, LOST_AGAIN_AFTER),
        (2, 2 * LOST_AGAIN_AFTER),
        (MAX_SENDINGS - 1, 8 * LOST_AGAIN_AFTER),
        (MAX_SENDINGS, None),
    ],
)
def test_what_was_lost_is_sent_again_a_few_times(sendings: int, wait: timedelta | None) -> None:
    assert wait_after_receipt([], sendings) == wait
