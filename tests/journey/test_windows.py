"""When a person may be reached: hours, laws, holidays and clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.lateness import MoveTo, SendNow, TooLate, when_late
from journey.model import Journey, Step
from journey.reading import stored_journey
from journey.windows import FOREVER, Span, add_days, next_opening

JOURNEY = stored_journey("""
windows:
  calls: {mon-fri: "09:00-19:00", sat: "10:00-14:00"}
  messages: {mon-sat: "09:00-20:00"}
  waking: {mon-sun: "08:00-21:00", holidays: open}
  night: {mon-sun: "00:00-24:00"}
  nonstop: {mon-sun: "00:00-24:00", holidays: open}
  shifts: {mon-fri: ["09:00-12:00", "12:00-15:00"]}
  small: {mon-sun: ["02:00-03:00", "12:00-13:00"], holidays: open}
first_contact:
  - {name: welcome_email, channel: email}
  - {name: welcome_call, channels: [call, whatsapp], window: calls}
  - {name: any_call, channel: call}
follow_up:
  - {name: day_3, after: 3 days, channel: whatsapp, window: messages, late: {rule: next_window, limit: 3 days}}
  - {name: day_4, after: 4 days, channel: whatsapp, window: night, late: {rule: send, limit: 3 days}}
  - {name: day_5, after: 5 days, channel: email, window: messages, late: {rule: skip, limit: 3 days}}
  - {name: day_6, after: 6 days, channel: email}
  - {name: nightly, after: 7 days, channel: email, window: nonstop, late: {rule: skip}}
  - {name: shifted, after: 8 days, channel: email, window: shifts, late: {rule: skip}}
meeting:
  - {name: reminder, before: 24 hours, channel: whatsapp, window: waking}
  - {name: tiny, before: 24 hours, channel: sms, window: small}
