"""The hours and durations of the journey file, as they are written."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from domain.journey.model import Late, Window, format_duration


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (timedelta(), "0 seconds"),
        (timedelta(days=1, hours=1, minutes=1, seconds=1), "1 day 1 hour 1 minute 1 second"),
        (timedelta(days=2, hours=2, minutes=2, seconds=2), "2 days 2 hours 2 minutes 2 seconds"),
        (timedelta(weeks=3), "21 days"),
    ],
)
def test_a_duration_is_written_with_its_units(duration: timedelta, written: str) -> None:
    assert format_duration(duration) == written


def test_ten_years_are_the_longest_duration() -> None:
    assert Late.model_validate({"limit": "3650 days"}).limit == timedelta(days=3650)
    with pytest.raises(ValidationError, match="ten years are the most"):
        Late.model_validate({"limit": "3650 days 1 second"})


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon", [0]),
        ("mon-wed", [0, 1, 2]),
        ("sat-sun", [5, 6]),
        ("sat-mon", [0, 5, 6]),
        ("sun-sat", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_days_may_go_over_the_end_of_the_week(written: str, days: list[int]) -> None:
    window = Window.model_validate({written: "09:30-19:45"})

    assert [day for day, spans in enumerate(window.week) if spans] == days
    assert {spans for spans in window.week if spans} == {((570, 1185),)}


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (540, "540 is no span of hours; write it like 09:00-19:00, in quotes"),
        ("9-5", "'9-5' is no span of hours; write it like 09:00-19:00, in quotes"),
        ("09:00-24:01", "09:00-24:01 goes beyond the day; a day ends at 24:00"),
    ],
)
def test_hours_that_are_none(hours: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Window.model_validate({"mon": hours})
