"""How a timer ends that has fallen due, on time or late."""

from datetime import datetime, timedelta
from typing import Any

from contracts.events.cadence import CadenceFinished
from contracts.events.touch import Channel, Kind, SkipReason, TouchDue, TouchSkipped
from services.scheduler.decisions.lateness import (
    Drop,
    End,
    Fire,
    Move,
    SetAside,
    resolve_timer,
    skip,
)
from services.scheduler.decisions.planning import Timer, plan
from tests.unit.services.scheduler.decisions.leads import DAY_3, JOURNEY, a_lead, local


def due(timer: Timer, now: datetime, **more: Any) -> End:
    return resolve_timer(
        a_lead(), JOURNEY, timer, planned_at=more.pop("planned_at", timer.due_at), now=now, **more
    )


def test_a_timer_that_runs_out_is_a_touch_with_its_fallback_and_the_end_of_its_hours() -> None:
    end = due(DAY_3, DAY_3.due_at + timedelta(seconds=1))

    assert isinstance(end, Fire)
    [touch] = end.events
    assert isinstance(touch, TouchDue)
    assert (touch.kind, touch.template, touch.fallback) == (Kind.FOLLOW_UP, "day_3", (Channel.SMS,))
    assert touch.until == local(2026, 3, 5, 20)


def test_two_days_of_outage_move_a_follow_up_to_the_next_morning() -> None:
    end = due(DAY_3, local(2026, 3, 7, 15))

    assert end == Move(local(2026, 3, 9, 9))  # Saturday afternoon, so Monday


def test_a_moved_touch_goes_out_at_its_new_time() -> None:
    morning = Timer("day_3", Channel.WHATSAPP, "", 0, local(2026, 3, 6, 9))

    assert isinstance(due(morning, local(2026, 3, 6, 9, 1), planned_at=DAY_3.due_at), Fire)


def test_a_touch_later_than_its_limit_is_dropped_as_too_late() -> None:
    end = due(DAY_3, DAY_3.due_at + JOURNEY.step("day_3").late.limit + timedelta(days=1))

    assert isinstance(end, Drop)
    assert [event.reason for event in end.events if isinstance(event, TouchSkipped)] == [
        SkipReason.TOO_LATE
    ]


def test_a_touch_that_a_later_step_has_overtaken_is_dropped() -> None:
    end = due(DAY_3, DAY_3.due_at, overtaken=True)

    assert isinstance(end, Drop)
    assert end.reason is SkipReason.OVERTAKEN


def test_the_last_follow_up_ends_the_cadence_once_and_by_name() -> None:
    last = Timer("day_12", Channel.WHATSAPP, "", 0, local(2026, 3, 14, 10))

    def finished() -> CadenceFinished:
        end = due(last, last.due_at)
        assert isinstance(end, Fire)
        [event] = [event for event in end.events if isinstance(event, CadenceFinished)]
        return event

    assert finished().event_id == finished().event_id


def test_a_step_that_an_operator_skips_is_published_and_the_last_one_ends_the_cadence() -> None:
    last = Timer("day_12", Channel.WHATSAPP, "", 0, local(2026, 3, 14, 10))
    first_events = skip(a_lead(), JOURNEY, DAY_3).events
    last_events = skip(a_lead(), JOURNEY, last).events

    assert [event.topic for event in first_events] == ["touch.skipped"]
    assert [event.topic for event in last_events] == ["touch.skipped", "cadence.finished"]
    events = [*first_events, *last_events]
    skipped = [event for event in events if isinstance(event, TouchSkipped)]
    assert {event.reason for event in skipped} == {SkipReason.OPERATOR}


def test_the_same_touch_is_not_due_a_fourth_time_within_an_hour() -> None:
    now = DAY_3.due_at + timedelta(seconds=1)
    often = [now - timedelta(minutes=minutes) for minutes in (1, 20, 50)]
    seldom = [now - timedelta(minutes=minutes) for minutes in (1, 20, 61)]

    assert due(DAY_3, now, fired_at=often) == SetAside("due more than 3 times within an hour")
    assert isinstance(due(DAY_3, now, fired_at=seldom), Fire)


def test_a_spread_longer_than_the_hours_stays_within_them() -> None:
    spread = timedelta(days=2)
    lead = a_lead(at=local(2026, 3, 5, 12))
    leads = [lead.model_copy(update={"lead_id": 1000 + number}) for number in range(400)]

    planned = [
        next(t.due_at for t in plan(lead, JOURNEY, spread) if t.step == "day_3") for lead in leads
    ]
    night = local(2026, 3, 9, 23)
    ends = [
        resolve_timer(
            lead, JOURNEY, DAY_3, planned_at=night - timedelta(hours=4), now=night, spread=spread
        )
        for lead in leads
    ]
    moved = [end.due_at for end in ends if isinstance(end, Move)]

    assert all(local(2026, 3, 9, 9) <= moment < local(2026, 3, 9, 20) for moment in planned)
    assert len(moved) == len(leads)
    assert all(local(2026, 3, 10, 9) <= moment < local(2026, 3, 10, 20) for moment in moved)
