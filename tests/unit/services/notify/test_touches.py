"""The identity of a touch, and the touch that follows it on the next channel."""

from datetime import UTC, datetime

from contracts.events.touch import (
    Channel,
    Kind,
)
from tests.builders import a_booking, a_card, a_touch

CHAIN = (Channel.WHATSAPP, Channel.SMS)


def test_the_next_channel_carries_on_what_the_touch_is_about() -> None:
    until = datetime(2026, 3, 2, 19, tzinfo=UTC)
    call = a_touch(kind=Kind.MEETING, booking=a_booking(), fallback=CHAIN, until=until)
    message = call.following(a_card())

    assert message is not None
    assert (message.channel, message.fallback) == (Channel.WHATSAPP, (Channel.SMS,))
    assert (message.kind, message.booking, message.template) == (
        call.kind,
        call.booking,
        call.template,
    )
    assert message.until == until


def test_a_fallback_keeps_the_hours_of_its_step() -> None:
    until = datetime(2026, 3, 2, 19, tzinfo=UTC)
    ends = [a_touch(kind=kind, fallback=CHAIN, until=until).following(a_card()) for kind in Kind]

    assert {touch.until for touch in ends if touch is not None} == {until}


def test_the_same_touch_has_the_same_name_however_often_it_is_planned() -> None:
    assert a_touch().touch_id == a_touch().touch_id
    assert a_touch().touch_id != a_touch(lead_id=2).touch_id