""")
MEXICO, TIJUANA, MONTERREY = "America/Mexico_City", "America/Tijuana", "America/Monterrey"


def at(zone: str, *date: int) -> datetime:
    return datetime(*date, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


def opening(after: datetime, step: str, *zones: str, country: str = "MX", journey: Journey = JOURNEY) -> Span:
    span = next_opening(after, journey.step(step), journey, zones=zones or (MEXICO,), country=country)
    assert span is not None
    return span


@pytest.mark.parametrize(
    ("after", "step", "opens"),
    [
        pytest.param((2026, 3, 2, 10, 30), "welcome_call", (2026, 3, 2, 10, 30), id="now"),
        pytest.param((2026, 3, 2, 23), "welcome_call", (2026, 3, 3, 9), id="at night: in the morning"),
        pytest.param((2026, 3, 2, 3), "welcome_call", (2026, 3, 2, 9), id="at 3 a.m.: the same morning"),
        pytest.param((2026, 3, 1, 23), "welcome_call", (2026, 3, 2, 9), id="Sunday night: Monday"),
        pytest.param((2026, 3, 7, 15), "welcome_call", (2026, 3, 9, 9), id="Saturday afternoon: Monday"),
        pytest.param((2026, 3, 2, 19), "welcome_call", (2026, 3, 3, 9), id="the end is closed already"),
        pytest.param((2026, 3, 15, 12), "welcome_call", (2026, 3, 17, 9), id="a Monday that is a holiday"),
        pytest.param((2026, 3, 16, 12), "reminder", (2026, 3, 16, 12), id="a holiday that is open"),
        pytest.param((2026, 3, 2, 3), "welcome_email", (2026, 3, 2, 3), id="always"),
        pytest.param((2026, 3, 2, 3), "any_call", (2026, 3, 2, 8), id="a call keeps the law, always or not"),
        pytest.param((2026, 3, 2, 22), "day_4", (2026, 3, 3, 8), id="a follow-up too"),
        pytest.param((2026, 3, 2, 3), "day_6", (2026, 3, 2, 3), id="but not an email"),
        pytest.param((2026, 12, 24, 21), "day_3", (2026, 12, 26, 9), id="Christmas"),
    ],
)
def test_the_next_opening(after: tuple[int, ...], step: str, opens: tuple[int, ...]) -> None:
    assert opening(at(MEXICO, *after), step).opens == at(MEXICO, *opens)


def test_what_is_always_open_never_ends() -> None:
    span = opening(at(MEXICO, 2026, 3, 2, 3), "welcome_email")

    assert span.closes == FOREVER
    assert span.until is None


def test_hours_that_touch_are_one() -> None:
    span = opening(at(MEXICO, 2026, 3, 2, 10), "shifted")

    assert span.closes == at(MEXICO, 2026, 3, 2, 15)


@pytest.mark.parametrize(
    ("step", "hour", "minute"),
    [pytest.param("nightly", 23, 59, id="midnight"), pytest.param("shifted", 11, 59, id="from one shift to the next")],
)
def test_what_falls_due_just_before_hours_that_go_on_is_not_late(step: str, hour: int, minute: int) -> None:
    due = at(MEXICO, 2026, 3, 2, hour, minute)

    assert isinstance(late(step, due, due + timedelta(minutes=2)), SendNow)


def test_zones_so_far_apart_that_they_never_share_an_hour() -> None:
    zones = ("Europe/Kaliningrad", "Pacific/Auckland")

    assert (
        next_opening(at(MEXICO, 2026, 3, 2, 3), JOURNEY.step("welcome_call"), JOURNEY, zones=zones, country="") is None
    )


def test_several_zones_must_all_be_open() -> None:
    span = opening(at(MEXICO, 2026, 3, 2, 3), "welcome_call", "America/Tijuana", "America/Cancun")

    assert span.opens == at("America/Tijuana", 2026, 3, 2, 9)
    assert span.closes == at("America/Cancun", 2026, 3, 2, 19)


@pytest.mark.parametrize(
    ("country", "zone", "opens"),
    [
        pytest.param("CO", "America/Bogota", (2026, 3, 7, 9), id="Colombia, Saturday until 15:00"),
        pytest.param("CL", "America/Santiago", (2026, 3, 7, 10), id="Chile, Saturday from 10:00"),
        pytest.param("BR", "America/Sao_Paulo", (2026, 3, 7, 10), id="Brazil, Saturday from 10:00"),
    ],
)
def test_some_countries_are_stricter(country: str, zone: str, opens: tuple[int, ...]) -> None:
    friday_night = at(zone, 2026, 3, 6, 21)
    span = opening(friday_night, "day_3", zone, country=country)

    assert span.opens == at(zone, *opens)
    assert span.closes < at(zone, 2026, 3, 7, 15, 1)


def test_a_demonstration_keeps_only_its_own_hours() -> None:
    demonstration = JOURNEY.model_copy(update={"demonstration": True})
    night = at(MEXICO, 2026, 3, 2, 3)

    assert opening(night, "any_call", journey=demonstration).opens == night
    assert opening(night, "day_4", journey=demonstration).opens == night


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        pytest.param(TIJUANA, (2026, 3, 8), 0, id="02:00-03:00 does not exist in Tijuana's spring"),
        pytest.param(TIJUANA, (2026, 11, 1), 1, id="nor is it twice in its autumn"),
        pytest.param(MONTERREY, (2026, 3, 8), 1, id="Monterrey keeps its clocks in spring"),
        pytest.param(MONTERREY, (2026, 11, 1), 1, id="and in autumn"),
    ],
)
def test_an_hour_that_the_clocks_skip_or_repeat(zone: str, day: tuple[int, ...], hours: int) -> None:
    span = opening(at(zone, *day, 0, 0), "tiny", zone)

    first = span if span.opens.astimezone(ZoneInfo(zone)).hour == 2 else None
    assert (first.closes - first.opens if first else timedelta()) == timedelta(hours=hours)
    assert span.opens < span.closes


@pytest.mark.parametrize(
    ("zone", "start", "days", "end"),
    [
        pytest.param(TIJUANA, (2026, 3, 6, 10), 3, (2026, 3, 9, 10), id="Tijuana, spring"),
        pytest.param(TIJUANA, (2026, 10, 30, 10), 3, (2026, 11, 2, 10), id="Tijuana, autumn"),
        pytest.param(MONTERREY, (2026, 3, 6, 10), 3, (2026, 3, 9, 10), id="Monterrey"),
        pytest.param(MONTERREY, (2028, 2, 26, 10), 3, (2028, 2, 29, 10), id="a leap day"),
        pytest.param(MONTERREY, (2028, 2, 29, 10), 366, (2029, 3, 1, 10), id="from a leap day"),
    ],
)
def test_days_keep_the_hour_on_the_wall(zone: str, start: tuple[int, ...], days: int, end: tuple[int, ...]) -> None:
    assert add_days(at(zone, *start), timedelta(days=days), zone) == at(zone, *end)


def test_hours_are_exact() -> None:
    night = at(TIJUANA, 2026, 3, 7, 22)

    assert add_days(night, timedelta(hours=8), TIJUANA) - night == timedelta(hours=8)


ZONES = st.lists(st.sampled_from([MEXICO, TIJUANA, MONTERREY, "America/Cancun"]), min_size=1, max_size=3)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))  # noqa: DTZ001


@given(TIMES, ZONES, st.sampled_from(["welcome_call", "any_call", "day_3", "day_4"]))
def test_nobody_is_called_or_followed_up_outside_the_hours(after: datetime, zones: list[str], name: str) -> None:
    span = opening(after, name, *zones)

    assert after <= span.opens < span.closes
    for zone in zones:
        opens = span.opens.astimezone(ZoneInfo(zone))
        closes = (span.closes - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
        assert opens.hour >= 8
        assert closes.hour < 21
        if name == "welcome_call":
            assert opens.weekday() < 6
            assert closes.hour < (14 if opens.weekday() == 5 else 19)


@given(TIMES, ZONES)
def test_the_opening_of_an_opening_is_itself(after: datetime, zones: list[str]) -> None:
    span = opening(after, "welcome_call", *zones)

    assert opening(span.opens, "welcome_call", *zones) == span
    assert opening(span.closes, "welcome_call", *zones).opens >= span.closes


def late(step: str, due: datetime, now: datetime) -> object:
    return when_late(due, now, JOURNEY.step(step), JOURNEY, zones=(MEXICO,), country="MX")


MONDAY_10, MONDAY_20 = at(MEXICO, 2026, 3, 2, 10), at(MEXICO, 2026, 3, 2, 20)
TUESDAY_9, TUESDAY_15 = at(MEXICO, 2026, 3, 3, 9), at(MEXICO, 2026, 3, 3, 15)


@pytest.mark.parametrize(
    ("step", "now", "end"),
    [
        pytest.param("day_3", MONDAY_10, SendNow(MONDAY_20), id="punctual"),
        pytest.param("day_3", MONDAY_10 + timedelta(hours=9), SendNow(MONDAY_20), id="late, in its own hours"),
        pytest.param("day_5", MONDAY_10 + timedelta(hours=9), SendNow(MONDAY_20), id="skip, in its own hours"),
        pytest.param("day_3", TUESDAY_9 - timedelta(hours=3), MoveTo(TUESDAY_9), id="next window: the morning"),
        pytest.param("day_3", TUESDAY_15, MoveTo(at(MEXICO, 2026, 3, 4, 9)), id="next window: not in the midst of one"),
        pytest.param("day_4", TUESDAY_15, SendNow(at(MEXICO, 2026, 3, 3, 21)), id="send: at once"),
        pytest.param(
            "day_4", at(MEXICO, 2026, 3, 3, 22), MoveTo(at(MEXICO, 2026, 3, 4, 8)), id="send: when it may next"
        ),
        pytest.param("day_5", TUESDAY_15, TooLate(), id="skip: not in other hours"),
        pytest.param("day_3", MONDAY_10 + timedelta(days=3, seconds=1), TooLate(), id="later than its limit"),
        pytest.param("day_3", at(MEXICO, 2026, 3, 5, 9, 30), TooLate(), id="the next window is beyond its limit"),
    ],
)
def test_what_becomes_of_a_late_touch(step: str, now: datetime, end: object) -> None:
    assert late(step, MONDAY_10, now) == end


@given(TIMES, st.timedeltas(timedelta(), timedelta(days=10)), st.sampled_from(["day_3", "day_4", "day_5"]))
def test_no_touch_goes_out_outside_its_hours_however_late(due: datetime, lateness: timedelta, name: str) -> None:
    due = opening(due, name).opens
    now, step = due + lateness, JOURNEY.step(name)
    end = late(name, due, now)

    match end:
        case SendNow(until):
            assert opening(now, name).opens == now
            assert until is None or now < until
        case MoveTo(later):
            assert now < later <= due + step.late.limit
            assert opening(later, name).opens == later
        case _:
            assert now >= opening(due, name).closes or lateness > step.late.limit


def test_every_step_has_a_name_of_its_own() -> None:
    assert isinstance(JOURNEY.step("day_3"), Step)
    with pytest.raises(KeyError):
        JOURNEY.step("day_7")
