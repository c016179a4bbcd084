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

from contracts.events.booking import (
    Booking,
    BookingCancelled,
    BookingRescheduled,
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
    Occurrence,
)
from contracts.events.lead import Closing, LeadClosed, LeadOptedOut, LeadSuperseded
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel, TouchDeferred, touch_id
from domain.journey.model import Journey
from services.scheduler.decisions.enrolment import (
    SERIES_GATHERS,
    Change,
    Enrolment,
    apply_event,
    erased,
)
from services.scheduler.decisions.planning import (
    booking_of,
    hours_of,
    missing_in,
    plan,
)
from tests.builders import a_booking
from tests.unit.services.scheduler.decisions.leads import (
    ENTERED,
    FOLLOW_UPS,
    JOURNEY,
    MONTERREY,
    a_lead,
    after,
    booked,
    cancelled,
    days,
    deferral,
    local,
    moved,
    paused,
    resumed,
    returned,
    steps,
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

    assert steps(lead)["day_3"] == local(
        2026, 3, 9, 9
    )  # three days later: Sunday the 8th, so Monday
    assert [step for step in steps(lead) if step != "cancellation"] == FOLLOW_UPS


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


def ended(uid: str = "first", *, revision: int = 2, **changes: Any) -> MeetingEnded:
    ended_at = changes.pop("ended_at", local(2026, 3, 10, 11, 30))
    return MeetingEnded(
        lead_id=123456, revision=revision, uid=uid, ended_at=ended_at, at=ended_at, **changes
    )


def test_a_lead_that_did_not_attend_is_offered_another_time() -> None:
    lead = after(booked(), ended(attended=False))

    assert steps(lead)["no_show"] == local(2026, 3, 10, 11, 30)
    assert "no_show" not in steps(after(booked(), ended()))


def test_a_meeting_that_the_host_missed_has_neither_survey_nor_reproach() -> None:
    lead = after(booked(), ended(host_absent=True))

    assert not {"after_meeting", "no_show"} & set(steps(lead))


@pytest.mark.parametrize(
    ("events", "cancels"),
    [
        pytest.param([booked(), cancelled(2)], True, id="cancelled"),
        pytest.param([booked(confirmed=False), cancelled(2)], False, id="never accepted"),
        pytest.param(
            [booked(), cancelled(2, at=local(2026, 3, 10, 11))], False, id="once it has begun"
        ),
        pytest.param([booked(), cancelled(2), booked(3, "other")], True, id="another booked"),
        pytest.param([booked(), cancelled(2), booked(3)], False, id="booked again"),
    ],
)
def test_a_meeting_to_come_that_is_cancelled_is_taken_off_the_calendar(
    events: list[Change], cancels: bool
) -> None:
    timers = [timer for timer in plan(after(*events), JOURNEY) if timer.step == "cancellation"]

    assert [timer.booking for timer in timers] == ["first"] * cancels


# ---- a recurring series


def a_series(*days: int) -> Booking:
    meetings = tuple(
        Occurrence(
            uid=f"n{day}", starts_at=local(2026, 3, day, 11), ends_at=local(2026, 3, day, 11, 30)
        )
        for day in days
    )
    return a_booking(
        "series",
        starts_at=meetings[0].starts_at,
        ends_at=meetings[0].ends_at,
        recurring=True,
        series=meetings,
    )


SERIES = LeadBooked(
    lead_id=123456, revision=1, booking=a_series(10), at=ENTERED + timedelta(days=1)
)
COMPLETE = BookingUpdated(
    lead_id=123456, revision=2, booking=a_series(10, 17, 24), at=ENTERED + timedelta(days=1)
)


def named(step: str, lead: Enrolment) -> list[tuple[str, datetime]]:
    timers = [timer for timer in plan(lead, JOURNEY) if timer.step == step]
    return [(timer.booking, timer.due_at) for timer in timers]


def test_a_series_is_confirmed_once_and_reminded_of_before_each_meeting() -> None:
    lead = after(SERIES, COMPLETE)

    assert named("confirmation", lead) == [("series", ENTERED + timedelta(days=1) + SERIES_GATHERS)]
    assert named("reminder", lead) == [
        (f"n{day}", local(2026, 3, day - 1, 11)) for day in (10, 17, 24)
    ]


def test_after_a_series_the_survey_follows_the_first_meeting_that_was_held() -> None:
    missed = ended("n10", revision=3, ended_at=local(2026, 3, 10, 11, 30), attended=False)
    held = ended("n17", revision=4, ended_at=local(2026, 3, 17, 11, 30))
    later = ended("n24", revision=5, ended_at=local(2026, 3, 24, 11, 30))
    lead = after(SERIES, COMPLETE, missed, held, later)

    assert named("after_meeting", lead) == [("series", local(2026, 3, 17, 12, 30))]


def test_a_reminder_of_a_series_names_its_own_meeting() -> None:
    lead = after(SERIES, COMPLETE)
    reminder = JOURNEY.step("reminder")
    meeting = booking_of(lead, reminder, "n17")

    assert meeting is not None
    assert (meeting.uid, meeting.starts_at) == ("n17", local(2026, 3, 17, 11))
    assert booking_of(lead, reminder, "n99") is None


def changed(revision: int, *dates: int, at: datetime) -> BookingUpdated:
    return BookingUpdated(lead_id=123456, revision=revision, booking=a_series(*dates), at=at)


def dates_off(lead: Enrolment) -> list[tuple[list[int], datetime]]:
    """Returns the dates that each cancellation takes off the calendar, and when it is due."""
    step = JOURNEY.step("cancellation")
    found = []
    for name, due_at in named("cancellation", lead):
        booking = booking_of(lead, step, name)
        assert booking is not None
        days_off = [meeting.starts_at.day for meeting in booking.meetings if meeting.starts_at]
        found.append((days_off, due_at))
    return found


def test_a_cancelled_date_of_a_series_is_taken_off_the_calendar() -> None:
    lead = after(SERIES, COMPLETE, changed(3, 10, 24, at=days(2)))

    assert dates_off(lead) == [([17], days(2) + SERIES_GATHERS)]
    assert [name for name, _ in named("reminder", lead)] == ["n10", "n24"]


def test_the_dates_of_a_series_that_is_cancelled_are_taken_off_together() -> None:
    second = timedelta(seconds=1)
    lead = after(
        SERIES,
        COMPLETE,
        changed(3, 10, 24, at=days(2)),
        changed(4, 24, at=days(2) + second),
        cancelled(5, at=days(2) + 2 * second),
    )

    assert dates_off(lead) == [([10, 17, 24], days(2) + 2 * second + SERIES_GATHERS)]


def test_a_date_that_is_cancelled_later_is_told_again() -> None:
    lead = after(SERIES, COMPLETE, changed(3, 10, 24, at=days(2)))
    published = {name for name, _ in named("cancellation", lead)}
    lead = after(changed(4, 24, at=days(3)), lead=lead)

    assert dates_off(lead) == [([10], days(3) + SERIES_GATHERS)]
    assert published.isdisjoint(name for name, _ in named("cancellation", lead))


def test_a_date_that_is_booked_again_stays_in_the_calendar() -> None:
    lead = after(SERIES, COMPLETE, changed(3, 10, at=days(2)), changed(4, 10, 17, at=days(2.5)))

    assert dates_off(lead) == [([24], days(2) + SERIES_GATHERS)]


def test_a_date_that_has_passed_is_not_taken_off_the_calendar() -> None:
    over = local(2026, 3, 18, 9)

    assert dates_off(after(SERIES, COMPLETE, changed(3, 10, 24, at=over))) == []


def test_a_date_that_comes_later_is_confirmed_with_the_others() -> None:
    late = changed(3, 10, 17, 24, 31, at=days(2))
    lead = after(SERIES, COMPLETE, late)

    assert named("confirmation", lead) == [("series~1", days(2) + SERIES_GATHERS)]
    confirmation = booking_of(lead, JOURNEY.step("confirmation"), "series~1")
    assert confirmation is not None
    assert [meeting.uid for meeting in confirmation.series] == ["n10", "n17", "n24", "n31"]


def test_a_second_meeting_is_confirmed_at_once_and_reminded_of() -> None:
    both = a_series(10, 17).model_copy(update={"uid": "n10", "recurring": False})
    second = LeadBooked(lead_id=123456, revision=2, booking=both, at=days(2))
    lead = after(booked(uid="n10"), second)

    assert named("confirmation", lead) == [("n10~1", days(2))]
    assert [name for name, _ in named("reminder", lead)] == ["n10", "n17"]


@pytest.mark.parametrize("changes", [{"attended": False}, {"host_absent": True}])
def test_who_was_marked_as_absent_after_the_end_of_a_date_is_not_thanked(
    changes: dict[str, Any],
) -> None:
    over = ended("n10", revision=3, ended_at=local(2026, 3, 10, 11, 30))
    absent = ended("n10", revision=4, ended_at=local(2026, 3, 10, 11, 30), **changes)
    lead = after(SERIES, COMPLETE, over, absent)

    assert named("after_meeting", lead) == []
    assert bool(named("no_show", lead)) is ("attended" in changes)


MOVED_SERIES = BookingRescheduled(
    lead_id=123456,
    revision=4,
    booking=a_series(10, 19, 24).model_copy(update={"moved": 1}),
    previous_uid="series",
    at=local(2026, 3, 11, 9),
)


def test_a_moved_date_confirms_the_dates_to_come_and_repeats_no_survey() -> None:
    held = ended("n10", revision=3, ended_at=local(2026, 3, 10, 11, 30))
    lead = after(SERIES, COMPLETE, held, MOVED_SERIES)
    confirmation = booking_of(lead, JOURNEY.step("confirmation"), "series~1")

    assert confirmation is not None
    assert [meeting.uid for meeting in confirmation.series] == ["n19", "n24"]
    assert named("confirmation", lead) == [("series~1", MOVED_SERIES.at + SERIES_GATHERS)]
    assert [name for name, _ in named("reminder", lead)] == ["n19", "n24"]
    assert named("after_meeting", lead) == [("series", local(2026, 3, 10, 12, 30))]
    assert dates_off(lead) == []


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


def test_a_call_that_was_deferred_waits_for_the_morning() -> None:
    deferred = deferral("welcome_call", Channel.CALL, local(2026, 3, 2, 23))
    lead = after(deferred)

    assert steps(lead)["welcome_call"] == local(2026, 3, 3, 9)
    assert "welcome_call" not in steps(after(deferred, booked()))


def test_while_paused_there_is_no_follow_up_and_afterwards_it_goes_on_where_it_stopped() -> None:
    assert steps(after(paused(1))) == {}
    assert steps(after(paused(1), resumed(4)))["day_3"] == local(
        2026, 3, 9, 9
    )  # Sunday the 8th, so Monday
    assert list(steps(after(paused(1), resumed(4)))) == FOLLOW_UPS


def test_a_pause_does_not_touch_the_meeting() -> None:
    assert steps(after(booked(), paused(2))) == steps(after(booked()))
    assert steps(after(paused(0.5), booked())) == steps(after(booked()))


def test_the_first_contact_that_was_put_off_is_made_also_while_paused() -> None:
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
    timers = [timer for timer in plan(after(*events), JOURNEY) if timer.step != "cancellation"]

    free = newest is None or isinstance(newest, BookingCancelled)
    expected = "" if free else newest.booking.uid  # type: ignore[union-attr]
    assert {timer.booking for timer in timers} == {expected}


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


def test_a_returning_lead_is_followed_up_from_the_start_under_new_names() -> None:
    lead = apply_event(a_lead(), returned(days(20)), JOURNEY)

    assert {timer.run for timer in plan(lead, JOURNEY)} == {900}
    assert steps(lead)["day_3"] == days(23)


def test_a_late_deferral_of_an_earlier_run_changes_nothing() -> None:
    lead = apply_event(a_lead(), returned(days(20)), JOURNEY)
    late = apply_event(lead, deferral("day_3", Channel.WHATSAPP, days(3)), JOURNEY)

    assert [t for t in plan(late, JOURNEY) if t.run == 0] == []


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


def test_a_reminder_is_not_spread() -> None:
    lead = after(booked())

    assert plan(lead, JOURNEY, timedelta(minutes=10)) == plan(lead, JOURNEY)


SPREAD = timedelta(minutes=10)


def moments(lead: Enrolment, journey: Journey = JOURNEY) -> dict[str, datetime]:
    """Returns when each step leaves, with the spread of production."""
    return {timer.step: timer.due_at for timer in plan(lead, journey, SPREAD)}


def test_a_touch_that_is_due_in_open_hours_is_not_spread() -> None:
    assert moments(a_lead())["day_3"] == local(2026, 3, 5, 10)


def test_a_leads_moment_is_the_same_in_every_version() -> None:
    """A version that spread the leads otherwise would move every touch that is planned."""
    assert moments(a_lead())["day_6"] == local(2026, 3, 9, 9, 0, 2, 322516)


def test_a_touch_whose_hours_are_unknown_is_planned_when_it_is_due() -> None:
    satellite = a_lead(phone="+881612345678")

    assert moments(satellite)["day_3"] == local(2026, 3, 5, 10)


def test_the_touches_of_a_meeting_leave_at_the_opening_and_have_no_run() -> None:
    late = after(
        booked(starts_at=local(2026, 3, 10, 19), ends_at=local(2026, 3, 10, 20, 30)),
        lead=a_lead().model_copy(update={"run": 900}),
    )

    assert moments(late)["after_meeting"] == local(2026, 3, 11, 9)
    assert {timer.run for timer in plan(late, JOURNEY)} == {0}


@pytest.mark.parametrize(
    ("starts_at", "booked_at", "leaves"),
    [
        pytest.param(
            (2026, 3, 10, 6), (2026, 3, 5, 10), (2026, 3, 8, 20, 50), id="the evening before"
        ),
        pytest.param(
            (2026, 3, 10, 21), (2026, 3, 5, 10), (2026, 3, 9, 20, 50), id="just after the hours"
        ),
        pytest.param(
            (2026, 3, 10, 6), (2026, 3, 8, 20, 49), (2026, 3, 8, 20, 50), id="booked just before"
        ),
        pytest.param(
            (2026, 3, 10, 6),
            (2026, 3, 8, 20, 50),
            (2026, 3, 9, 8),
            id="booked at that moment: in the morning",
        ),
        pytest.param(
            (2026, 3, 10, 3, 10),
            (2026, 3, 9, 3),
            (2026, 3, 9, 8),
            id="booked in the night, minutes before: no reminder wakes anybody",
        ),
    ],
)
def test_a_reminder_that_is_due_at_night(
    starts_at: tuple[int, ...], booked_at: tuple[int, ...], leaves: tuple[int, ...]
) -> None:
    lead = after(booked(at=local(*booked_at), starts_at=local(*starts_at)))

    assert moments(lead)["reminder"] == local(*leaves)


def test_only_a_confirmation_answers_a_booking() -> None:
    *others, reminder, survey = JOURNEY.meeting
    any_hour = reminder.model_copy(update={"window": "always"})
    journey = JOURNEY.model_copy(update={"meeting": (*others, any_hour, survey)})
    lead = after(booked(at=local(2026, 3, 9, 3), starts_at=local(2026, 3, 10, 3, 10)))

    assert moments(lead, journey)["reminder"] == local(2026, 3, 9, 8)


def test_a_reminder_never_leaves_when_the_meeting_begins() -> None:
    soon = JOURNEY.step("reminder").model_copy(update={"before": timedelta(hours=1)})
    journey = JOURNEY.model_copy(update={"meeting": (soon,)})
    evening = local(2026, 3, 9, 21, 30)

    at_eight = after(booked(at=evening, starts_at=local(2026, 3, 10, 8)))
    assert "reminder" not in moments(at_eight, journey)
    minutes_later = after(booked(at=evening, starts_at=local(2026, 3, 10, 8, 1)))
    assert moments(minutes_later, journey)["reminder"] == local(2026, 3, 10, 8)


def test_a_booking_exactly_a_day_away_has_no_reminder() -> None:
    assert "reminder" not in steps(after(booked(at=local(2026, 3, 9, 11))))


def test_a_booking_that_becomes_known_as_it_begins_is_not_confirmed() -> None:
    assert set(steps(after(booked(at=local(2026, 3, 10, 11))))) == {"after_meeting"}


def test_a_deferred_first_contact_keeps_the_run_that_it_was_planned_in() -> None:
    deferred = deferral("welcome_call", Channel.CALL, days(20.5))
    lead = after(returned(days(20)), deferred)

    assert {timer.run for timer in plan(lead, JOURNEY) if timer.step == "welcome_call"} == {0}


@pytest.mark.parametrize(
    ("step", "channel", "lacks"),
    [
        ("day_3", Channel.WHATSAPP, None),
        ("reminder", Channel.SMS, None),
        ("day_4", Channel.WHATSAPP, "the journey has no step day_4"),
        ("day_3", Channel.CALL, "the journey's step day_3 has no channel call"),
    ],
)
def test_what_a_journey_lacks_of_a_deferred_touch(
    step: str, channel: Channel, lacks: str | None
) -> None:
    assert missing_in(JOURNEY, deferral(step, channel, days(3))) == lacks


def of_the_meeting(step: str, at: datetime) -> TouchDeferred:
    return deferral(step, Channel.WHATSAPP, at).model_copy(update={"booking": "first"})


def test_a_deferral_that_no_longer_counts_hides_no_other() -> None:
    call = deferral("welcome_call", Channel.CALL, days(0.5))
    gone = deferral("day_4", Channel.WHATSAPP, days(3))
    other_run = deferral("day_3", Channel.WHATSAPP, days(3)).model_copy(update={"run": 7})

    assert "welcome_call" in steps(after(gone, of_the_meeting("reminder", days(3)), call))
    assert "welcome_call" in steps(after(other_run, call))


def test_after_a_stop_only_the_meetings_deferred_touches_are_planned() -> None:
    end = LeadOptedOut(lead_id=123456, channel="whatsapp", reason="reply")
    late = of_the_meeting("confirmation", days(2))

    call = deferral("welcome_call", Channel.CALL, days(0.5))
    assert steps(after(call, end)) == {}
    assert steps(after(booked(), call, late, end))["confirmation"] == days(2)
    assert steps(after(booked(), late, end))["confirmation"] == days(2)


@pytest.mark.parametrize(
    ("step", "at", "planned"),
    [
        pytest.param("reminder", (2026, 3, 10, 10, 59), True, id="before the meeting"),
        pytest.param("reminder", (2026, 3, 10, 11), False, id="as it begins"),
        pytest.param("after_meeting", (2026, 3, 10, 14), True, id="no reminder"),
    ],
)
def test_a_deferred_reminder_leaves_before_the_meeting_or_not_at_all(
    step: str, at: tuple[int, ...], planned: bool
) -> None:
    lead = after(booked(), of_the_meeting(step, local(*at)))
    times = [timer.due_at for timer in plan(lead, JOURNEY) if timer.step == step]

    assert (local(*at) in times) is planned
