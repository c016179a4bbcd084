"""When a touch that is late still goes out, at the edges of its hours and of its limit."""

from datetime import datetime, timedelta

import pytest

from contracts.events.touch import Channel
from domain.journey.lateness import MoveTo, NoHours, SendNow, TooLate, when_late
from tests.unit.domain.journey.test_contact_hours import JOURNEY, MEXICO, at, at_zones

NIGHT = at(MEXICO, 2026, 3, 2, 3)
NOON = at(MEXICO, 2026, 3, 2, 12, 30)
TEN = at(MEXICO, 2026, 3, 2, 10)


def late(
    step: str, due: datetime, now: datetime, *, answering: bool | None = None
) -> SendNow | MoveTo | TooLate | NoHours:
    planned = JOURNEY.step(step)
    where = at_zones(MEXICO)
    if answering is None:
        return when_late(due, now, planned, planned.channels[0], JOURNEY, where)
    channel = planned.channels[0]
    return when_late(due, now, planned, channel, JOURNEY, where, answering=answering)


def test_only_an_answer_goes_out_in_the_night() -> None:
    now = NIGHT + timedelta(minutes=1)

    assert late("confirmation", NIGHT, now, answering=True) == SendNow(None)
    morning = MoveTo(at(MEXICO, 2026, 3, 2, 8))
    assert late("confirmation", NIGHT, now, answering=False) == morning
    assert late("confirmation", NIGHT, now) == morning


def test_a_late_answer_goes_out_in_its_steps_own_hours() -> None:
    due = at(MEXICO, 2026, 3, 2, 2, 30)
    next_night = at(MEXICO, 2026, 3, 3, 2, 30)

    assert late("sent_late", due, next_night, answering=True) == SendNow(at(MEXICO, 2026, 3, 3, 3))
    assert late("sent_late", due, next_night) == MoveTo(at(MEXICO, 2026, 3, 3, 12))
    next_noon = NOON + timedelta(days=1)
    assert late("moved", NOON, next_noon, answering=True) == MoveTo(at(MEXICO, 2026, 3, 4, 2))
    assert late("moved", NOON, next_noon) == MoveTo(at(MEXICO, 2026, 3, 4, 12))


@pytest.mark.parametrize(
    ("step", "now", "decision"),
    [
        pytest.param(
            "day_4",
            TEN + timedelta(days=3),
            SendNow(at(MEXICO, 2026, 3, 5, 20)),
            id="exactly as late as it may be",
        ),
        pytest.param(
            "day_3",
            at(MEXICO, 2026, 3, 2, 20),
            MoveTo(at(MEXICO, 2026, 3, 3, 9)),
            id="as its hours close",
        ),
        pytest.param("day_5", at(MEXICO, 2026, 3, 2, 20), TooLate(), id="as they close, with skip"),
    ],
)
def test_at_the_edge(step: str, now: datetime, decision: object) -> None:
    assert late(step, TEN, now) == decision


def test_a_touch_may_move_exactly_to_its_limit() -> None:
    nine = at(MEXICO, 2026, 3, 2, 9)
    night = at(MEXICO, 2026, 3, 4, 23)

    assert late("day_3", nine, night) == MoveTo(at(MEXICO, 2026, 3, 5, 9))
    assert late("day_3", nine - timedelta(seconds=1), night) == TooLate()


def test_hours_that_never_open_are_no_hours() -> None:
    nowhere = at_zones("Europe/Kaliningrad", "Pacific/Auckland", country="")
    step = JOURNEY.step("day_3")

    assert when_late(TEN, TEN, step, Channel.WHATSAPP, JOURNEY, nowhere) == NoHours()
