"""The key that was pressed, read from Twilio's record of a call."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from providers.twilio.models import CallEvent
from services.notify.decisions.keys import Pressed, asked_by_key, next_check, what_was_pressed

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
