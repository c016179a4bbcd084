"""When a person may be contacted: hours, laws, holidays and clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events.touch import Channel
from domain.journey.contact_hours import (
    FOREVER,
    Span,
    add_days,
    last_opening,
    legal_opening,
    longest_closed,
    next_opening,
    usual_week,
    waking_opening,
)
from domain.journey.lateness import MoveTo, NoHours, SendNow, TooLate, when_late
from domain.journey.model import Journey, Step
from domain.journey.parser import stored_journey
from domain.journey.time_zones import Whereabouts, whereabouts

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
  - name: day_3
    after: 3 days
    channel: whatsapp
    window: messages
    late: {rule: next_window, limit: 3 days}
  - name: day_4
    after: 4 days
    channel: whatsapp
    window: night
    late: {rule: send, limit: 3 days}
  - name: day_5
    after: 5 days
    channel: email
    window: messages
    late: {rule: skip, limit: 3 days}
  - {name: day_6, after: 6 days, channel: email}
  - {name: nightly, after: 7 days, channel: email, window: nonstop, late: {rule: skip}}
  - {name: shifted, after: 8 days, channel: email, window: shifts, late: {rule: skip}}
meeting:
  - {name: reminder, before: 24 hours, channel: whatsapp, window: waking}
  - {name: tiny, before: 24 hours, channel: email, window: small}
  - {name: confirmation, on_booking: true, channels: [whatsapp, email]}
  - {name: sent_late, on_booking: true, channel: sms, window: small, late: {rule: send}}
  - {name: moved, on_booking: true, channel: sms, window: small}
  - {name: survey, after: 1 hour, channels: [whatsapp, email], window: nonstop}
""")
MEXICO = "America/Mexico_City"
TIJUANA = "America/Tijuana"
MONTERREY = "America/Monterrey"


def at(zone: str, *date: int) -> datetime:
    return datetime(*date, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]


NIGHT = at(MEXICO, 2026, 3, 2, 3)


def at_zones(*zones: str, country: str = "MX") -> Whereabouts:
    return Whereabouts(country, zones, zones[0])


def opening(
    after: datetime, step: str, *zones: str, country: str = "MX", journey: Journey = JOURNEY
) -> Span:
    where = at_zones(*(zones or (MEXICO,)), country=country)
    planned = journey.step(step)
    span = next_opening(after, planned, planned.channels[0], journey, where)
    assert span is not None
    return span


@pytest.mark.parametrize(
    ("after", "step", "opens"),
    [
        pytest.param((2026, 3, 2, 10, 30), "welcome_call", (2026, 3, 2, 10, 30), id="now"),
        pytest.param(
            (2026, 3, 2, 23), "welcome_call", (2026, 3, 3, 9), id="at night: in the morning"
        ),
        pytest.param(
            (2026, 3, 2, 3), "welcome_call", (2026, 3, 2, 9), id="at 3 a.m.: the same morning"
        ),
        pytest.param((2026, 3, 1, 23), "welcome_call", (2026, 3, 2, 9), id="Sunday night: Monday"),
        pytest.param(
            (2026, 3, 7, 15), "welcome_call", (2026, 3, 9, 9), id="Saturday afternoon: Monday"
        ),
        pytest.param(
            (2026, 3, 2, 19), "welcome_call", (2026, 3, 3, 9), id="the end is closed already"
        ),
        pytest.param(
            (2026, 3, 15, 12), "welcome_call", (2026, 3, 17, 9), id="a Monday that is a holiday"
        ),
        pytest.param((2026, 3, 16, 12), "reminder", (2026, 3, 16, 12), id="a holiday that is open"),
        pytest.param((2026, 3, 2, 3), "welcome_email", (2026, 3, 2, 3), id="always"),
        pytest.param(
            (2026, 3, 2, 3), "any_call", (2026, 3, 2, 9), id="a call keeps the law, always or not"
        ),
        pytest.param((2026, 3, 7, 15), "any_call", (2026, 3, 9, 9), id="on Saturdays too"),
        pytest.param((2026, 3, 2, 22), "day_4", (2026, 3, 3, 9), id="a follow-up too"),
        pytest.param((2026, 3, 8, 12), "day_4", (2026, 3, 9, 9), id="no follow-up on a Sunday"),
        pytest.param((2026, 3, 8, 12), "survey", (2026, 3, 9, 9), id="nor a survey"),
        pytest.param((2026, 3, 8, 7), "confirmation", (2026, 3, 8, 8), id="but a confirmation"),
        pytest.param((2026, 3, 2, 3), "day_6", (2026, 3, 2, 3), id="but not an email"),
        pytest.param((2026, 12, 24, 21), "day_3", (2026, 12, 26, 9), id="Christmas"),
    ],
)
def test_the_next_opening(after: tuple[int, ...], step: str, opens: tuple[int, ...]) -> None:
    assert opening(at(MEXICO, *after), step).opens == at(MEXICO, *opens)


