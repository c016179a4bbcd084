"""The key that was pressed, read from Twilio's record of a call."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest

from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel, SkipReason, TouchSkipped, TouchUncertain
from providers.twilio.models import CallEvent
from services.notify.decisions.keys import (
    Pressed,
    asked_by_key,
    next_check,
    not_asked,
    uncertain,
    what_was_pressed,
)
from tests.builders import a_touch

VOICE = "https://pauta.example.com/webhooks/twilio/voice?touch=1"
KEY = "https://pauta.example.com/webhooks/twilio/key"
ANSWERED = CallEvent(VOICE, "", 200)
FAILED = CallEvent(VOICE, "", 502)


@pytest.mark.parametrize(
    ("events", "pressed"),
    [
        pytest.param([], Pressed.UNKNOWN, id="not there yet"),
        pytest.param([ANSWERED], Pressed.NOTHING, id="hung up"),
        pytest.param([ANSWERED, CallEvent(KEY, "", 200)], Pressed.NOTHING, id="no key"),
        pytest.param([ANSWERED, CallEvent(KEY, "2", 502)], Pressed.NOTHING, id="another key"),
        pytest.param(
            [ANSWERED, CallEvent(KEY, "1", 502)], Pressed.LINK, id="1, while our webhook was down"
        ),
        pytest.param(
            [ANSWERED, CallEvent(KEY, "1", None), CallEvent(KEY, "", None)],
            Pressed.LINK,
            id="1, in any place",
        ),
        pytest.param([FAILED], Pressed.SILENCE, id="our webhook was down when it was answered"),
        pytest.param([CallEvent(VOICE, "", None)], Pressed.SILENCE, id="we never answered"),
        pytest.param([FAILED, ANSWERED], Pressed.NOTHING, id="answered at the second attempt"),
    ],
)
def test_what_was_pressed(events: list[CallEvent], pressed: Pressed) -> None:
    assert what_was_pressed(events) is pressed


def test_twilio_is_asked_less_and_less_for_a_day() -> None:
    check_count = 0
    age = timedelta(minutes=16).total_seconds()
    while (wait := next_check(age)) is not None:
        check_count = check_count + 1
        age = age + wait
    assert check_count < 60
    assert age < timedelta(days=1.2).total_seconds()
    assert next_check(0) == 60


def test_the_same_key_is_the_same_event_however_it_is_learned() -> None:
    call = UUID(int=1)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert asked_by_key(7, call, "CA1", at=at) == asked_by_key(7, call, "CA1", at=at)
    assert (
        asked_by_key(7, call, "CA1", at=at).event_id != asked_by_key(7, call, "CA2", at=at).event_id
    )


@pytest.mark.parametrize(
    ("status", "pressed"),
    [
        (199, Pressed.SILENCE),
        (200, Pressed.NOTHING),
        (299, Pressed.NOTHING),
        (300, Pressed.SILENCE),
    ],
)
def test_an_invitation_was_heard_where_our_webhook_answered(status: int, pressed: Pressed) -> None:
    assert what_was_pressed([CallEvent(VOICE, "", status)]) is pressed


@pytest.mark.parametrize(
    ("age", "wait"), [(599, 60.0), (601, 60.1), (86_399, 8639.9), (86_400, None)]
)
def test_the_next_check_is_a_tenth_of_the_age_later(age: float, wait: float | None) -> None:
    assert next_check(age) == pytest.approx(wait) if wait is not None else next_check(age) is None


def test_a_pressed_key_is_a_reply_by_phone_that_wants_the_link() -> None:
    call = UUID(int=1)
    at = datetime(2026, 1, 1, tzinfo=UTC)

    assert asked_by_key(7, call, "CA1", at=at) == ReplyReceived(
        event_id=uuid5(call, "CA1"),
        at=at,
        lead_id=7,
        channel=Channel.CALL,
        text="1",
        intent=Intent.WANTS_LINK,
    )


def test_the_link_of_a_key_that_nobody_heard() -> None:
    link = a_touch(Channel.WHATSAPP)
    doubt = uncertain(link, "CA1")
    skip = not_asked(link, "CA1")

    assert isinstance(doubt, TouchUncertain)
    assert doubt.event_id == uuid5(link.touch_id, "CA1/key_unheard")
    assert (doubt.touch_id, doubt.channel, doubt.reason) == (
        link.touch_id,
        Channel.WHATSAPP,
        "key_unheard",
    )
    assert isinstance(skip, TouchSkipped)
    assert skip.event_id == uuid5(link.touch_id, "CA1/not_asked")
    assert (skip.touch_id, skip.lead_id, skip.reason) == (
        link.touch_id,
        link.lead_id,
        SkipReason.NOT_ASKED,
    )
