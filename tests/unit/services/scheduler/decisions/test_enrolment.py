"""What is folded into an enrolment, for any events in any order and number."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events.booking import LeadBooked
from contracts.events.lead import (
    NO_JOURNEY,
    Closing,
    LeadClosed,
    LeadOptedOut,
    LeadPaused,
    LeadRestored,
)
from contracts.events.reply import WAITS_FOR_A_PERSON, Intent, ReplyReceived
from contracts.events.touch import Channel, SkipReason, TouchDeferred, TouchSkipped, touch_id
from services.scheduler.decisions.enrolment import (
    Change,
    apply_event,
    changes_enrolment,
    enrol,
    happened_by,
)
from tests.builders import a_booking, a_lead_created
from tests.unit.services.scheduler.decisions.leads import (
    ENTERED,
    FOLLOW_UPS,
    JOURNEY,
    a_lead,
    after,
    booked,
    cancelled,
    days,
    paused,
    resumed,
    returned,
    steps,
)

# The first example loads time zones and holidays, which takes longer than the usual deadline.
UNTIMED = settings(deadline=None)


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


@UNTIMED
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


@UNTIMED
@given(st.lists(COMMANDS, max_size=12))
def test_outdated_commands_change_nothing(events: Sequence[Change]) -> None:
    fresh: list[Change] = []
    for event in events:
        if all(event.at > before.at for before in fresh):
            fresh.append(event)

    assert after(*events) == after(*fresh)


BOOKINGS = st.tuples(st.integers(1, 9), st.integers(0, 30)).map(
    lambda booking: (
        booked(booking[0], at=days(booking[1]))
        if booking[0] % 2
        else cancelled(booking[0], at=days(booking[1]))
    )
)


@UNTIMED
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


def test_what_notify_deferred_of_a_new_form_before_it_was_heard_of_is_kept() -> None:
    form = returned(days(20))
    deferred = TouchDeferred(
        lead_id=123456,
        touch_id=touch_id(123456, "welcome_call", Channel.CALL, run=form.submission_id),
        step="welcome_call",
        channel=Channel.CALL,
        run=form.submission_id,
        not_before=days(21),
    )
    call = (deferred.step, Channel.CALL, "", form.submission_id)

    assert [found.name for found in after(deferred, form).deferred] == [call]
    assert [found.name for found in after(form, deferred).deferred] == [call]


def test_a_journey_may_let_a_returning_lead_join_silently() -> None:
    silent = JOURNEY.model_copy(update={"on_return": "join"})

    assert apply_event(a_lead(), returned(days(20)), silent) == a_lead()


def reply(intent: Intent) -> ReplyReceived:
    return ReplyReceived(lead_id=123456, channel=Channel.WHATSAPP, text="", intent=intent)


def skipped(reason: SkipReason, **more: Any) -> TouchSkipped:
    return TouchSkipped(
        lead_id=123456,
        touch_id=touch_id(1, "day_3", Channel.WHATSAPP),
        step=more.pop("step", "day_3"),
        channel=Channel.WHATSAPP,
        reason=reason,
        **more,
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(reply(Intent.OTHER), True, id="a reply that a person must read"),
        pytest.param(reply(Intent.OPT_IN), True, id="a reply that shows that they are reached"),
        pytest.param(reply(Intent.AUTOMATIC), False, id="an automatic answer"),
        pytest.param(skipped(SkipReason.BOOKED), True, id="a touch skipped for a booking"),
        pytest.param(skipped(SkipReason.TOO_LATE), False, id="a touch skipped for good"),
        pytest.param(paused(1), True, id="a pause"),
    ],
)
def test_events_that_change_an_enrolment(event: Change, expected: bool) -> None:
    assert changes_enrolment(event) is expected


def test_what_an_event_of_a_clock_that_is_ahead_plans_does_not_come_later() -> None:
    now = ENTERED + timedelta(days=1)
    ahead = booked(at=now + timedelta(minutes=10))

    assert happened_by(ahead, now).at == now
    assert steps(after(happened_by(ahead, now)))["confirmation"] == now
    past = booked(at=now - timedelta(minutes=10))
    assert happened_by(past, now) is past


def replied(intent: Intent, day: float = 1) -> ReplyReceived:
    return ReplyReceived(
        lead_id=123456, channel=Channel.WHATSAPP, text="…", intent=intent, at=days(day)
    )


@pytest.mark.parametrize("intent", sorted(WAITS_FOR_A_PERSON))
def test_a_wish_pauses_until_an_operator_has_attended_to_it(intent: Intent) -> None:
    waiting = after(replied(intent))

    assert waiting.paused
    assert not steps(waiting)
    assert list(steps(after(resumed(2), lead=waiting))) == FOLLOW_UPS


def test_a_wish_older_than_the_operators_word_does_not_pause_again() -> None:
    assert not after(resumed(2), replied(Intent.WISH, 1)).paused


@pytest.mark.parametrize("intent", [Intent.QUESTION, Intent.THANKS, Intent.OTHER])
def test_other_replies_pause_for_a_while(intent: Intent) -> None:
    lead = after(replied(intent))

    assert not lead.paused
    assert lead.paused_until == days(1) + JOURNEY.pause_after_reply


def test_an_automatic_answer_changes_nothing() -> None:
    assert after(replied(Intent.AUTOMATIC)) == a_lead()


@pytest.mark.parametrize("intent", [Intent.WANTS_LINK, Intent.OPT_IN])
def test_some_replies_only_show_that_the_person_is_reached(intent: Intent) -> None:
    assert after(replied(intent)) == a_lead().model_copy(update={"reached": True})


def test_no_interest_ends_the_follow_up_until_the_person_fills_in_a_form_again() -> None:
    ended = after(replied(Intent.NO_INTEREST))

    assert not steps(ended)
    assert list(steps(after(returned(days(5)), lead=ended))) == FOLLOW_UPS


def test_no_interest_keeps_the_touches_of_a_meeting() -> None:
    assert "reminder" in steps(after(booked(), replied(Intent.NO_INTEREST, 2)))


@pytest.mark.parametrize(
    "end",
    [
        replied(Intent.NO_INTEREST),
        LeadOptedOut(lead_id=123456, channel="whatsapp", reason="reply", at=days(1)),
    ],
)
def test_a_stop_that_is_taken_back(end: Change) -> None:
    restored = LeadRestored(lead_id=123456, by="Operadora", at=days(2))

    assert list(steps(after(end, restored))) == FOLLOW_UPS


def test_what_ended_otherwise_is_not_restored() -> None:
    closed = LeadClosed(lead_id=123456, reason=Closing.WON, at=days(1))
    restored = LeadRestored(lead_id=123456, by="Operadora", at=days(2))

    assert not steps(after(closed, restored))


def test_a_lead_that_is_only_kept_has_its_meeting_but_no_follow_up() -> None:
    event = a_lead_created().model_copy(update={"at": ENTERED, "journey": NO_JOURNEY})
    lead = enrol(event, zone="America/Mexico_City", region="MX")

    assert steps(lead) == {}
    assert "reminder" in steps(after(booked(), lead=lead))
    assert set(steps(after(returned(days(30)), lead=lead))) == set(FOLLOW_UPS)