def test_hours_that_are_always_open_never_end() -> None:
    span = opening(at(MEXICO, 2026, 3, 2, 3), "welcome_email")

    assert span.closes == FOREVER
    assert span.until is None


def test_adjacent_hours_are_joined() -> None:
    span = opening(at(MEXICO, 2026, 3, 2, 10), "shifted")

    assert span.closes == at(MEXICO, 2026, 3, 2, 15)


@pytest.mark.parametrize(
    ("step", "hour", "minute"),
    [
        pytest.param("nightly", 23, 59, id="midnight"),
        pytest.param("shifted", 11, 59, id="from one shift to the next"),
    ],
)
def test_a_touch_due_just_before_midnight_or_a_shift_is_not_late(
    step: str, hour: int, minute: int
) -> None:
    due = at(MEXICO, 2026, 3, 2, hour, minute)

    assert isinstance(late(step, due, due + timedelta(minutes=2)), SendNow)


def test_zones_so_far_apart_that_they_never_share_an_hour() -> None:
    where = at_zones("Europe/Kaliningrad", "Pacific/Auckland", country="")

    assert next_opening(NIGHT, JOURNEY.step("welcome_call"), Channel.CALL, JOURNEY, where) is None


def test_zones_whose_hours_only_touch_share_none() -> None:
    """One closes at 9:00 UTC, when the other opens."""
    where = at_zones("Africa/Abidjan", "Australia/Brisbane", country="")

    assert next_opening(NIGHT, JOURNEY.step("welcome_call"), Channel.CALL, JOURNEY, where) is None


SATELLITE = Whereabouts("ZZ", (), MEXICO)


def test_a_number_of_no_place_has_no_hours_but_an_email_has() -> None:
    call = JOURNEY.step("welcome_call")
    email = JOURNEY.step("day_5")

    assert next_opening(NIGHT, call, Channel.CALL, JOURNEY, SATELLITE) is None
    assert (
        last_opening(NIGHT, JOURNEY.step("reminder"), Channel.WHATSAPP, JOURNEY, SATELLITE) is None
    )
    assert legal_opening(NIGHT, Channel.SMS, SATELLITE) is None
    assert waking_opening(NIGHT, SATELLITE) is None
    assert next_opening(NIGHT, email, Channel.EMAIL, JOURNEY, SATELLITE) is not None
    assert when_late(NIGHT, NIGHT, call, Channel.CALL, JOURNEY, SATELLITE) == NoHours()


@pytest.mark.parametrize(
    ("step", "channel", "hour"),
    [
        pytest.param(
            "welcome_call", Channel.WHATSAPP, 9, id="the fallback of a call keeps the step's hours"
        ),
        pytest.param("survey", Channel.WHATSAPP, 9, id="a touch after a meeting keeps the law"),
        pytest.param("survey", Channel.EMAIL, 3, id="an email does not"),
        pytest.param("confirmation", Channel.WHATSAPP, 8, id="a confirmation lets people sleep"),
        pytest.param("confirmation", Channel.EMAIL, 3, id="its email does not"),
    ],
)
def test_each_channel_has_hours_of_its_own(step: str, channel: Channel, hour: int) -> None:
    span = next_opening(NIGHT, JOURNEY.step(step), channel, JOURNEY, at_zones(MEXICO))

    assert span is not None
    assert span.opens == at(MEXICO, 2026, 3, 2, hour)


