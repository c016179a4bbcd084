"""How long a failed message waits."""

import pytest

from kit.bus import next_delay

DELAYS = (1.0, 5.0, 30.0)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "delay"),
    [
        pytest.param(1, 0, 1.0, id="first retry"),
        pytest.param(3, 0, 30.0, id="last retry"),
        pytest.param(4, 0, None, id="no more"),
        pytest.param(1, 4, 5.0, id="not sooner than the provider asks"),
        pytest.param(1, 5, 5.0, id="exactly what the provider asks"),
        pytest.param(2, 900, 30.0, id="longer than any delay: the longest"),
    ],
)
def test_the_next_delay(attempt: int, retry_after: float, delay: float | None) -> None:
    assert next_delay(DELAYS, attempt, retry_after) == delay
