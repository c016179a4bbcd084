"""Calls at the hours that a lead chose: when each comes, and what ends them."""

from datetime import datetime, timedelta

import pytest

from contracts.events.lead import LeadOptedOut, LeadPaused, LeadUpdated
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel, Kind, TouchDue
from services.scheduler.decisions.enrolment import Change, Enrolment
from services.scheduler.decisions.lateness import Fire, resolve_timer
from services.scheduler.decisions.planning import plan
from tests.builders import a_card
from tests.unit.services.scheduler.decisions.leads import (
    ENTERED,
    JOURNEY,
    after,
    booked,
    cancelled,
    local,
)

LEAD = 123456
SUNDAY = local(2026, 3, 8, 20)  # nobody is called then who has not asked for it


def wished(at: datetime, *, asked_at: datetime = ENTERED) -> ReplyReceived:
    return ReplyReceived(
        lead_id=LEAD,
        channel=Channel.CALL,
        text="3",
        intent=Intent.CALL_BACK,
        hour="mañana",
        call_at=at,
        at=asked_at,
    )


def calls(lead: Enrolment) -> dict[str, datetime]:
    steps = {step.name for step in JOURNEY.call_backs}
    return {timer.step: timer.due_at for timer in plan(lead, JOURNEY) if timer.step in steps}


def test_who_wished_for_an_hour_is_called_then() -> None:
    lead = after(wished(SUNDAY))
    [timer] = [timer for timer in plan(lead, JOURNEY) if timer.step == "call_back"]
    end = resolve_timer(lead, JOURNEY, timer, planned_at=SUNDAY, now=SUNDAY)

    assert timer.due_at == SUNDAY
    assert isinstance(end, Fire)
    [due] = end.events
    assert isinstance(due, TouchDue)
    assert (due.kind, due.channel, due.template) == (Kind.CALL_BACK, Channel.CALL, "welcome")
    assert due.fallback == (Channel.WHATSAPP, Channel.SMS)
    assert due.until == local(2026, 3, 8, 21)


def test_nobody_is_called_at_night() -> None:
    assert calls(after(wished(local(2026, 3, 3, 23)))) == {"call_back": local(2026, 3, 4, 8)}


def test_the_follow_up_waits_for_the_call() -> None:
    lead = after(wished(local(2026, 3, 12, 10)))
    follow_up = [timer for timer in plan(lead, JOURNEY) if timer.step.startswith("day_")]

    assert min(timer.due_at for timer in follow_up) >= local(2026, 3, 13, 10)


def test_each_wish_has_a_call_and_the_fourth_waits_for_a_person() -> None:
    wishes = [wished(SUNDAY + timedelta(days=day)) for day in range(4)]
    three = after(*wishes[:3])
    four = after(*wishes)

    assert set(calls(three)) == {"call_back", "call_back_2", "call_back_3"}
    assert not three.paused
    assert four.paused
    assert len(four.call_backs) == 3


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(booked(), id="booked"),
        pytest.param(LeadOptedOut(lead_id=LEAD, channel="whatsapp", reason="reply"), id="stopped"),
        pytest.param(LeadPaused(lead_id=LEAD, by="Operadora"), id="paused"),
        pytest.param(
            LeadUpdated(
                lead_id=LEAD, submission_id=200, person_id=LEAD, card=a_card(), returned=True
            ),
            id="came back with another form",
        ),
    ],
)
def test_what_ends_the_wish(event: Change) -> None:
    assert calls(after(wished(SUNDAY), event)) == {}


def test_a_booking_that_is_cancelled_leaves_the_wish() -> None:
    assert calls(after(wished(SUNDAY), booked(), cancelled(2))) == {"call_back": SUNDAY}
