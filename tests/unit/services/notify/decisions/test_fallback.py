"""The touch that follows a failed one: on the next channel of its fallback, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.call import Unanswered
from contracts.events.touch import (
    Channel,
    FailureKind,
)
from services.notify.decisions.fallback import after_call, after_failure
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


@pytest.mark.parametrize(
    "kind", sorted(set(FailureKind) - {FailureKind.BAD_ADDRESS, FailureKind.OPTED_OUT})
)
def test_what_follows_a_call_that_was_refused_names_no_call(kind: FailureKind) -> None:
    call = a_touch(Channel.CALL, template="welcome", fallback=CHAIN)
    whatsapp = after_failure(call, kind, a_card())
    assert whatsapp is not None
    sms = after_failure(whatsapp, kind, a_card())

    assert sms is not None
    assert (whatsapp.template, sms.template) == ("welcome_no_call", "welcome_no_call")


@pytest.mark.parametrize("reason", Unanswered)
def test_only_a_call_that_did_not_ring_is_not_named_afterwards(reason: Unanswered) -> None:
    call = a_touch(Channel.CALL, template="welcome", fallback=CHAIN)
    following = after_call(call, reason, a_card())

    assert following is not None
    assert following.template == ("welcome_no_call" if reason is Unanswered.FAILED else "welcome")


def test_a_call_without_a_fallback_leads_nowhere() -> None:
    call = a_touch(Channel.CALL, template="welcome")

    assert after_call(call, Unanswered.FAILED, a_card()) is None
