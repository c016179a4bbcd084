"""How durations, spans, hours and times read on a page."""

from datetime import timedelta

import pytest

from services.console.rendering import city_of, lasting, moment, span_of, week_of


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0.0123, "12.3 ms"),
        (3.44, "3.44 s"),
        (10, "10 s"),
        (150, "2.5 min"),
        (9000, "2.5 h"),
        (260_000, "3 d"),
    ],
)
def test_durations_are_as_exact_as_anybody_cares(seconds: float | None, text: str) -> None:
    assert lasting(seconds) == text


def test_spans_of_the_journey_read_in_words() -> None:
    assert span_of(timedelta(days=3), "es_MX") == "3 días"
    assert span_of(timedelta(hours=36), "en_US") == "1 day 12 hours"


def test_hours_read_in_words() -> None:
    days = [["09:00-19:00"]] * 5 + [["10:00-14:00", "16:00-24:00"], []]

    assert week_of(days, "es_MX") == "lun–vie 9:00–19:00, sáb 10:00–14:00 + 16:00–24:00"
    assert week_of(days, "en_US") == "Mon–Fri 9:00–19:00, Sat 10:00–14:00 + 16:00–24:00"
    assert week_of([["00:00-24:00"]] * 7, "es_MX") == "lun–dom 0:00–24:00"
    assert city_of("America/Mexico_City", "es_MX") == "Ciudad de México"
    assert city_of("Nowhere/Land", "es_MX") == "Nowhere/Land"


@pytest.mark.parametrize("text", ["tomorrow", "", "9999-99-99"])
def test_a_time_that_is_none_is_no_obstacle(text: str) -> None:
    assert moment(text) is None