def test_an_email_keeps_the_hours_of_home() -> None:
    where = Whereabouts("MX", (MEXICO,), "Asia/Tokyo")
    span = next_opening(NIGHT, JOURNEY.step("day_5"), Channel.EMAIL, JOURNEY, where)

    assert span is not None
    assert span.opens == NIGHT, "at 3 in Mexico it is 18 in Tokyo"


@pytest.mark.parametrize(
    ("step", "hour"),
    [
        pytest.param("confirmation", 3, id="the answer to a booking goes out at once"),
        pytest.param("reminder", 8, id="in the step's own hours"),
        pytest.param("welcome_call", 9, id="no answer: nobody asked for it"),
    ],
)
def test_an_answer_may_go_out_at_any_hour(step: str, hour: int) -> None:
    planned = JOURNEY.step(step)
    span = next_opening(
        NIGHT, planned, planned.channels[0], JOURNEY, at_zones(MEXICO), answering=True
    )

    assert span is not None
    assert span.opens == at(MEXICO, 2026, 3, 2, hour)


@pytest.mark.parametrize(
    ("before", "opens", "closes"),
    [
        pytest.param((2026, 3, 2, 10), (2026, 3, 2, 8), (2026, 3, 2, 21), id="open"),
        pytest.param((2026, 3, 2, 8), (2026, 3, 2, 8), (2026, 3, 2, 21), id="just opened"),
        pytest.param((2026, 3, 2, 21), (2026, 3, 2, 8), (2026, 3, 2, 21), id="just closed"),
        pytest.param(
            (2026, 3, 3, 7, 59), (2026, 3, 2, 8), (2026, 3, 2, 21), id="early: the evening before"
        ),
        pytest.param((2026, 3, 2, 1), (2026, 3, 1, 8), (2026, 3, 1, 21), id="a Sunday counts"),
        pytest.param((2026, 3, 17, 1), (2026, 3, 16, 8), (2026, 3, 16, 21), id="so does a holiday"),
    ],
)
def test_the_last_opening_of_a_reminder(
    before: tuple[int, ...], opens: tuple[int, ...], closes: tuple[int, ...]
) -> None:
    span = last_opening(
        at(MEXICO, *before), JOURNEY.step("reminder"), Channel.WHATSAPP, JOURNEY, at_zones(MEXICO)
    )

    assert span == Span(at(MEXICO, *opens), at(MEXICO, *closes))


def test_the_last_opening_of_a_call_that_the_law_limits() -> None:
    monday_night = at(MEXICO, 2026, 3, 2, 3)
    span = last_opening(
        monday_night, JOURNEY.step("welcome_call"), Channel.CALL, JOURNEY, at_zones(MEXICO)
    )

    assert span == Span(at(MEXICO, 2026, 2, 28, 10), at(MEXICO, 2026, 2, 28, 14)), "Saturday noon"


def test_the_last_opening_keeps_the_law_of_the_number() -> None:
    where = at_zones("America/Bogota", country="CO")
    night = at("America/Bogota", 2026, 3, 2, 23)
    span = last_opening(night, JOURNEY.step("day_3"), Channel.WHATSAPP, JOURNEY, where)

    assert span is not None
    assert span.closes == at("America/Bogota", 2026, 3, 2, 19)


def test_the_last_opening_is_that_of_the_persons_day() -> None:
    tokyo = "Asia/Tokyo"  # where it is the 3rd already, while it is the 2nd in UTC
    span = last_opening(
        at(tokyo, 2026, 3, 3, 4), JOURNEY.step("tiny"), Channel.EMAIL, JOURNEY, at_zones(tokyo)
    )

    assert span == Span(at(tokyo, 2026, 3, 3, 2), at(tokyo, 2026, 3, 3, 3))


