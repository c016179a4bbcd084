"""Further calls to who was not reached: when each comes, and what ends them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.base import Event
from contracts.events.call import CallAnswered, CallUnanswered, Unanswered
from contracts.events.lead import (
    Closing,
    LeadClosed,
    LeadOptedOut,
    LeadPaused,
    LeadResumed,
    LeadUpdated,
)
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel, Kind, TouchDue, touch_id
from domain.journey.model import Attempt, Journey
from services.scheduler.decisions.enrolment import (
    NOT_REACHED,
    Enrolment,
    apply_event,
    changes_enrolment,
)
from services.scheduler.decisions.lateness import Fire, resolve_timer
from services.scheduler.decisions.planning import plan
from tests.builders import a_card
from tests.unit.services.scheduler.decisions.leads import (
    ENTERED,
    JOURNEY,
    a_lead,
    after,
    booked,
    cancelled,
    local,
    steps,
)

SECOND, THIRD = "welcome_call_2", "welcome_call_3"
LEAD = 123456


def not_reached(
    step: str = "welcome_call",
    at: datetime = ENTERED,
    reason: Unanswered = Unanswered.NO_ANSWER,
    *,
    run: int = 0,
) -> CallUnanswered:
    call = touch_id(LEAD, step, Channel.CALL, run=run)
    return CallUnanswered(lead_id=LEAD, touch_id=call, step=step, reason=reason, at=at)


def answered(step: str = "welcome_call") -> CallAnswered:
    return CallAnswered(lead_id=LEAD, touch_id=touch_id(LEAD, step, Channel.CALL), step=step)


def replied(intent: Intent) -> ReplyReceived:
    at = ENTERED + timedelta(minutes=5)
    return ReplyReceived(lead_id=LEAD, channel=Channel.WHATSAPP, intent=intent, text="Hola", at=at)


def attempts(lead: Enrolment, journey: Journey = JOURNEY) -> dict[str, datetime]:
    calls = {step.name for step in journey.attempts}
    return {timer.step: timer.due_at for timer in plan(lead, journey) if timer.step in calls}


def test_nobody_is_called_again_before_the_first_call_has_ended() -> None:
    assert attempts(a_lead()) == {}
    assert attempts(after(answered())) == {}


@pytest.mark.parametrize(
    ("ended_at", "due_at"),
    [
        pytest.param(local(2026, 3, 2, 10), local(2026, 3, 3, 16), id="morning, then afternoon"),
        pytest.param(local(2026, 3, 2, 17), local(2026, 3, 3, 9), id="afternoon, then morning"),
        pytest.param(local(2026, 3, 6, 17), local(2026, 3, 7, 10), id="on a Saturday from 10"),
        pytest.param(local(2026, 3, 6, 10), local(2026, 3, 9, 9), id="no Saturday afternoon"),
        pytest.param(local(2026, 3, 7, 11), local(2026, 3, 9, 9), id="not on a Sunday"),
    ],
)
def test_the_next_call_comes_on_the_next_day_in_the_other_half(
    ended_at: datetime, due_at: datetime
) -> None:
    assert attempts(after(not_reached(at=ended_at))) == {SECOND: due_at}


def test_the_third_call_follows_the_second_and_there_is_no_fourth() -> None:
    lead = after(not_reached(), not_reached(SECOND, local(2026, 3, 3, 16)))
    assert attempts(lead)[THIRD] == local(2026, 3, 4, 9)

    lead = after(not_reached(THIRD, local(2026, 3, 4, 9)), lead=lead)
    assert set(attempts(lead)) == {SECOND, THIRD}


@pytest.mark.parametrize("reason", Unanswered)
def test_a_wrong_number_a_fax_and_who_spoke_are_not_called_again(reason: Unanswered) -> None:
    event = not_reached(reason=reason)
    final = (Unanswered.FAX, Unanswered.FAILED, Unanswered.MISHEARD)
    assert changes_enrolment(event) is (reason in NOT_REACHED)
    assert changes_enrolment(event) is (reason not in final)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(answered(SECOND), id="an answer"),
        pytest.param(replied(Intent.OTHER), id="a reply"),
        pytest.param(replied(Intent.WANTS_LINK), id="a key"),
        pytest.param(replied(Intent.STOP), id="a stop"),
        pytest.param(booked(at=ENTERED + timedelta(hours=1)), id="a booking"),
        pytest.param(LeadOptedOut(lead_id=LEAD, channel=Channel.SMS, reason="BAJA"), id="opt-out"),
        pytest.param(LeadClosed(lead_id=LEAD, reason=Closing.LOST), id="closed in Kommo"),
        pytest.param(LeadPaused(lead_id=LEAD, by="ana"), id="an operator's pause"),
    ],
)
def test_what_ends_the_attempts(event: Any) -> None:
    assert changes_enrolment(event)
    assert attempts(after(not_reached(), event)) == {}
    assert attempts(after(event, not_reached())) == {}


def test_an_automatic_answer_ends_nothing() -> None:
    assert not changes_enrolment(replied(Intent.AUTOMATIC))


def test_after_a_pause_and_after_a_cancelled_meeting_they_go_on() -> None:
    paused = LeadPaused(lead_id=LEAD, by="ana", at=ENTERED)
    resumed = LeadResumed(lead_id=LEAD, by="ana", at=ENTERED + timedelta(hours=1))
    assert SECOND in attempts(after(not_reached(), paused, resumed))

    booking = booked(at=ENTERED + timedelta(minutes=2))
    assert SECOND in attempts(after(not_reached(), booking, cancelled(2)))


def test_a_form_that_restarts_the_follow_up_begins_with_attempts_of_its_own() -> None:
    again = LeadUpdated(
        lead_id=LEAD,
        submission_id=200,
        person_id=LEAD,
        card=a_card(),
        returned=True,
        at=ENTERED + timedelta(days=3),
    )
    lead = after(not_reached(), replied(Intent.OTHER), again)
    assert attempts(lead) == {}

    late = not_reached(SECOND, ENTERED + timedelta(days=3))  # of the run before
    assert attempts(after(late, lead=lead)) == {}
    own = not_reached(at=ENTERED + timedelta(days=3), run=200)
    assert attempts(after(own, lead=lead)) == {SECOND: local(2026, 3, 6, 16)}


def test_an_attempt_is_a_further_call_without_another_channel() -> None:
    lead = after(not_reached())
    [timer] = [timer for timer in plan(lead, JOURNEY) if timer.step == SECOND]
    end = resolve_timer(lead, JOURNEY, timer, planned_at=timer.due_at, now=timer.due_at)

    assert isinstance(end, Fire)
    [due] = end.events
    assert isinstance(due, TouchDue)
    assert (due.kind, due.channel, due.fallback) == (Kind.ATTEMPT, Channel.CALL, ())
    assert (due.step, due.template) == (SECOND, "welcome")
    assert due.until == local(2026, 3, 3, 19)


@pytest.mark.parametrize(
    ("attempt", "due_at"),
    [
        ({"after": "3 hours"}, local(2026, 3, 2, 13)),
        ({"after": "12 hours"}, local(2026, 3, 3, 9)),  # its hours have closed by then
        ({"next_day": "morning"}, local(2026, 3, 3, 9)),
        ({"next_day": "afternoon"}, local(2026, 3, 3, 16)),
    ],
)
def test_each_way_to_say_when(attempt: dict[str, str], due_at: datetime) -> None:
    first = JOURNEY.step("welcome_call")
    changed = first.model_copy(update={"attempts": (Attempt.model_validate(attempt),)})
    journey = Journey(
        windows=JOURNEY.windows, first_contact=(changed,), follow_up=JOURNEY.follow_up
    )
    lead = apply_event(a_lead(), not_reached(), journey)

    assert attempts(lead, journey) == {SECOND: due_at}


EVENTS: list[Any] = [
    not_reached(),
    not_reached(SECOND, local(2026, 3, 3, 16)),
    not_reached(THIRD, local(2026, 3, 4, 9)),
    answered(SECOND),
    replied(Intent.THANKS),
    booked(at=ENTERED + timedelta(days=1)),
]


@given(events=st.lists(st.sampled_from(EVENTS), max_size=10))
def test_attempts_never_exceed_their_number_nor_follow_an_answer(events: list[Event]) -> None:
    lead = after(*events)  # type: ignore[arg-type]
    calls = attempts(lead)

    assert set(calls) <= {SECOND, THIRD}
    if any(isinstance(event, CallAnswered | ReplyReceived) for event in events):
        assert calls == {}
    for at in calls.values():
        assert 9 <= at.astimezone(ENTERED.tzinfo).hour < 19
    assert set(steps(lead)) >= set(calls)
