"""The touch that follows a failed one: on the next channel of its fallback, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.touch import (
    Channel,
    FailureKind,
)
from services.notify.decisions.fallback import after_failure
from tests.builders import a_card, a_touch

CHAIN = (Channel.WHATSAPP, Channel.SMS)


@given(st.lists(st.sampled_from(["unanswered", *FailureKind]), min_size=1, max_size=8))
def test_however_often_a_channel_fails_the_next_one_is_one_and_the_same_touch(
    causes: list[str],
) -> None:
    touch = a_touch(fallback=CHAIN)
    following = {
        touch.following(a_card())
        if cause == "unanswered"
        else after_failure(touch, FailureKind(cause), a_card())
        for cause in causes
    } - {None}

    assert len({touch.touch_id for touch in following if touch is not None}) <= 1


@pytest.mark.parametrize(
    ("channel", "kind", "following"),
    [
        (Channel.CALL, FailureKind.UNREACHABLE, Channel.WHATSAPP),
        (Channel.CALL, FailureKind.MISCONFIGURED, Channel.WHATSAPP),
        (Channel.WHATSAPP, FailureKind.UNREACHABLE, Channel.SMS),
        (Channel.WHATSAPP, FailureKind.MISCONFIGURED, Channel.SMS),
        (Channel.WHATSAPP, FailureKind.OPTED_OUT, None),
        (Channel.CALL, FailureKind.BAD_ADDRESS, None),
        (Channel.SMS, FailureKind.UNREACHABLE, None),
        (Channel.EMAIL, FailureKind.BAD_ADDRESS, None),
    ],
)
def test_where_a_failure_leads(
    channel: Channel, kind: FailureKind, following: Channel | None
) -> None:
    chain = (Channel.CALL, *CHAIN)
    rest = chain[chain.index(channel) + 1 :] if channel in chain else ()
    touch = after_failure(a_touch(channel, fallback=rest), kind, a_card())

    assert (touch.channel if touch else None) == following


def test_a_channel_of_another_kind_goes_to_the_address_on_the_card() -> None:
    card = a_card(email="new@example.com")
    touch = after_failure(a_touch(fallback=(Channel.EMAIL,)), FailureKind.UNREACHABLE, card)

    assert touch is not None
    assert touch.address == "new@example.com"
