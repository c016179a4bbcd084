"""How often an address is reached, which of a lead's addresses it is, and what it may cost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.events.touch import Channel, Kind
from services.notify.decisions.addressing import Addressed, booked_from, form_for
from services.notify.decisions.limits import Limit, limit_of, mailbox
from services.notify.decisions.spending import (
    Caps,
    Spending,
    Tally,
    alarm,
    price_of,
    reached_cap,
    read_prices,
)
from services.notify.touches import Form, Touch
from tests.builders import a_booking, a_card, a_touch

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
TOMORROW = datetime(2026, 3, 3, 15, tzinfo=UTC)
FOLLOW_UP = a_touch(Channel.WHATSAPP, kind=Kind.FOLLOW_UP)


def limit(touch: Touch, *, demonstration: bool = False) -> Limit | None:
    return limit_of(
        touch,
        NOW,
        zone="America/Mexico_City",
        calls_per_day=1,
        calls_per_week=3,
        demonstration=demonstration,
    )


@pytest.mark.parametrize(
    ("touch", "what"),
    [
        pytest.param(a_touch(), "call", id="the welcome call"),
        pytest.param(a_touch(Channel.EMAIL), "first_contact email", id="the welcome mail"),
        pytest.param(a_touch(Channel.WHATSAPP), None, id="what follows the call"),
        pytest.param(FOLLOW_UP, "follow_up whatsapp", id="a follow-up text"),
        pytest.param(replace(FOLLOW_UP, kind=Kind.MEETING), None, id="a meeting's"),
        pytest.param(replace(FOLLOW_UP, kind=Kind.ASKED_FOR), None, id="asked for"),
    ],
)
def test_what_counts(touch: Touch, what: str | None) -> None:
    found = limit(touch)

    assert (found.what if found else None) == what


def test_the_day_is_the_numbers_own_and_the_next_chance_is_its_morning() -> None:
    assert limit(a_touch()) == Limit("+528112345678", "call", date(2026, 3, 2), 1, 3, TOMORROW)


def test_a_demonstrations_follow_up_is_not_limited() -> None:
    assert limit(FOLLOW_UP, demonstration=True) is None
    assert limit(a_touch(), demonstration=True) is not None


OLD = Addressed(Form(1, a_card()))
NEW = Addressed(Form(2, a_card(email="new@example.com", phone=None)))


@pytest.mark.parametrize(
    ("forms", "submission"),
    [
        pytest.param([OLD, NEW], 2, id="the latest"),
        pytest.param(
            [OLD, replace(NEW, follow_up_mails=1)], 2, id="the latest, also after one mail"
        ),
        pytest.param(
            [OLD, replace(NEW, follow_up_mails=2)], 1, id="after two without life the other"
        ),
        pytest.param(
            [replace(OLD, follow_up_mails=2), replace(NEW, follow_up_mails=3)],
            1,
            id="then the one that had fewer",
        ),
        pytest.param([replace(OLD, email_alive_at=NOW), NEW], 1, id="the one that showed life"),
        pytest.param(
            [
                replace(OLD, email_alive_at=NOW),
                replace(NEW, email_alive_at=NOW + timedelta(days=1)),
            ],
            2,
            id="the one that showed life last",
        ),
    ],
)
def test_which_mailbox_a_follow_up_goes_to(forms: list[Addressed], submission: int) -> None:
    assert form_for(Channel.EMAIL, forms).submission_id == submission


def test_a_form_without_a_phone_takes_no_phones_place() -> None:
    assert form_for(Channel.WHATSAPP, [OLD, NEW]).submission_id == 1
    assert form_for(Channel.WHATSAPP, [NEW]).submission_id == 2


def test_a_meetings_touches_go_to_the_address_that_booked() -> None:
    booking = a_booking(email="booked@example.com", phone="+525512345678")

    assert booked_from(Kind.MEETING, Channel.EMAIL, booking) == "booked@example.com"
    assert booked_from(Kind.MEETING, Channel.SMS, booking) == "+525512345678"
    assert booked_from(Kind.FOLLOW_UP, Channel.EMAIL, booking) is None


PRICES = read_prices("call.MX=0.10,call=0.60,sms.MX=0.18,sms.CO=0.30")


@pytest.mark.parametrize(
    ("channel", "country", "price"),
    [
        (Channel.CALL, "MX", 0.10),
        (Channel.CALL, "CO", 0.60),
        (Channel.SMS, "AR", 0.30),
        (Channel.WHATSAPP, "MX", 0.0),
    ],
)
def test_the_price_follows_the_destination(channel: Channel, country: str, price: float) -> None:
    assert price_of(PRICES, channel, country) == price


CAPS = Caps(
    prefix_hour=20,
    door_hour=500,
    door_day=2000,
    source_share=0.5,
    visitor_share=0.05,
    visitor_names=5,
    daily=100,
)
MONTERREY = Spending(Channel.CALL, "MX", "+528112", "fb", "", answers_form=True, day=10, hour=10)
FOLLOWING = replace(MONTERREY, answers_form=False, hour=0)
USUAL: dict[str, Any] = {
    **{"country": "CO", "prefix": "+573001", "source": "fb", "visitor": "v1", "names": 1},
    **{"sources": 2, "home": "MX"},
}


def reached(spendings: list[Spending], **changes: Any) -> str | None:
    return reached_cap(Tally.of(spendings, PRICES), CAPS, **USUAL | changes)


@pytest.mark.parametrize(
    ("spendings", "cap"),
    [
        pytest.param([MONTERREY], None, id="a usual hour"),
        pytest.param(
            [replace(MONTERREY, prefix="+573001", country="CO", hour=20)],
            "prefix +573001",
            id="a prefix",
        ),
        pytest.param([replace(MONTERREY, hour=500)], "door /api/lead", id="the door's hour"),
        pytest.param([replace(MONTERREY, day=2000, hour=0)], "door /api/lead", id="the door's day"),
        pytest.param(
            [replace(FOLLOWING, day=500)], "source fb", id="half the day's money by one source"
        ),
        pytest.param(
            [replace(FOLLOWING, visitor="v1", day=50)],
            "visitor v1",
            id="a twentieth by one visitor",
        ),
        pytest.param([replace(FOLLOWING, visitor="v2", day=50)], None, id="by another visitor"),
        pytest.param([replace(FOLLOWING, day=49)] * 2, None, id="of no visitor that is known"),
    ],
)
def test_a_cap_is_named(spendings: list[Spending], cap: str | None) -> None:
    assert reached(spendings) == cap


@pytest.mark.parametrize(
    ("names", "visitor", "cap"),
    [(5, "v1", None), (6, "v1", "visitor v1"), (50, "", None), (0, "v1", None)],
)
def test_many_names_of_one_visitor_wait_for_a_word(
    names: int, visitor: str, cap: str | None
) -> None:
    assert reached([], names=names, visitor=visitor) == cap


def test_what_is_added_later_counts_like_what_was_there() -> None:
    whole, grown = Tally.of([MONTERREY] * 3, PRICES), Tally.of([MONTERREY], PRICES)
    for _ in range(2):
        grown.add(MONTERREY)

    assert vars(whole) == vars(grown)


@pytest.mark.parametrize(
    ("amount", "percent"), [(0, None), (49.9, None), (50, 50), (79.9, 50), (80, 80), (300, 80)]
)
def test_an_operator_hears_of_half_and_of_four_fifths_of_the_days_money(
    amount: float, percent: int | None
) -> None:
    assert alarm(amount, 100) == percent


def test_one_source_alone_has_the_whole_day() -> None:
    assert reached([replace(FOLLOWING, day=500)], sources=1) is None


def test_a_prefix_at_home_has_no_cap() -> None:
    assert reached([replace(MONTERREY, hour=400)], country="MX", prefix="+528112") is None


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
