"""Which touches a lead gets, and when, for any events in any order and however late."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.booking import BookingCancelled, BookingRescheduled, LeadBooked, MeetingEnded
from contracts.events.cadence import CadenceFinished
from contracts.events.lead import (
    Closing,
    LeadClosed,
    LeadOptedOut,
    LeadPaused,
    LeadResumed,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import (
    Channel,
    Kind,
    SkipReason,
    TouchDeferred,
    TouchDue,
    TouchSkipped,
    touch_id,
)
from domain.journey.model import Journey
from domain.journey.settings import JourneySettings, load_journey
from services.scheduler.decisions.enrolment import Change, Enrolment, apply_event, enrol, erased
from services.scheduler.decisions.lateness import (
    Drop,
    End,
    Fire,
    Move,
    SetAside,
    resolve_timer,
    skip,
)
from services.scheduler.decisions.planning import Timer, hours_of, plan
from services.scheduler.decisions.reconciliation import StoredTimer, reconcile
from tests.builders import a_booking, a_card, a_lead_created

JOURNEY: Journey = load_journey(JourneySettings(_env_file=None))[0]
MONTERREY = ZoneInfo("America/Monterrey")
ENTERED = datetime(2026, 3, 2, 10, tzinfo=MONTERREY)  # a Monday
FOLLOW_UPS = ["day_3", "day_6", "day_9", "day_12"]


def local(*date: int) -> datetime:
    return datetime(*date, tzinfo=MONTERREY)  # type: ignore[arg-type, misc]


def a_lead(at: datetime = ENTERED, **changes: Any) -> Enrolment:
    event = a_lead_created(**changes).model_copy(update={"at": at})
    return enrol(event, zone="America/Mexico_City", region="MX")


def after(*events: Change, lead: Enrolment | None = None) -> Enrolment:
    lead = lead or a_lead()
    for event in events:
        lead = apply_event(lead, event, JOURNEY)
    return lead


def steps(lead: Enrolment) -> dict[str, datetime]:
    return {timer.step: timer.due_at for timer in plan(lead, JOURNEY)}


def booked(
    revision: int = 1, uid: str = "first", *, at: datetime | None = None, **changes: Any
) -> LeadBooked:
    booking = a_booking(uid, starts_at=local(2026, 3, 10, 11), ends_at=local(2026, 3, 10, 11, 30))
    at = at or ENTERED + timedelta(days=1)
    return LeadBooked(
        lead_id=123456, revision=revision, booking=booking.model_copy(update=changes), at=at
    )


def moved(revision: int, uid: str, *, starts_at: datetime) -> BookingRescheduled:
    booking = a_booking(uid, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
    return BookingRescheduled(
        lead_id=123456,
        revision=revision,
        booking=booking,
        previous_uid="first",
        at=ENTERED + timedelta(days=2),
    )


def cancelled(revision: int, uid: str = "first", *, at: datetime | None = None) -> BookingCancelled:
    return BookingCancelled(
        lead_id=123456, revision=revision, uid=uid, at=at or ENTERED + timedelta(days=3)
    )


def test_a_new_lead_gets_the_four_follow_ups_on_their_days() -> None:
    assert steps(a_lead()) == {
        "day_3": local(2026, 3, 5, 10),
        "day_6": local(2026, 3, 9, 9),  # Sunday the 8th waits for Monday morning
        "day_9": local(2026, 3, 11, 10),
        "day_12": local(2026, 3, 14, 10),
    }


def test_a_touch_to_come_has_its_usual_hours() -> None:
    lead = a_lead()
    [day_3, *_] = plan(lead, JOURNEY)
    week = hours_of(day_3, lead, JOURNEY)

    assert week is not None
    assert week.days == (("09:00-20:00",),) * 6 + ((),)
    assert hours_of(replace(day_3, step="gone"), lead, JOURNEY) is None


def test_a_booking_replaces_them_by_the_meetings_touches() -> None:
    lead = after(booked())

    assert steps(lead) == {
        "confirmation": ENTERED + timedelta(days=1),
        "confirmation_email": ENTERED + timedelta(days=1),
        "reminder": local(2026, 3, 9, 11),
        "after_meeting": local(2026, 3, 10, 12, 30),
    }
    assert {timer.booking for timer in plan(lead, JOURNEY)} == {"first"}


def test_a_booking_less_than_a_day_away_has_no_reminder() -> None:
    at = local(2026, 3, 9, 12)

    assert set(steps(after(booked(at=at)))) == {
        "confirmation",
        "confirmation_email",
        "after_meeting",
    }


def test_a_booking_that_becomes_known_after_its_end_is_not_confirmed() -> None:
    assert set(steps(after(booked(at=local(2026, 3, 10, 12))))) == {"after_meeting"}


def test_a_booking_without_a_time_is_confirmed_and_nothing_else() -> None:
    assert set(steps(after(booked(starts_at=None, ends_at=None)))) == {
        "confirmation",
        "confirmation_email",
    }


def test_a_booking_the_host_must_still_accept_stops_the_follow_up_and_promises_nothing() -> None:
    assert steps(after(booked(confirmed=False))) == {}


def test_a_moved_booking_moves_its_reminder() -> None:
    lead = after(booked(), moved(2, "second", starts_at=local(2026, 3, 12, 16)))

    assert steps(lead)["reminder"] == local(2026, 3, 11, 16)
    assert {timer.booking for timer in plan(lead, JOURNEY)} == {"second"}


def test_after_a_cancelled_booking_the_follow_up_goes_on_where_it_stopped() -> None:
    lead = after(
        booked(at=ENTERED + timedelta(days=1)), cancelled(2, at=ENTERED + timedelta(days=4))
    )

    # three days later: Sunday the 8th, so Monday
    assert steps(lead)["day_3"] == local(2026, 3, 9, 9)
    assert list(steps(lead)) == FOLLOW_UPS


def test_a_lead_that_is_closed_gets_nothing_more() -> None:
    end = LeadClosed(lead_id=123456, reason=Closing.WON)

    assert steps(after(end)) == {}
    assert steps(after(booked(), end)) == {}
    assert steps(after(end, booked())) == {}


def test_a_lead_that_opted_out_is_not_followed_up_and_keeps_its_meeting() -> None:
    end = LeadOptedOut(lead_id=123456, channel="whatsapp", reason="reply")

    assert steps(after(end)) == {}
    assert steps(after(booked(), end)) == steps(after(booked()))
    assert steps(after(end, booked())) == steps(after(booked()))


@pytest.mark.parametrize(
    "event", [booked(), cancelled(2), LeadOptedOut(lead_id=123456, channel="sms", reason="reply")]
)
def test_of_an_erased_lead_nothing_is_kept_and_nothing_comes(event: Change) -> None:
    lead = erased(after(booked()))

    assert steps(lead) == {}
    assert lead.booking is None
    assert after(event, lead=lead) == lead


def test_after_the_meeting_the_material_counts_from_its_real_end() -> None:
    over = MeetingEnded(lead_id=123456, revision=2, uid="first", ended_at=local(2026, 3, 10, 12))

    assert steps(after(booked(), over))["after_meeting"] == local(2026, 3, 10, 13)


def test_a_lead_that_did_not_attend_gets_no_survey() -> None:
    absent = MeetingEnded(
        lead_id=123456, revision=2, uid="first", ended_at=local(2026, 3, 10, 11, 30), attended=False
    )

    assert "after_meeting" not in steps(after(booked(), absent))


def test_a_reply_pauses_the_next_follow_up() -> None:
    replied = ReplyReceived(
        lead_id=123456,
        channel=Channel.WHATSAPP,
        text="¿Precio?",
        intent=Intent.OTHER,
        at=local(2026, 3, 5, 9),
    )
    lead = after(replied)

    assert steps(lead)["day_3"] == local(2026, 3, 5, 9) + JOURNEY.pause_after_reply
    assert steps(lead)["day_6"] == steps(a_lead())["day_6"]


def deferral(step: str, channel: Channel, at: datetime) -> TouchDeferred:
    return TouchDeferred(
        lead_id=123456, touch_id=touch_id(1, "x", channel), step=step, channel=channel, at=at
    )


def test_a_call_that_was_deferred_waits_for_the_morning() -> None:
    deferred = deferral("welcome_call", Channel.CALL, local(2026, 3, 2, 23))
    lead = after(deferred)

    assert steps(lead)["welcome_call"] == local(2026, 3, 3, 9)
    assert "welcome_call" not in steps(after(deferred, booked()))


def days(number: float) -> datetime:
    return ENTERED + timedelta(days=number)


def paused(day: float) -> LeadPaused:
    return LeadPaused(lead_id=123456, by="Operadora", at=days(day))


def resumed(day: float) -> LeadResumed:
    return LeadResumed(lead_id=123456, by="Operadora", at=days(day))


def test_while_paused_there_is_no_follow_up_and_afterwards_it_goes_on_where_it_stopped() -> None:
    assert steps(after(paused(1))) == {}
    assert steps(after(paused(1), resumed(4)))["day_3"] == local(
        2026, 3, 9, 9
    )  # Sunday the 8th, so Monday
    assert list(steps(after(paused(1), resumed(4)))) == FOLLOW_UPS


def test_a_pause_does_not_touch_the_meeting() -> None:
    assert steps(after(booked(), paused(2))) == steps(after(booked()))
    assert steps(after(paused(0.5), booked())) == steps(after(booked()))


def test_a_deferred_first_contact_is_made_also_while_paused() -> None:
    deferred = deferral("welcome_call", Channel.CALL, local(2026, 3, 2, 23))

    assert set(steps(after(paused(0.1), deferred))) == {"welcome_call"}


@pytest.mark.parametrize("deferred_first", [True, False])
def test_a_follow_up_that_was_deferred_while_paused_waits_for_the_resumption(
    deferred_first: bool,
) -> None:
    deferred = deferral("day_3", Channel.WHATSAPP, days(3))
    end = resumed(8)  # the 10th, a Tuesday
    events: list[Change] = (
        [paused(2), deferred, end] if deferred_first else [paused(2), end, deferred]
    )

    assert "day_3" not in steps(after(paused(2), deferred))
    assert steps(after(*events))["day_3"] == days(8)


@pytest.mark.parametrize(
    ("events", "still"),
    [
        pytest.param([paused(1), resumed(2)], 1, id="a pause"),
        pytest.param([paused(1), resumed(2), paused(4), resumed(6)], 3, id="two pauses"),
        pytest.param([paused(1), paused(3), resumed(4)], 3, id="paused twice"),
        pytest.param([resumed(1), paused(2), resumed(3)], 1, id="resumed before any pause"),
        pytest.param(
            [booked(at=days(1)), paused(2), cancelled(2, at=days(3)), resumed(4)],
            3,
            id="overlapping",
        ),
        pytest.param(
            [paused(1), booked(at=days(2)), resumed(3), cancelled(2, at=days(5))],
            4,
            id="the other way",
        ),
        pytest.param(
            [booked(at=days(1)), paused(2), resumed(3), cancelled(2, at=days(4))],
            3,
            id="inside a booking",
        ),
        pytest.param(
            [paused(1), booked(at=days(2)), cancelled(2, at=days(3)), resumed(4)],
            3,
            id="around a booking",
        ),
        pytest.param(
            [paused(1), resumed(2), booked(at=days(3)), cancelled(2, at=days(5))],
            3,
            id="one by one",
        ),
        pytest.param(
            [paused(2), resumed(4), booked(at=days(1)), cancelled(2, at=days(3))],
            2,
            id="arriving late",
        ),
    ],
)
def test_the_time_that_the_clock_was_stopped_counts_once(
    events: Sequence[Change], still: float
) -> None:
    assert after(*events).held == timedelta(days=still)
    twice: list[Change] = []
    for event in events:
        twice += [event, event]
    assert after(*twice).held == timedelta(days=still)


COMMANDS = st.one_of(st.integers(0, 30).map(paused), st.integers(0, 30).map(resumed))


@given(st.lists(COMMANDS, max_size=12))
def test_in_any_sequence_the_last_command_decides_whether_the_follow_up_waits(
    events: Sequence[Change],
) -> None:
    last = max((event.at for event in events), default=None)
    latest = [event for event in events if event.at == last]
    if len({event.topic for event in latest}) > 1:
        return  # of two events of one instant, the one that arrives first wins

    assert after(*events).paused is (bool(latest) and isinstance(latest[0], LeadPaused))
    assert set(steps(after(*events))) == (set() if after(*events).paused else set(FOLLOW_UPS))


@given(st.lists(COMMANDS, max_size=12))
def test_outdated_commands_change_nothing(events: Sequence[Change]) -> None:
    fresh: list[Change] = []
    for event in events:
        if all(event.at > before.at for before in fresh):
            fresh.append(event)

    assert after(*events) == after(*fresh)


EVENTS = st.sampled_from(
    [
        booked(1),
        moved(2, "second", starts_at=local(2026, 3, 12, 16)),
        cancelled(3, "second"),
        booked(4, "third", at=ENTERED + timedelta(days=4)),
        moved(5, "fourth", starts_at=local(2026, 3, 20, 9)),
    ]
)


@given(st.lists(EVENTS, max_size=15))
def test_in_any_order_and_number_the_timers_are_those_of_the_latest_booking(
    events: Sequence[Change],
) -> None:
    newest = max(events, key=lambda event: event.revision, default=None)  # type: ignore[union-attr]
    timers = plan(after(*events), JOURNEY)

    free = newest is None or isinstance(newest, BookingCancelled)
    expected = "" if free else newest.booking.uid  # type: ignore[union-attr]
    assert {timer.booking for timer in timers} == {expected}


BOOKINGS = st.tuples(st.integers(1, 9), st.integers(0, 30)).map(
    lambda booking: (
        booked(booking[0], at=days(booking[1]))
        if booking[0] % 2
        else cancelled(booking[0], at=days(booking[1]))
    )
)


@given(st.lists(st.one_of(COMMANDS, BOOKINGS), max_size=15), st.data())
def test_a_repeat_changes_nothing_and_no_time_counts_twice(
    events: list[Change], data: st.DataObject
) -> None:
    repeated = list(events)
    for event in events:
        first = repeated.index(event)
        repeated.insert(data.draw(st.integers(first + 1, len(repeated))), event)
    instants = [event.at for event in events]

    assert after(*repeated) == after(*events)
    assert after(*events).held <= max(instants, default=ENTERED) - min(instants, default=ENTERED)


ANY = st.one_of(
    EVENTS,
    st.builds(
        ReplyReceived,
        lead_id=st.just(123456),
        channel=st.just(Channel.WHATSAPP),
        text=st.just("?"),
        intent=st.just(Intent.OTHER),
        at=st.datetimes(datetime(2026, 3, 2), datetime(2026, 4, 1)).map(  # noqa: DTZ001
            lambda at: at.replace(tzinfo=UTC)
        ),
    ),
    st.builds(
        TouchDeferred,
        lead_id=st.just(123456),
        touch_id=st.just(touch_id(1, "x", Channel.CALL)),
        step=st.sampled_from(["welcome_call", "day_3"]),
        channel=st.sampled_from([Channel.WHATSAPP, Channel.SMS]),
        at=st.datetimes(datetime(2026, 3, 2), datetime(2026, 4, 1)).map(  # noqa: DTZ001
            lambda at: at.replace(tzinfo=UTC)
        ),
    ),
)


@given(st.lists(ANY, max_size=12), st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001
def test_no_journey_has_two_touches_of_one_step_nor_one_outside_its_hours(
    events: Sequence[Change], entered: datetime
) -> None:
    lead = after(*events, lead=a_lead(entered.replace(tzinfo=UTC)))
    timers = plan(lead, JOURNEY)

    assert len({(t.step, t.channel, t.booking) for t in timers}) == len(timers)
    for timer in timers:
        hour = timer.due_at.astimezone(MONTERREY)
        if JOURNEY.step(timer.step).window == "messages":
            assert 9 <= hour.hour < 20
            assert hour.weekday() < 6


DAY_3 = Timer("day_3", Channel.WHATSAPP, "", 0, local(2026, 3, 5, 10))
DAY_6 = Timer("day_6", Channel.EMAIL, "", 0, local(2026, 3, 9, 10))


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


def test_a_lead_of_29_february() -> None:
    lead = a_lead(datetime(2028, 2, 26, 10, tzinfo=MONTERREY))

    assert steps(lead)["day_3"] == datetime(2028, 2, 29, 10, tzinfo=MONTERREY)


@pytest.mark.parametrize(
    ("zone", "entered", "day_3"),
    [
        pytest.param("America/Tijuana", (2026, 3, 6, 10), (2026, 3, 9, 10), id="Tijuana, spring"),
        pytest.param(
            "America/Tijuana", (2026, 10, 30, 10), (2026, 11, 2, 10), id="Tijuana, autumn"
        ),
        pytest.param(
            "America/Monterrey", (2026, 3, 6, 10), (2026, 3, 9, 10), id="Monterrey has no change"
        ),
    ],
)
def test_the_hour_stays_the_same_across_a_change_of_clocks(
    zone: str, entered: tuple[int, ...], day_3: tuple[int, ...]
) -> None:
    there = ZoneInfo(zone)
    lead = a_lead(datetime(*entered, tzinfo=there), time_zone=zone, phone=None)  # type: ignore[arg-type, misc]

    assert steps(lead)["day_3"] == datetime(*day_3, tzinfo=there)  # type: ignore[arg-type, misc]


def test_the_same_touch_is_not_due_a_fourth_time_within_an_hour() -> None:
    now = DAY_3.due_at + timedelta(seconds=1)
    often = [now - timedelta(minutes=minutes) for minutes in (1, 20, 50)]
    seldom = [now - timedelta(minutes=minutes) for minutes in (1, 20, 61)]

    assert due(DAY_3, now, fired_at=often) == SetAside("due more than 3 times within an hour")
    assert isinstance(due(DAY_3, now, fired_at=seldom), Fire)


def test_a_touch_whose_time_came_is_planned_again_only_where_it_was_reopened() -> None:
    rows = [
        StoredTimer(1, DAY_3, DAY_3.due_at, "fired"),
        StoredTimer(2, DAY_6, DAY_6.due_at, "failed"),
    ]
    later = [Timer("day_3", Channel.WHATSAPP, "", 0, local(2026, 3, 9, 10)), DAY_6]

    assert reconcile(rows, later, frozenset()).reopen == ()
    assert reconcile(rows, later, frozenset({DAY_3.name, DAY_6.name})).reopen == (
        (1, local(2026, 3, 9, 10)),
    )


def test_timers_follow_the_plan() -> None:
    rows = [
        StoredTimer(1, DAY_3, DAY_3.due_at, "pending"),
        StoredTimer(2, DAY_6, DAY_6.due_at, "pending"),
    ]
    moved = Timer("day_3", Channel.WHATSAPP, "", 0, local(2026, 3, 6, 10))
    new = Timer("day_9", Channel.EMAIL, "", 0, local(2026, 3, 11, 10))
    changes = reconcile(rows, [moved, new], frozenset())

    assert (changes.delete, changes.move, changes.insert) == ((2,), ((1, moved.due_at),), (new,))


def test_a_superseded_lead_keeps_its_meeting_and_loses_its_follow_up() -> None:
    booked = apply_event(
        a_lead(), LeadBooked(lead_id=123456, revision=1, booking=a_booking(), at=ENTERED), JOURNEY
    )
    superseded = LeadSuperseded(lead_id=123456, by_lead_id=9, person_id=5)
    old = apply_event(booked, superseded, JOURNEY)
    cancelled = apply_event(
        old, BookingCancelled(lead_id=123456, revision=2, uid="b", at=days(1)), JOURNEY
    )

    assert {timer.step for timer in plan(old, JOURNEY)} == {
        timer.step for timer in plan(booked, JOURNEY)
    }
    assert plan(cancelled, JOURNEY) == []


def returned(at: datetime, *, submission: int = 900, **more: Any) -> LeadUpdated:
    return LeadUpdated(
        lead_id=123456,
        submission_id=submission,
        person_id=123456,
        card=a_card(),
        returned=True,
        at=at,
        **more,
    )


def test_a_returning_lead_is_followed_up_from_the_start_under_new_names() -> None:
    lead = apply_event(a_lead(), returned(days(20)), JOURNEY)

    assert {timer.run for timer in plan(lead, JOURNEY)} == {900}
    assert steps(lead)["day_3"] == days(23)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(
            LeadOptedOut(lead_id=123456, channel="whatsapp", reason="reply"), id="after a stop"
        ),
        pytest.param(LeadClosed(lead_id=123456, reason=Closing.WON), id="closed in Kommo"),
        pytest.param(
            LeadBooked(lead_id=123456, revision=1, booking=a_booking(), at=ENTERED),
            id="with a meeting ahead",
        ),
    ],
)
def test_a_return_that_does_not_restart_the_follow_up(before: Change) -> None:
    lead = apply_event(a_lead(), before, JOURNEY)

    assert apply_event(lead, returned(days(20)), JOURNEY) == lead


def test_a_late_deferral_of_an_earlier_run_changes_nothing() -> None:
    lead = apply_event(a_lead(), returned(days(20)), JOURNEY)
    late = apply_event(lead, deferral("day_3", Channel.WHATSAPP, days(3)), JOURNEY)

    assert [t for t in plan(late, JOURNEY) if t.run == 0] == []


def test_a_journey_may_let_a_returning_lead_join_silently() -> None:
    silent = JOURNEY.model_copy(update={"on_return": "join"})

    assert apply_event(a_lead(), returned(days(20)), silent) == a_lead()


def test_touches_that_wait_for_one_opening_leave_spread_over_its_first_minutes() -> None:
    """On Monday at nine everything that waited on Sunday is due.

    Each lead has a moment of its own, always the same.
    """
    spread = timedelta(minutes=10)
    lead = a_lead(at=local(2026, 3, 5, 12))
    leads = [lead.model_copy(update={"lead_id": 1000 + number}) for number in range(400)]
    moments = [
        next(timer.due_at for timer in plan(lead, JOURNEY, spread) if timer.step == "day_3")
        for lead in leads
    ]
    opens = [steps(lead)["day_3"] for lead in leads]

    delays = [moment - opening for moment, opening in zip(moments, opens, strict=True)]
    per_minute = Counter(int(delay.total_seconds() // 60) for delay in delays)
    assert min(delays) >= timedelta()
    assert max(delays) < spread
    assert max(per_minute.values()) < 60
    assert [t.due_at for t in plan(leads[7], JOURNEY, spread) if t.step == "day_3"] == [moments[7]]


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


def test_a_reminder_is_not_spread() -> None:
    lead = after(booked())

    assert plan(lead, JOURNEY, timedelta(minutes=10)) == plan(lead, JOURNEY)
