"""When a meeting is and how the two sides meet, as a person would say it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.events.booking import Booking, Occurrence
from services.notify.decisions.meetings import (
    named_time,
    remaining_meetings,
    time_in_words,
    way_to_meet,
)
from tests.builders import a_booking

PHONE = "+528112345678"


@pytest.mark.parametrize(
    ("hour", "language", "words"),
    [
        (11, "es-MX", "jueves 12 de febrero a las 11:00 a.m. (hora de Monterrey)"),
        (13, "es-MX", "jueves 12 de febrero a la 1:00 p.m. (hora de Monterrey)"),
        (1, "es-MX", "jueves 12 de febrero a la 1:00 a.m. (hora de Monterrey)"),
        (21, "es-MX", "jueves 12 de febrero a las 9:00 p.m. (hora de Monterrey)"),
        (13, "en", "Thursday, February 12 at 1:00 PM (Monterrey time)"),
    ],
)
def test_the_time_of_a_meeting(hour: int, language: str, words: str) -> None:
    when = time_in_words([datetime(2026, 2, 12, hour, tzinfo=UTC)], "Monterrey", language, most=8)

    assert " ".join(when.split()) == words


def test_the_times_of_a_series() -> None:
    times = [datetime(2026, 2, day, 11, tzinfo=UTC) for day in (12, 19, 26)]
    all_of_them = time_in_words(times, "Monterrey", "es-MX", most=8)
    some = time_in_words(times, "Monterrey", "es-MX", most=1)

    assert " ".join(all_of_them.split()) == (
        "jueves 12 de febrero a las 11:00 a.m., jueves 19 de febrero a las 11:00 a.m. "
        "y jueves 26 de febrero a las 11:00 a.m. (hora de Monterrey)"
    )
    assert " ".join(some.split()) == (
        "jueves 12 de febrero a las 11:00 a.m. y 2 fechas más (hora de Monterrey)"
    )


@pytest.mark.parametrize(
    ("longest", "dates", "end"),
    [
        (None, 8, " y 4 fechas más (hora de Monterrey)"),
        (400, 8, " y 4 fechas más (hora de Monterrey)"),
        (250, 5, " y 7 fechas más (hora de Monterrey)"),
        (100, 1, " y 11 fechas más (hora de Monterrey)"),
        (1, 1, " y 11 fechas más (hora de Monterrey)"),
    ],
)
def test_as_many_dates_of_a_series_as_there_is_room_for(
    longest: int | None, dates: int, end: str
) -> None:
    times = [datetime(2026, 2, 2, 11, tzinfo=UTC) + timedelta(weeks=week) for week in range(12)]
    when = time_in_words(times, "Monterrey", "es-MX", most=8, longest=longest)

    assert when.count("lunes") == dates
    assert when.endswith(end)


@pytest.mark.parametrize(
    ("language", "end"), [("es-MX", "y una fecha más"), ("en", "and one more date")]
)
def test_a_single_date_more(language: str, end: str) -> None:
    times = [datetime(2026, 2, day, 11, tzinfo=UTC) for day in (12, 19)]

    assert end in time_in_words(times, "Monterrey", language, most=1)


@pytest.mark.parametrize(
    ("when", "language", "words"),
    [
        ("jueves 12 de febrero", "es-MX", "el jueves 12 de febrero"),
        ("", "es-MX", "la hora que elegiste"),
        ("Thursday, February 12", "en", "Thursday, February 12"),
        ("", "en", "the time you chose"),
    ],
)
def test_the_time_within_a_sentence(when: str, language: str, words: str) -> None:
    assert named_time(when, language) == words


@pytest.mark.parametrize(
    ("booking", "url", "words"),
    [
        pytest.param({}, "https://v.example.com/1", "entra en https://v.example.com/1", id="link"),
        pytest.param({"location": PHONE}, "", "te llamaremos a este número", id="own phone"),
        pytest.param(
            {"location": "+52 (81) 1234-5678"}, "", "te llamaremos a este número", id="as typed"
        ),
        pytest.param(
            {"location": "+525512345678"},
            "",
            "por teléfono, en el +52 55 1234 5678",
            id="another phone",
        ),
        pytest.param(
            {"location": "Av. Constitución 100, Monterrey"},
            "",
            "nos vemos en Av. Constitución 100, Monterrey",
            id="place",
        ),
        pytest.param(
            {"location": "gana en www.example.com"},
            "",
            "los datos están en el correo que te envió el calendario",
            id="an advertisement",
        ),
        pytest.param({}, "", "los datos están en el correo que te envió el calendario", id="none"),
    ],
)
def test_how_they_meet(booking: dict[str, Any], url: str, words: str) -> None:
    found = way_to_meet(
        a_booking(**booking), meeting_url=url, phone=PHONE, region="MX", language="es-MX"
    )

    assert found == words


NOW = datetime(2026, 2, 10, tzinfo=UTC)
AHEAD = NOW + timedelta(days=1)
PAST = NOW - timedelta(days=1)


def a_series(**starts: datetime) -> Booking:
    dates = tuple(Occurrence(uid=uid, starts_at=at, ends_at=at) for uid, at in starts.items())
    return a_booking("series", starts_at=None, series=dates)


@pytest.mark.parametrize(
    ("booking", "uids"),
    [
        pytest.param(None, [], id="none"),
        pytest.param(a_booking("other", starts_at=AHEAD), ["other"], id="another one ahead"),
        pytest.param(a_booking("other", starts_at=None), ["other"], id="its time is unknown"),
        pytest.param(a_booking("other", starts_at=PAST), [], id="another one that was held"),
        pytest.param(a_booking("gone", starts_at=AHEAD), [], id="the cancelled one"),
        pytest.param(a_series(held=PAST, gone=AHEAD, left=AHEAD), ["left"], id="a date is left"),
        pytest.param(a_series(held=PAST, gone=AHEAD), [], id="no date is left"),
    ],
)
def test_the_meetings_that_stand_beside_a_cancelled_one(
    booking: Booking | None, uids: list[str]
) -> None:
    remaining = remaining_meetings(booking, a_booking("gone"), NOW)

    assert [meeting.uid for meeting in remaining.meetings] == uids if remaining else not uids
