"""The key that was pressed, read from Twilio's record of a call."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest

from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import Channel, SkipReason, TouchSkipped, TouchUncertain
from providers.twilio.models import CallEvent
from services.notify.decisions.keys import (
    Pressed,
    link_run,
    next_check,
    not_asked,
    reply_of,
    uncertain,
    what_was_pressed,
)
from services.notify.decisions.menu import Choice
from tests.builders import a_touch

VOICE = "https://pauta.example.com/webhooks/twilio/voice?touch=1"
KEY = "https://pauta.example.com/webhooks/twilio/key"
HOUR = f"{KEY}?touch=1&lead=7&menu=hour&before="
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
            [ANSWERED, CallEvent(KEY, "1", 502)], Choice.LINK, id="1, while our webhook was down"
        ),
        pytest.param(
            [ANSWERED, CallEvent(KEY, "1", None), CallEvent(KEY, "", None)],
            Choice.LINK,
            id="1, in any place",
        ),
        pytest.param(
            [ANSWERED, CallEvent(KEY, "3", 200), CallEvent(HOUR, "1", 502)],
            Choice.TODAY,
            id="another hour",
        ),
        pytest.param([ANSWERED, CallEvent(KEY, "3", 502)], Choice.TOMORROW, id="no hour was asked"),
        pytest.param(
            [ANSWERED, CallEvent(KEY, "3", 200), CallEvent(HOUR, "9", 502)],
            Choice.STOP,
            id="a stop",
        ),
        pytest.param(
            [ANSWERED, CallEvent(KEY, "", 502, "no me llamen")], Choice.STOP, id="a stop in words"
        ),
        pytest.param([FAILED], Pressed.SILENCE, id="our webhook was down when it was answered"),
        pytest.param([CallEvent(VOICE, "", None)], Pressed.SILENCE, id="we never answered"),
        pytest.param([FAILED, ANSWERED], Pressed.NOTHING, id="answered at the second attempt"),
    ],
)
def test_what_was_pressed(events: list[CallEvent], pressed: Pressed | Choice) -> None:
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
    assert reply_of(Choice.LINK, 7, call, "CA1", at=at) == reply_of(
        Choice.LINK, 7, call, "CA1", at=at
    )
    assert (
        reply_of(Choice.LINK, 7, call, "CA1", at=at).event_id
        != reply_of(Choice.LINK, 7, call, "CA2", at=at).event_id
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

    assert reply_of(Choice.LINK, 7, call, "CA1", at=at) == ReplyReceived(
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


def test_a_call_at_another_hour_is_wished_for_in_words_and_by_the_clock() -> None:
    at = datetime(2026, 3, 2, 16, tzinfo=UTC)
    home = ZoneInfo("America/Monterrey")
    today = reply_of(Choice.TODAY, 7, UUID(int=1), "CA1", at=at, call_at=at.astimezone(home))
    tomorrow = at.astimezone(home) + timedelta(days=1)
    next_day = reply_of(Choice.TOMORROW, 7, UUID(int=1), "CA1", at=at, call_at=tomorrow)

    assert (today.intent, today.text, today.hour) == (Intent.CALL_BACK, "3", "hoy más tarde")
    assert (next_day.hour, next_day.call_at) == ("mañana", tomorrow)


def test_each_call_has_its_own_link() -> None:
    runs = {link_run(uuid5(UUID(int=call), "CA1")) for call in range(1000)}

    assert len(runs) == 1000
    assert all(0 < run < 2**31 for run in runs)
