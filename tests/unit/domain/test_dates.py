"""A time as people say it."""

from datetime import UTC, datetime

import pytest

from domain.dates import in_words, stamp


@pytest.mark.parametrize(
    ("hour", "language", "words"),
    [
        (11, "es-MX", "jueves 12 de marzo a las 11:00 a.m."),
        (13, "es-MX", "jueves 12 de marzo a la 1:00 p.m."),
        (1, "es-MX", "jueves 12 de marzo a la 1:00 a.m."),
        (13, "en", "Thursday, March 12 at 1:00 PM"),
    ],
)
def test_a_time_has_the_name_of_its_month(hour: int, language: str, words: str) -> None:
    assert in_words(datetime(2026, 3, 12, hour, tzinfo=UTC), language) == words


def test_a_stamp_has_the_year_and_the_second() -> None:
    assert stamp(datetime(2026, 3, 12, 13, 5, 9, tzinfo=UTC)) == "12 de marzo de 2026, 13:05:09"
