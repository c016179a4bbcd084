"""The price of a touch, and the caps on spending."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.events.touch import Channel
from services.notify.decisions.spending import (
    Caps,
    Spending,
    Tally,
    alarm,
    dearer,
    price_of,
    reached_cap,
    read_prices,
    units_of,
    usual_units,
)

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


@pytest.mark.parametrize(
    ("channel", "text", "units"),
    [
        (Channel.SMS, "a" * 160, 1),
        (Channel.SMS, "a" * 161, 2),
        (Channel.SMS, "ó" * 135, 3),
        (Channel.WHATSAPP, "a" * 1_000, 1),
        (Channel.CALL, "", 1),
    ],
)
def test_an_sms_is_charged_by_its_segments(channel: Channel, text: str, units: int) -> None:
    assert units_of(channel, text) == units


def test_an_sms_without_a_text_counts_as_the_longest_that_is_shipped() -> None:
    assert [usual_units(channel) for channel in (Channel.SMS, Channel.CALL)] == [2, 1]


def test_a_price_that_was_really_paid_counts_where_it_is_higher() -> None:
    paid = {"call.MX": 0.15, "sms.MX": 0.10, "sms.AR": 0.40, "whatsapp.MX": 0.05}
    prices = dearer(PRICES, paid)

    assert price_of(prices, Channel.CALL, "MX") == 0.15
    assert price_of(prices, Channel.SMS, "MX") == 0.18
    assert price_of(prices, Channel.SMS, "AR") == 0.40
    assert price_of(prices, Channel.SMS, "CO") == 0.30
    assert price_of(prices, Channel.WHATSAPP, "MX") == 0.05


CAPS = Caps(
    prefix_hour=20,
    door_hour=500,
    door_day=2000,
    source_share=0.5,
    visitor_share=0.05,
    visitor_names=5,
    daily=100,
)


MONTERREY = Spending(
    Channel.CALL, "MX", "+528112", "fb", "", answers_form=True, day=10, hour=10, units=10
)


FOLLOWING = replace(MONTERREY, answers_form=False, hour=0)


USUAL: dict[str, Any] = {
    "country": "CO",
    "prefix": "+573001",
    "source": "fb",
    "visitor": "v1",
    "names": 1,
    "sources": 2,
    "home": "MX",
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
        pytest.param(
            [replace(FOLLOWING, day=10, units=500)], "source fb", id="few calls of many minutes"
        ),
        pytest.param(
            [replace(FOLLOWING, day=10, units=0, paid=50.0)],
            "source fb",
            id="what was paid",
        ),
        pytest.param([replace(MONTERREY, hour=500)], "door /api/lead", id="the door's hour"),
        pytest.param(
            [replace(MONTERREY, day=2000, units=2000, hour=0)],
            "door /api/lead",
            id="the door's day",
        ),
        pytest.param(
            [replace(FOLLOWING, day=500, units=500)],
            "source fb",
            id="half the day's money by one source",
        ),
        pytest.param(
            [replace(FOLLOWING, visitor="v1", day=50, units=50)],
            "visitor v1",
            id="a twentieth by one visitor",
        ),
        pytest.param(
            [replace(FOLLOWING, visitor="v2", day=50, units=50)], None, id="by another visitor"
        ),
        pytest.param(
            [replace(FOLLOWING, day=49, units=49)] * 2, None, id="of no visitor that is known"
        ),
    ],
)
def test_a_cap_is_named(spendings: list[Spending], cap: str | None) -> None:
    assert reached(spendings) == cap


@pytest.mark.parametrize(
    ("names", "visitor", "cap"),
    [(5, "v1", None), (6, "v1", "visitor v1"), (50, "", None), (0, "v1", None)],
)
def test_many_names_of_one_visitor_wait_for_a_release(
    names: int, visitor: str, cap: str | None
) -> None:
    assert reached([], names=names, visitor=visitor) == cap


def test_what_is_added_later_counts_like_what_was_there() -> None:
    whole = Tally.of([MONTERREY] * 3, PRICES)
    grown = Tally.of([MONTERREY], PRICES)
    for _ in range(2):
        grown.add(MONTERREY)

    assert vars(whole) == vars(grown)


@pytest.mark.parametrize(
    ("amount", "percent"), [(0, None), (49.9, None), (50, 50), (79.9, 50), (80, 80), (300, 80)]
)
def test_an_alarm_rises_at_half_and_at_four_fifths_of_the_days_spending(
    amount: float, percent: int | None
) -> None:
    assert alarm(amount, 100) == percent


def test_one_source_alone_has_the_whole_day() -> None:
    assert reached([replace(FOLLOWING, day=500, units=500)], sources=1) is None


def test_a_prefix_at_home_has_no_cap() -> None:
    assert reached([replace(MONTERREY, hour=400)], country="MX", prefix="+528112") is None


def test_prices_are_read_by_channel_and_country() -> None:
    assert read_prices("call.MX=0.10,call=0.60,") == {"call.MX": 0.1, "call": 0.6}
    assert read_prices("") == {}
    for wrong in ("fax=1", "fax.MX=1"):
        with pytest.raises(ValueError, match="fax"):
            read_prices(wrong)


def test_spendings_are_added_up_by_prefix_source_visitor_and_door() -> None:
    other = replace(FOLLOWING, source="g", visitor="v1", prefix="+528113", day=3, units=3, hour=2)
    tally = Tally.of([MONTERREY, MONTERREY, other], PRICES)

    assert tally.spent == pytest.approx(2.3)
    assert (tally.door_hour, tally.door_day) == (20, 20)
    assert tally.prefix_hour == {"+528112": 20, "+528113": 2}
    assert tally.by_source == pytest.approx({"fb": 2.0, "g": 0.3})
    assert tally.by_visitor == pytest.approx({"": 2.0, "v1": 0.3})


def test_what_nobody_spent_reaches_no_share() -> None:
    small = replace(CAPS, daily=1)
    tally = Tally.of([], PRICES)

    assert reached_cap(tally, small, **USUAL) is None
    assert reached([replace(FOLLOWING, visitor="v1", day=49, units=49)]) is None
    assert reached([replace(FOLLOWING, day=499, units=499)]) is None


def test_leads_without_a_source_are_a_source_of_their_own() -> None:
    assert reached([replace(FOLLOWING, source="", day=500, units=500)], source="") == "source -"


@pytest.mark.parametrize(
    ("spending", "cap"),
    [
        (replace(MONTERREY, prefix="+573001", country="CO", hour=19, day=1, units=1), None),
        (replace(MONTERREY, hour=499, day=1, units=1), None),
        (replace(MONTERREY, hour=0, day=1999, units=1999, country="ZZ"), "source fb"),
    ],
)
def test_just_below_a_cap(spending: Spending, cap: str | None) -> None:
    assert reached([spending]) == cap
