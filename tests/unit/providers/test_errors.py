"""How long a provider asks us to wait."""

from datetime import UTC, datetime

import pytest

from providers.errors import LONGEST_WAIT, seconds_to_wait

NOW = datetime(2026, 3, 2, 16, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        pytest.param("20", 20.0, id="seconds"),
        pytest.param("1.5", 1.5, id="a fraction"),
        pytest.param("Mon, 02 Mar 2026 16:00:30 GMT", 30.0, id="a date"),
        pytest.param("Mon, 02 Mar 2026 15:00:00 GMT", 1.0, id="a date that has passed"),
        pytest.param("999999", LONGEST_WAIT, id="for ever"),
        pytest.param("0", 1.0, id="not at all"),
        pytest.param(None, 1.0, id="nothing"),
        pytest.param("soon", 1.0, id="something else"),
        pytest.param("²", 1.0, id="a digit that is no number"),
    ],
)
def test_a_retry_after(retry_after: str | None, seconds: float) -> None:
    assert seconds_to_wait(retry_after, NOW) == seconds