def test_the_last_opening_of_adjacent_hours_is_joined() -> None:
    night = at(MEXICO, 2026, 3, 3, 3)
    span = last_opening(night, JOURNEY.step("shifted"), Channel.EMAIL, JOURNEY, at_zones(MEXICO))

    assert span == Span(at(MEXICO, 2026, 3, 2, 9), at(MEXICO, 2026, 3, 2, 15))


def test_hours_that_are_always_open_were_open_before() -> None:
    span = last_opening(NIGHT, JOURNEY.step("day_6"), Channel.EMAIL, JOURNEY, at_zones(MEXICO))

    assert span == Span(NIGHT.astimezone(UTC), FOREVER)


def test_hours_that_never_open_have_no_last_opening() -> None:
    where = at_zones("Europe/London", "Asia/Tokyo", "America/Los_Angeles", country="")

    assert last_opening(NIGHT, JOURNEY.step("reminder"), Channel.WHATSAPP, JOURNEY, where) is None


def test_the_last_guard_knows_the_law_only() -> None:
    saturday = at(MEXICO, 2026, 3, 7, 15)
    sunday = at(MEXICO, 2026, 3, 8, 12)
    where = at_zones(MEXICO)

    assert legal_opening(saturday, Channel.CALL, where) == Span(
        at(MEXICO, 2026, 3, 9, 9), at(MEXICO, 2026, 3, 9, 19)
    )
    assert legal_opening(saturday, Channel.SMS, where) == Span(saturday, at(MEXICO, 2026, 3, 7, 20))
    assert legal_opening(sunday, Channel.EMAIL, where) == Span(sunday, FOREVER)
    assert waking_opening(sunday, where) == Span(sunday, at(MEXICO, 2026, 3, 8, 21))
    assert waking_opening(NIGHT, where) == Span(
        at(MEXICO, 2026, 3, 2, 8), at(MEXICO, 2026, 3, 2, 21)
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
    demonstration = JOURNEY.model_copy(update={"demonstration": True, "any_hour": True})
    assert opening(NIGHT, "any_call", journey=demonstration).opens == NIGHT
    assert opening(NIGHT, "day_4", journey=demonstration).opens == NIGHT
    assert (
        next_opening(NIGHT, JOURNEY.step("day_4"), Channel.WHATSAPP, demonstration, SATELLITE)
        is not None
    )


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        pytest.param(TIJUANA, (2026, 3, 8), 0, id="02:00-03:00 does not exist in Tijuana's spring"),
        pytest.param(TIJUANA, (2026, 11, 1), 1, id="nor is it twice in its autumn"),
        pytest.param(MONTERREY, (2026, 3, 8), 1, id="Monterrey keeps its clocks in spring"),
        pytest.param(MONTERREY, (2026, 11, 1), 1, id="and in autumn"),
    ],
)
def test_an_hour_that_the_clocks_skip_or_repeat(
    zone: str, day: tuple[int, ...], hours: int
) -> None:
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
def test_days_keep_the_local_hour(
    zone: str, start: tuple[int, ...], days: int, end: tuple[int, ...]
) -> None:
    assert add_days(at(zone, *start), timedelta(days=days), zone) == at(zone, *end)


def test_hours_are_exact() -> None:
    night = at(TIJUANA, 2026, 3, 7, 22)

    assert add_days(night, timedelta(hours=8), TIJUANA) - night == timedelta(hours=8)


