"""Whether a source is silent: only the hours of business days count."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.intake.decisions.silence import is_silent

ZONE = "America/Mexico_City"


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("last", "now", "silent"),
    [
        pytest.param("2026-03-03T10:00", "2026-03-05T10:00", True, id="two business days"),
        pytest.param("2026-03-03T10:00", "2026-03-05T09:59", False, id="a minute less"),
        pytest.param("2026-03-06T10:00", "2026-03-09T23:59", False, id="over a weekend"),
        pytest.param("2026-03-06T10:00", "2026-03-10T10:00", True, id="two days and a weekend"),
        pytest.param("2026-03-13T10:00", "2026-03-17T23:59", False, id="and a public holiday"),
        pytest.param("2026-03-13T10:00", "2026-03-18T10:00", True, id="after the holiday"),
        pytest.param("2026-03-07T10:00", "2026-03-08T10:00", False, id="since Saturday"),
        pytest.param("2025-12-31T10:00", "2026-01-05T09:59", False, id="over New Year"),
        pytest.param("2025-12-31T10:00", "2026-01-05T10:00", True, id="after New Year"),
        pytest.param("2026-03-05T10:00", "2026-03-05T09:00", False, id="in the future"),
        pytest.param("2020-03-05T10:00", "2026-03-05T09:00", True, id="for years"),
    ],
)
def test_a_source(last: str, now: str, silent: bool) -> None:
    assert is_silent(at(last), at(now), hours=48, zone=ZONE, country="MX") is silent


def test_the_days_are_those_of_the_business() -> None:
    # Sunday evening in Mexico is Monday in UTC
    last, now = at("2026-03-08T20:00"), at("2026-03-09T02:00")

    assert is_silent(last, now, hours=2, zone=ZONE, country="MX")
    assert not is_silent(last, now, hours=3, zone=ZONE, country="MX")
    assert is_silent(last, now, hours=3, zone="UTC", country="MX")


def test_a_country_without_known_holidays() -> None:
    assert is_silent(
        at("2026-03-03T10:00"), at("2026-03-05T10:00"), hours=48, zone=ZONE, country="XX"
    )
