"""How a timer ends that has fallen due, on time or late."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

import pytest

from contracts.events.cadence import CadenceFinished
from contracts.events.touch import (
    TOUCHES,
    Channel,
    Kind,
    SkipReason,
    TouchDue,
    TouchSkipped,
    touch_id,
)
from services.scheduler.decisions.enrolment import Enrolment
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
from tests.unit.services.scheduler.decisions.leads import (
    DAY_3,
    JOURNEY,
    a_lead,
    after,
    booked,
    deferral,
    local,
)


def due(timer: Timer, now: datetime, *, lead: Enrolment | None = None, **more: Any) -> End:
    planned_at = more.pop("planned_at", timer.due_at)
    return resolve_timer(lead or a_lead(), JOURNEY, timer, planned_at=planned_at, now=now, **more)


def touch_of(end: End) -> TouchDue:
    assert isinstance(end, Fire)
    [touch] = end.events
    assert isinstance(touch, TouchDue)
    return touch


def drop_of(end: End) -> tuple[Any, ...]:
    """Returns a dropped touch: reason, step, channel, run and id."""
    assert isinstance(end, Drop)
    [skipped] = end.events
    assert isinstance(skipped, TouchSkipped)
    assert skipped.reason is end.reason
    assert skipped.lead_id == 123456
    return end.reason, skipped.step, skipped.channel, skipped.run, skipped.touch_id


DAY_3_ID = touch_id(123456, "day_3", Channel.WHATSAPP)


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


def test_the_touch_and_its_id_are_those_of_lead_run_and_booking() -> None:
    second_run = Timer("day_3", Channel.SMS, "", 900, DAY_3.due_at)
    touch = touch_of(due(second_run, DAY_3.due_at))

    assert touch.touch_id == touch_id(123456, "day_3", Channel.SMS, run=900)
    assert (touch.lead_id, touch.run, touch.fallback) == (123456, 900, ())
    assert touch.booking is None
    assert touch_of(due(DAY_3, DAY_3.due_at)).touch_id == DAY_3_ID


def test_only_the_touches_of_a_meeting_name_the_booking() -> None:
    lead = after(booked())
    confirmation = Timer("confirmation", Channel.WHATSAPP, "first", 0, local(2026, 3, 3, 10))
    touch = touch_of(due(confirmation, confirmation.due_at, lead=lead))

    assert (touch.booking, touch.kind) == (lead.booking, Kind.MEETING)
    assert touch.touch_id == touch_id(123456, "confirmation", Channel.WHATSAPP, booking="first")
    assert touch_of(due(DAY_3, DAY_3.due_at, lead=lead)).booking is None


def test_lateness_counts_from_the_first_time_that_was_planned() -> None:
    limit = JOURNEY.step("day_3").late.limit
    now = DAY_3.due_at

    assert isinstance(due(DAY_3, now, planned_at=now - limit), Fire)
    end = due(DAY_3, now, planned_at=now - limit - timedelta(seconds=1))
    assert drop_of(end) == (SkipReason.TOO_LATE, "day_3", Channel.WHATSAPP, 0, DAY_3_ID)


def test_a_touch_whose_hours_nobody_knows_is_dropped_with_that_reason() -> None:
    end = due(DAY_3, DAY_3.due_at, lead=a_lead(phone="+881612345678"))

    assert drop_of(end) == (SkipReason.NO_HOURS, "day_3", Channel.WHATSAPP, 0, DAY_3_ID)


def test_a_touch_that_could_only_leave_beyond_its_limit_is_dropped() -> None:
    second_run = Timer("day_3", Channel.WHATSAPP, "", 900, local(2026, 3, 4, 10))
    saturday_night = local(2026, 3, 7, 21)
    identity = touch_id(123456, "day_3", Channel.WHATSAPP, run=900)
    dropped = (SkipReason.TOO_LATE, "day_3", Channel.WHATSAPP, 900, identity)

    assert due(second_run, saturday_night) == Move(local(2026, 3, 9, 9))
    at_the_limit = local(2026, 3, 4, 9)
    assert isinstance(due(second_run, saturday_night, planned_at=at_the_limit), Move)
    earlier = at_the_limit - timedelta(seconds=1)
    assert drop_of(due(second_run, saturday_night, planned_at=earlier)) == dropped
    overdue = Timer("day_3", Channel.WHATSAPP, "", 900, earlier)
    assert drop_of(due(overdue, saturday_night, planned_at=saturday_night)) == dropped


def reminder(*due_at: int) -> Timer:
    return Timer("reminder", Channel.WHATSAPP, "first", 0, local(*due_at))


def test_no_reminder_comes_when_the_meeting_has_begun() -> None:
    lead = after(booked())  # on the 10th at 11
    late = reminder(2026, 3, 10, 10)
    identity = touch_id(123456, "reminder", Channel.WHATSAPP, booking="first")

    assert isinstance(due(late, local(2026, 3, 10, 10, 59), lead=lead), Fire)
    assert drop_of(due(late, local(2026, 3, 10, 11), lead=lead)) == (
        SkipReason.TOO_LATE,
        "reminder",
        Channel.WHATSAPP,
        0,
        identity,
    )
    thanks = Timer("after_meeting", Channel.EMAIL, "first", 0, local(2026, 3, 10, 12, 30))
    assert isinstance(due(thanks, thanks.due_at, lead=lead), Fire)


def test_a_reminder_without_a_known_meeting_is_not_late_for_it() -> None:
    timer = reminder(2026, 3, 10, 10)

    assert isinstance(due(timer, timer.due_at), Fire)
    unknown = after(booked(starts_at=None, ends_at=None))
    assert isinstance(due(timer, timer.due_at, lead=unknown), Fire)


@pytest.mark.parametrize(
    ("starts_at", "end"),
    [
        pytest.param((2026, 3, 10, 8, 1), Move(local(2026, 3, 10, 8)), id="moved to the morning"),
        pytest.param((2026, 3, 10, 8), None, id="the meeting begins then: dropped"),
    ],
)
def test_a_reminder_that_waits_for_the_morning(starts_at: tuple[int, ...], end: End | None) -> None:
    lead = after(booked(starts_at=local(*starts_at), ends_at=local(2026, 3, 10, 9)))
    found = due(reminder(2026, 3, 9, 20, 30), local(2026, 3, 9, 22), lead=lead)

    assert found == end if end is not None else drop_of(found)[0] is SkipReason.TOO_LATE


def test_a_confirmation_answers_a_booking_of_the_night_within_minutes() -> None:
    night = local(2026, 3, 5, 3)
    lead = after(booked(at=night))
    timer = Timer("confirmation", Channel.WHATSAPP, "first", 0, night)
    spread = timedelta(minutes=10)

    assert isinstance(due(timer, night + timedelta(minutes=15), lead=lead), Fire)
    later = due(timer, night + timedelta(minutes=16), lead=lead, spread=spread)
    assert later == Move(local(2026, 3, 5, 8)), "a meeting's touch is not spread"


def test_a_touch_moves_to_the_leads_own_moment_after_the_opening() -> None:
    spread = timedelta(minutes=10)
    [planned] = [t for t in plan(a_lead(), JOURNEY, spread) if t.step == "day_6"]
    opens = local(2026, 3, 9, 9)

    assert opens < planned.due_at < opens + spread
    assert due(DAY_3, local(2026, 3, 8, 12), spread=spread) == Move(planned.due_at)


def test_a_touch_that_was_due_an_hour_ago_does_not_count_as_repeated() -> None:
    now = DAY_3.due_at + timedelta(seconds=1)
    times = [now - timedelta(minutes=minutes) for minutes in (1, 20, 60)]

    assert isinstance(due(DAY_3, now, fired_at=times), Fire)


def test_a_touch_that_is_deferred_for_ever_is_set_aside() -> None:
    often = [deferral("day_3", Channel.WHATSAPP, DAY_3.due_at)] * 10
    other = [deferral("day_6", Channel.EMAIL, DAY_3.due_at)] * 20

    assert isinstance(due(DAY_3, DAY_3.due_at, lead=after(*other, *often)), Fire)
    lead = after(*often, often[0])
    assert due(DAY_3, DAY_3.due_at, lead=lead) == SetAside("deferred 11 times")


@pytest.mark.parametrize(("run", "name"), [(0, "123456//finished"), (900, "123456/900/finished")])
def test_each_follow_up_ends_by_a_name_of_its_own(run: int, name: str) -> None:
    last = Timer("day_12", Channel.WHATSAPP, "", run, local(2026, 3, 14, 10))
    end = due(last, last.due_at, lead=a_lead().model_copy(update={"run": run}))

    assert isinstance(end, Fire)
    assert end.events[-1].event_id == uuid5(TOUCHES, name)