ZONES = st.lists(
    st.sampled_from([MEXICO, TIJUANA, MONTERREY, "America/Cancun"]), min_size=1, max_size=3
)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2029, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(TIMES, ZONES, st.sampled_from(["welcome_call", "any_call", "day_3", "day_4"]))
def test_nobody_is_called_or_followed_up_outside_the_hours(
    after: datetime, zones: list[str], name: str
) -> None:
    span = opening(after, name, *zones)

    assert after <= span.opens < span.closes
    for zone in zones:
        opens = span.opens.astimezone(ZoneInfo(zone))
        closes = (span.closes - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
        assert opens.hour >= 9
        assert closes.hour < 20
        assert opens.weekday() < 6
        if name in {"welcome_call", "any_call"}:
            assert closes.hour < (14 if opens.weekday() == 5 else 19)


@given(TIMES, ZONES)
def test_the_opening_of_an_opening_is_itself(after: datetime, zones: list[str]) -> None:
    span = opening(after, "welcome_call", *zones)

    assert opening(span.opens, "welcome_call", *zones) == span
    assert opening(span.closes, "welcome_call", *zones).opens >= span.closes


# ---- nobody is called at night, whatever the form says

OWN_ZONES: dict[str, tuple[str, ...]] = {
    "+528112345678": (MONTERREY,),
    "+526641234567": (TIJUANA,),
    "+529981234567": ("America/Cancun",),
    "+526571234567": ("America/Chihuahua", "America/Ciudad_Juarez"),
    "+522001234567": (TIJUANA, "America/Hermosillo", MEXICO, "America/Cancun"),
    "+573001234567": ("America/Bogota",),
    "+14235550123": ("America/New_York", "America/Chicago"),
    "+19075550123": ("America/Anchorage", "America/Adak"),
    "+15005550006": (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Phoenix",
        "Pacific/Honolulu",
    ),
    "+18765551234": ("America/Jamaica",),
    "+50585123456": ("America/Managua",),
    "+56961234567": ("America/Santiago", "America/Punta_Arenas"),
    "+5581987654321": ("America/Recife", "America/Noronha"),
    "+34612345678": ("Europe/Madrid", "Atlantic/Canary"),
    "+79161234567": ("Europe/Moscow", "Asia/Vladivostok", "Asia/Kamchatka"),
}
STATED = st.none() | st.sampled_from(sorted(available_timezones())) | st.text(max_size=20)
TWO_YEARS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@settings(max_examples=300)
@given(
    STATED,
    st.sampled_from(sorted(OWN_ZONES)),
    TWO_YEARS,
    st.sampled_from(["welcome_call", "any_call", "day_4"]),
)
def test_nobody_is_called_at_night_whatever_they_state(
    stated: str | None, phone: str, now: datetime, name: str
) -> None:
    where = whereabouts(stated, phone, zone=MEXICO, region="MX")
    step = JOURNEY.step(name)
    spans = [
        next_opening(now, step, step.channels[0], JOURNEY, where),
        legal_opening(now, Channel.CALL, where),
        legal_opening(now, Channel.SMS, where),
        waking_opening(now, where),
    ]

    for span in filter(None, spans):
        assert now <= span.opens < span.closes
        assert span.closes - span.opens <= timedelta(hours=13)
        for zone in OWN_ZONES[phone]:
            opens = span.opens.astimezone(ZoneInfo(zone))
            closes = (span.closes - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
            assert 8 <= opens.hour < 21
            assert 8 <= closes.hour < 21
            assert opens.date() == closes.date()


ABROAD = st.sampled_from(
    ["Asia/Tokyo", "Europe/Madrid", "America/Bogota", "UTC", "EST5EDT", "Factory", "nowhere"]
)


@given(
    ABROAD,
    st.sampled_from(["+528112345678", "+526641234567", "+18765551234", "+50585123456"]),
    TWO_YEARS,
)
def test_a_stated_zone_abroad_changes_nothing_for_calls(
    stated: str, phone: str, now: datetime
) -> None:
    without = whereabouts(None, phone, zone=MEXICO, region="MX")
    abroad = whereabouts(stated, phone, zone=MEXICO, region="MX")

    assert abroad.phone_zones == without.phone_zones
    assert legal_opening(now, Channel.CALL, abroad) == legal_opening(now, Channel.CALL, without)


@given(TIMES, ZONES, st.sampled_from(["welcome_call", "day_3", "reminder", "shifted"]))
def test_the_last_opening_is_the_one_that_next_opening_finds(
    before: datetime, zones: list[str], name: str
) -> None:
    step = JOURNEY.step(name)
    where = at_zones(*zones)
    channel = step.channels[0]
    last = last_opening(before, step, channel, JOURNEY, where)

    assert last is not None
    assert last.opens <= before
    assert next_opening(last.opens, step, channel, JOURNEY, where) == last
    if last.closes <= before:
        following = next_opening(last.closes, step, channel, JOURNEY, where)
        assert following is not None
        assert following.opens > before


def late(step: str, due: datetime, now: datetime) -> object:
    planned = JOURNEY.step(step)
    return when_late(due, now, planned, planned.channels[0], JOURNEY, at_zones(MEXICO))


MONDAY_10 = at(MEXICO, 2026, 3, 2, 10)
MONDAY_20 = at(MEXICO, 2026, 3, 2, 20)
TUESDAY_9 = at(MEXICO, 2026, 3, 3, 9)
TUESDAY_15 = at(MEXICO, 2026, 3, 3, 15)


@pytest.mark.parametrize(
    ("step", "now", "decision"),
    [
        pytest.param("day_3", MONDAY_10, SendNow(MONDAY_20), id="punctual"),
        pytest.param(
            "day_3", MONDAY_10 + timedelta(hours=9), SendNow(MONDAY_20), id="late, in its own hours"
        ),
        pytest.param(
            "day_5", MONDAY_10 + timedelta(hours=9), SendNow(MONDAY_20), id="skip, in its own hours"
        ),
        pytest.param(
            "day_3",
            TUESDAY_9 - timedelta(hours=3),
            MoveTo(TUESDAY_9),
            id="next window: the morning",
        ),
        pytest.param(
            "day_3",
            TUESDAY_15,
            MoveTo(at(MEXICO, 2026, 3, 4, 9)),
            id="next window: not in the midst of one",
        ),
        pytest.param("day_4", TUESDAY_15, SendNow(at(MEXICO, 2026, 3, 3, 20)), id="send: at once"),
        pytest.param(
            "day_4",
            at(MEXICO, 2026, 3, 3, 22),
            MoveTo(at(MEXICO, 2026, 3, 4, 9)),
            id="send: when it may next",
        ),
        pytest.param("day_5", TUESDAY_15, TooLate(), id="skip: not in other hours"),
        pytest.param(
            "day_3", MONDAY_10 + timedelta(days=3, seconds=1), TooLate(), id="later than its limit"
        ),
        pytest.param(
            "day_3",
            at(MEXICO, 2026, 3, 5, 9, 30),
            TooLate(),
            id="the next window is beyond its limit",
        ),
    ],
)
def test_the_decision_on_a_late_touch(step: str, now: datetime, decision: object) -> None:
    assert late(step, MONDAY_10, now) == decision


@given(
    TIMES,
    st.timedeltas(timedelta(), timedelta(days=10)),
    st.sampled_from(["day_3", "day_4", "day_5"]),
)
def test_no_touch_goes_out_outside_its_hours_however_late(
    due: datetime, lateness: timedelta, name: str
) -> None:
    due = opening(due, name).opens
    now = due + lateness
    step = JOURNEY.step(name)
    decision = late(name, due, now)

    match decision:
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
    with pytest.raises(KeyError, match="day_7"):
        JOURNEY.step("day_7")


def test_the_usual_week_of_a_touch() -> None:
    monterrey = Whereabouts("MX", (MONTERREY,), MONTERREY)
    holiday = at(MONTERREY, 2026, 2, 2, 10)
    week = usual_week(holiday, JOURNEY.step("welcome_call"), Channel.CALL, JOURNEY, monterrey)

    assert week is not None
    assert (week.zone, week.days) == (MONTERREY, (("09:00-19:00",),) * 5 + (("10:00-14:00",), ()))
    shifted = usual_week(holiday, JOURNEY.step("shifted"), Channel.EMAIL, JOURNEY, monterrey)
    assert shifted is not None
    assert shifted.days[0] == ("09:00-12:00", "12:00-15:00")
    nonstop = usual_week(holiday, JOURNEY.step("nightly"), Channel.EMAIL, JOURNEY, monterrey)
    assert nonstop is not None
    assert nonstop.days == (("00:00-24:00",),) * 7
    assert (
        usual_week(holiday, JOURNEY.step("welcome_email"), Channel.EMAIL, JOURNEY, monterrey)
        is None
    )
    assert usual_week(holiday, JOURNEY.step("any_call"), Channel.CALL, JOURNEY, SATELLITE) is None


def test_the_usual_week_of_a_number_in_two_zones_is_open_in_both() -> None:
    two = Whereabouts("MX", (MEXICO, TIJUANA), MEXICO)
    week = usual_week(
        at(MEXICO, 2026, 3, 2, 10), JOURNEY.step("welcome_call"), Channel.CALL, JOURNEY, two
    )

    assert week is not None
    assert (week.zone, week.days[0], week.days[5]) == (MEXICO, ("11:00-19:00",), ("12:00-14:00",))


def test_the_usual_week_of_a_call_at_any_hour_is_the_laws() -> None:
    week = usual_week(
        at(MEXICO, 2026, 3, 2, 10),
        JOURNEY.step("any_call"),
        Channel.CALL,
        JOURNEY,
        at_zones(MEXICO),
    )

    assert week is not None
    assert week.days == (("09:00-19:00",),) * 5 + (("10:00-14:00",), ())


def test_the_usual_week_of_a_touch_about_a_booking_is_when_people_are_awake() -> None:
    week = usual_week(
        at(MEXICO, 2026, 3, 2, 10),
        JOURNEY.step("confirmation"),
        Channel.WHATSAPP,
        JOURNEY,
        at_zones(MEXICO),
    )

    assert week is not None
    assert week.days == (("08:00-21:00",),) * 7


def test_the_usual_week_is_that_of_the_persons_day() -> None:
    """On Sunday evening in Mexico, UTC has Monday, after the clocks of Tijuana have changed."""
    week = usual_week(
        at(MEXICO, 2026, 3, 8, 20),
        JOURNEY.step("welcome_call"),
        Channel.CALL,
        JOURNEY,
        Whereabouts("MX", (MEXICO, TIJUANA), MEXICO),
    )

    assert week is not None
    assert week.days[0] == ("11:00-19:00",)


def weekly(hours: str, holidays: str) -> Journey:
    return stored_journey(f"""
windows: {{own: {{{hours}, holidays: {holidays}}}}}
meeting:
  - {{name: reminder, before: 1 day, channel: email, window: own}}
  - {{name: always, before: 1 day, channel: email}}
""")


@pytest.mark.parametrize(
    ("hours", "open_on_holidays", "closed_on_holidays"),
    [
        pytest.param(
            'mon-sun: "09:30-19:45"',
            timedelta(hours=13, minutes=45),
            timedelta(days=1, hours=13, minutes=45),
            id="each night",
        ),
        pytest.param(
            'mon: "09:00-10:00"',
            timedelta(days=6, hours=23),
            timedelta(days=13, hours=23),
            id="a week",
        ),
        pytest.param(
            'sun: "09:00-10:00"',
            timedelta(days=6, hours=23),
            timedelta(days=13, hours=23),
            id="a week that ends",
        ),
        pytest.param('mon-sun: "00:00-24:00"', timedelta(), timedelta(days=1), id="never"),
    ],
)
def test_the_longest_time_that_hours_stay_closed(
    hours: str, open_on_holidays: timedelta, closed_on_holidays: timedelta
) -> None:
    open_too = weekly(hours, "open")
    closed = weekly(hours, "closed")

    assert longest_closed(open_too.step("reminder"), open_too) == open_on_holidays
    assert longest_closed(closed.step("reminder"), closed) == closed_on_holidays
    assert longest_closed(closed.step("always"), closed) == timedelta()
