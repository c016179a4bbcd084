"""How often an address may be reached."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.events.touch import Channel, Kind
from domain.journey.model import Journey
from services.notify.decisions.limits import Limit, limit_of, mailbox
from services.notify.touches import Touch
from tests.builders import a_touch

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
SHIPPED = Journey()
TOMORROW = datetime(2026, 3, 3, 15, tzinfo=UTC)
FOLLOW_UP = a_touch(Channel.WHATSAPP, kind=Kind.FOLLOW_UP)


def limit(touch: Touch, journey: Journey = SHIPPED, *, now: datetime = NOW) -> Limit | None:
    return limit_of(
        touch,
        now,
        zone="America/Mexico_City",
        calls_per_day=1,
        calls_per_week=3,
        journey=journey,
    )


@pytest.mark.parametrize(
    ("touch", "counted"),
    [
        pytest.param(a_touch(), "call", id="the welcome call"),
        pytest.param(a_touch(Channel.EMAIL), "first_contact email", id="the welcome mail"),
        pytest.param(a_touch(Channel.WHATSAPP), None, id="the fallback of the call"),
        pytest.param(FOLLOW_UP, "follow_up whatsapp", id="a follow-up text"),
        pytest.param(replace(FOLLOW_UP, kind=Kind.MEETING), None, id="a meeting's"),
        pytest.param(replace(FOLLOW_UP, kind=Kind.ASKED_FOR), None, id="asked for"),
    ],
)
def test_the_limit_of_each_touch(touch: Touch, counted: str | None) -> None:
    found = limit(touch)

    assert (found.what if found else None) == counted


def test_the_day_is_the_numbers_own_and_the_next_chance_is_its_morning() -> None:
    assert limit(a_touch()) == Limit("+528112345678", "call", date(2026, 3, 2), 1, 3, TOMORROW)


def test_a_demonstrations_follow_up_is_not_limited() -> None:
    journey = Journey(demonstration=True, any_hour=True)
    assert limit(FOLLOW_UP, journey) is None
    assert limit(a_touch(), journey) is not None


def test_days_of_seconds_follow_each_other() -> None:
    journey = Journey(demonstration=True, day=timedelta(seconds=20))
    first = limit(FOLLOW_UP, journey)
    assert first is not None
    assert NOW < first.again_at <= NOW + timedelta(seconds=20)
    same = limit(FOLLOW_UP, journey, now=first.again_at - timedelta(seconds=0.001))
    following = limit(FOLLOW_UP, journey, now=first.again_at)

    assert same is not None
    assert following is not None
    assert (same.day, following.day) == (first.day, first.day + timedelta(days=1))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("ana@example.com", "ana@example.com"),
        ("Ana+promo@Example.com", "ana@example.com"),
        ("ana+a+b@example.com", "ana@example.com"),
        ("a.na@example.com", "a.na@example.com"),
        ("a.n.a+1@gmail.com", "ana@gmail.com"),
        ("ana@googlemail.com", "ana@gmail.com"),
        ("+ana@example.com", "+ana@example.com"),
    ],
)
def test_the_mailbox_behind_an_address(address: str, place: str) -> None:
    assert mailbox(address) == place


def test_every_alias_of_a_mailbox_counts_as_one() -> None:
    places = {
        found.place
        for n in range(50)
        if (found := limit(a_touch(Channel.EMAIL, address=f"ana+{n}@gmail.com")))
    }
    assert places == {"ana@gmail.com"}


def test_the_limit_of_a_text_and_of_a_mail() -> None:
    mail = a_touch(Channel.EMAIL, kind=Kind.FOLLOW_UP, address="A.na+1@gmail.com")
    day = date(2026, 3, 2)

    assert limit(FOLLOW_UP) == Limit("+528112345678", "follow_up whatsapp", day, 1, 7, TOMORROW)
    assert limit(mail) == Limit("ana@gmail.com", "follow_up email", day, 1, 7, TOMORROW)


def test_the_evening_belongs_to_the_persons_day() -> None:
    evening = limit(a_touch(), now=datetime(2026, 3, 3, 3, tzinfo=UTC))

    assert evening is not None
    assert (evening.day, evening.again_at) == (date(2026, 3, 2), TOMORROW)


def test_days_of_seconds_begin_again_after_the_last_that_a_calendar_has() -> None:
    journey = Journey(demonstration=True, day=timedelta(seconds=1))
    last = datetime.fromtimestamp(date.max.toordinal() * 487 - 1, UTC)
    found = limit(FOLLOW_UP, journey, now=last)
    following = limit(FOLLOW_UP, journey, now=last + timedelta(seconds=1))

    assert found is not None
    assert following is not None
    assert (found.day, following.day) == (date.max, date.min)


def test_an_address_may_hold_another_at_sign() -> None:
    assert mailbox('"a.b@c"@gmail.com') == '"ab@c"@gmail.com'
