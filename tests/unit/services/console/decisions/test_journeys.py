"""The numbers of each step on the page of the journey."""

from datetime import timedelta

import pytest

from domain.journey.settings import JourneySettings, load_journey
from services.console.decisions.journeys import Numbers, numbers_of
from services.console.decisions.leads import State

JOURNEY = load_journey(JourneySettings(_env_file=None))[0]


def test_leads_and_touches_are_counted_by_step() -> None:
    states = [
        State.WAITING,
        State.REACHED,
        State.PAUSED,
        State.BOOKED,
        State.MET,
        State.STOPPED,
        State.ERASED,
        State.FINISHED,
    ]
    outcomes = [
        "sent",
        "uncertain",
        "unanswered",
        "delivered",
        "answered",
        "failed",
        "skipped",
        "due",
    ]
    step = JOURNEY.step("day_3")
    at_step = {("day_3", str(state)): 10**place for place, state in enumerate(states)}
    ends = {("day_3", end): 10**place for place, end in enumerate(outcomes)}
    other = JOURNEY.step("day_6")

    first, second = numbers_of((step, other), at_step, ends)
    assert first == Numbers(
        step=step,
        sign="+",
        span=timedelta(days=3),
        here=111,
        booked=11_000,
        stopped=1_100_000,
        finished=10_000_000,
        failed=100_000,
        skipped=1_000_000,
        arrived=11_000,
        made=11_111,
    )
    assert (second.here, second.booked, second.stopped, second.finished) == (0, 0, 0, 0)
    assert (second.failed, second.skipped, second.arrived, second.made) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("step", "sign", "span"),
    [
        ("welcome_call", "", timedelta()),
        ("day_6", "+", timedelta(days=6)),
        ("confirmation", "", timedelta()),
        ("reminder", "−", timedelta(hours=24)),
        ("after_meeting", "+", timedelta(hours=1)),
    ],
)
def test_the_time_of_a_step(step: str, sign: str, span: timedelta) -> None:
    [numbers] = numbers_of([JOURNEY.step(step)], {}, {})

    assert (numbers.sign, numbers.span) == (sign, span)
