"""The answer to a form: at once, except for touches that have to wait for the morning."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.events.lead import NO_JOURNEY, Door, LeadUpdated
from contracts.events.touch import Channel, DeferReason, Kind
from domain.journey.model import Journey
from domain.journey.settings import JourneySettings, load_journey
from services.notify.decisions.first_contact import (
    already_booked,
    asked_for_link,
    first_touches,
    just_arrived,
    may_have_booked,
    nobody_has_booked,
)
from services.notify.decisions.sending import Defer, Facts, Send, decide
from services.notify.touches import Form, Touch
from tests.builders import a_booking, a_card, a_lead_created

JOURNEY: Journey = load_journey(JourneySettings())[0]
MEXICO = ZoneInfo("America/Mexico_City")
CLAIMED = Facts(claimed=True)


def touches(at: datetime, **card: str) -> dict[str, Touch]:
    event = a_lead_created(**card)
    return {
        t.step: t
        for t in first_touches(event, JOURNEY, at, zone="America/Mexico_City", region="MX")
    }


@pytest.mark.parametrize(
    ("hour", "minute", "day", "call"),
    [
        pytest.param(10, 0, 2, Send("+528112345678"), id="in the morning"),
        pytest.param(3, 0, 2, Defer(DeferReason.HOURS), id="at 3 a.m."),
        pytest.param(19, 0, 2, Defer(DeferReason.HOURS), id="when its hours have just ended"),
        pytest.param(18, 59, 2, Send("+528112345678"), id="just before"),
        pytest.param(11, 0, 1, Defer(DeferReason.HOURS), id="on a Sunday"),
        pytest.param(11, 0, 16, Defer(DeferReason.HOURS), id="on a holiday"),
    ],
)
def test_the_call_keeps_its_hours_and_the_email_does_not_wait(
    hour: int, minute: int, day: int, call: object
) -> None:
    now = datetime(2026, 3, day, hour, minute, tzinfo=MEXICO)
    made = touches(now)

    assert decide(made["welcome_call"], CLAIMED, now) == call
    assert decide(made["welcome_email"], CLAIMED, now) == Send("ana@example.com")


def test_the_hours_are_the_leads_own() -> None:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=MEXICO)  # half past seven in Tijuana

    assert decide(touches(now, time_zone="America/Tijuana")["welcome_call"], CLAIMED, now) == Defer(
        DeferReason.HOURS
    )
    assert decide(touches(now, phone="+526631234567")["welcome_call"], CLAIMED, now) == Defer(
        DeferReason.HOURS
    )


def test_an_unanswered_call_is_followed_by_its_message_within_the_same_hours() -> None:
    call = touches(datetime(2026, 3, 2, 18, 59, tzinfo=MEXICO))["welcome_call"]
    message = call.following(a_card())

    assert (call.channel, call.kind) == (Channel.CALL, Kind.FIRST_CONTACT)
    assert message is not None
    assert decide(message, CLAIMED, datetime(2026, 3, 2, 18, 59, 30, tzinfo=MEXICO)) == Send(
        "+528112345678"
    )
    assert decide(message, CLAIMED, datetime(2026, 3, 2, 19, 1, tzinfo=MEXICO)) == Defer(
        DeferReason.HOURS
    )


def test_the_link_somebody_asked_for_comes_at_any_hour_within_a_quarter_of_an_hour() -> None:
    asked_at = datetime(2026, 3, 2, 3, tzinfo=MEXICO)
    link = asked_for_link(7, Form(7, a_card()), asked_at=asked_at)

    assert (link.channel, link.fallback) == (Channel.WHATSAPP, (Channel.SMS,))
    assert link.until == asked_at + timedelta(minutes=15)


def updated(*changed: str, returned: bool = False, **card: Any) -> LeadUpdated:
    return LeadUpdated(
        lead_id=7,
        submission_id=900,
        person_id=7,
        card=a_card(**card),
        changed=changed,
        returned=returned,
    )


@pytest.mark.parametrize(
    ("event", "answered"),
    [
        pytest.param(updated("service"), [], id="within a day, nothing to reach at"),
        pytest.param(updated("email"), ["welcome_email"], id="another email"),
        pytest.param(updated("phone"), ["welcome_call"], id="another phone"),
        pytest.param(updated(returned=True), ["welcome_email", "welcome_call"], id="after a day"),
    ],
)
def test_a_further_form_is_answered_where_it_is_new(
    event: LeadUpdated, answered: list[str]
) -> None:
    now = datetime(2026, 3, 2, 10, tzinfo=MEXICO)
    made = list(first_touches(event, JOURNEY, now, zone="America/Mexico_City", region="MX"))

    assert [touch.step for touch in made] == answered
    assert {(touch.run, touch.submission_id) for touch in made} <= {(900, 900)}


def test_a_lead_with_a_meeting_ahead_is_reminded_of_it_by_mail() -> None:
    mail = already_booked(updated(returned=True), a_booking())

    assert (mail.channel, mail.kind, mail.template) == (
        Channel.EMAIL,
        Kind.ASKED_FOR,
        "already_booked",
    )
    at = a_lead_created().at

    assert may_have_booked(updated(returned=True), JOURNEY, at)
    assert not may_have_booked(updated("email"), JOURNEY, at)
    assert not may_have_booked(a_lead_created().model_copy(update={"at": at}), JOURNEY, at)
    assert may_have_booked(a_lead_created().model_copy(update={"person_id": 5}), JOURNEY, at)


def test_a_form_that_was_held_up_is_not_answered_unasked() -> None:
    """Its person may have booked meanwhile, by the link of another form or of the page itself."""
    event = a_lead_created()

    assert nobody_has_booked(event, event.at + timedelta(seconds=30))
    assert not nobody_has_booked(event, event.at + timedelta(minutes=2))
    assert may_have_booked(event, JOURNEY, event.at + timedelta(minutes=2))


@pytest.mark.parametrize(("minutes", "fresh"), [(0, True), (15, True), (16, False), (3000, False)])
def test_a_form_is_fresh_for_a_quarter_of_an_hour(minutes: int, fresh: bool) -> None:
    arrived_at = datetime(2026, 3, 2, 10, tzinfo=MEXICO)

    assert just_arrived(arrived_at, arrived_at + timedelta(minutes=minutes)) is fresh


def first_message(at: datetime, **changes: Any) -> list[Touch]:
    event = a_lead_created(email=None).model_copy(
        update={"door": Door.MESSAGE, "at": at, "received_at": at, **changes}
    )
    return list(first_touches(event, JOURNEY, at, zone="America/Mexico_City", region="MX"))


def test_who_writes_first_is_answered_there_and_not_called() -> None:
    at_night = datetime(2026, 3, 2, 3, 0, tzinfo=MEXICO)

    [answer] = first_message(at_night)

    assert (answer.step, answer.channel, answer.fallback) == (
        "first_message",
        Channel.WHATSAPP,
        (Channel.SMS,),
    )
    assert answer.kind is Kind.ASKED_FOR
    assert answer.until == at_night + timedelta(minutes=15)


def test_who_fills_in_a_form_is_not_thanked_for_a_message() -> None:
    assert touches(datetime(2026, 3, 2, 10, 0, tzinfo=MEXICO)).keys() == {
        "welcome_email",
        "welcome_call",
    }


def test_a_lead_that_is_only_kept_is_not_contacted() -> None:
    now = datetime(2026, 3, 2, 10, 0, tzinfo=MEXICO)

    assert first_message(now, journey=NO_JOURNEY, door=Door.FILE) == []
    assert first_message(now, journey=NO_JOURNEY) == []
