"""How receipts change a touch, in any order and number."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.base import Event
from contracts.events.call import CallAnswered, CallUnanswered, Unanswered
from contracts.events.touch import (
    Channel,
    FailureKind,
    TouchDelivered,
    TouchFailed,
    TouchSent,
)
from domain.receipts import Accepted, Answered, Arrived, Receipt, Undeliverable, Unheard
from services.notify.decisions.receipts import advance, events_for
from services.notify.touches import OPEN, State

NO_WHATSAPP = Undeliverable("SM1", FailureKind.UNREACHABLE, "twilio: undelivered code 63024")


@pytest.mark.parametrize(
    ("state", "receipt", "after"),
    [
        pytest.param(
            State.SENDING, Accepted("CA1"), State.SENT, id="a callback before our own answer"
        ),
        pytest.param(
            State.UNCERTAIN, Accepted("CA1"), State.SENT, id="a callback settles an uncertain touch"
        ),
        pytest.param(State.SENT, Accepted("CA1"), None, id="nothing new"),
        pytest.param(State.SENT, Arrived("SM1"), State.DELIVERED, id="delivered"),
        pytest.param(
            State.DELIVERED, NO_WHATSAPP, None, id="a failure after the delivery is too late"
        ),
        pytest.param(
            State.FAILED,
            Arrived("SM1"),
            None,
            id="a delivery after the failure: the fallback has left",
        ),
        pytest.param(State.SENT, Unheard("CA1", Unanswered.BUSY), State.UNANSWERED, id="busy"),
        pytest.param(
            State.ANSWERED, Unheard("CA1", Unanswered.HUNG_UP), None, id="pressed 1, then hung up"
        ),
        pytest.param(State.SKIPPED, Accepted("CA1"), None, id="nothing was sent"),
    ],
)
def test_a_receipt(state: State, receipt: Receipt, after: State | None) -> None:
    assert advance(state, receipt) is after


def test_an_event_that_was_never_published_is_published_first() -> None:
    asked_at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    touch: dict[str, Any] = {
        "touch_id": uuid4(),
        "lead_id": 1,
        "step": "welcome",
        "channel": Channel.WHATSAPP,
    }
    events = events_for(NO_WHATSAPP, State.SENDING, **touch, asked_at=asked_at)

    assert [type(event) for event in events] == [TouchSent, TouchFailed]
    assert isinstance(events[0], TouchSent)
    assert events[0].asked_at == asked_at


RECEIPTS = st.one_of(
    st.just(Accepted("X1")),
    st.just(Arrived("X1")),
    st.just(NO_WHATSAPP),
    st.just(Answered("X1")),
    st.sampled_from([Unheard("X1", reason) for reason in Unanswered]),
)


@given(start=st.sampled_from(sorted(OPEN)), receipts=st.lists(RECEIPTS, max_size=12))
def test_no_sequence_of_receipts_leads_to_two_sends_or_two_endings(
    start: State, receipts: list[Receipt]
) -> None:
    """Each fallback depends on one event, published at most once. A settled touch stays settled."""
    state = start
    events = list[Event]()
    for receipt in receipts:
        after = advance(state, receipt)
        if after is not None:
            events += events_for(
                receipt,
                state,
                touch_id=uuid4(),
                lead_id=1,
                step="welcome",
                channel=Channel.WHATSAPP,
            )
            assert state in OPEN
            assert after not in (State.PLANNED, State.SENDING, State.UNCERTAIN)
            state = after

    endings = [
        e
        for e in events
        if isinstance(e, TouchDelivered | TouchFailed | CallAnswered | CallUnanswered)
    ]
    assert len(endings) <= 1
    assert sum(isinstance(event, TouchSent) for event in events) <= 1


@pytest.mark.parametrize(
    ("receipt", "state", "topic", "more"),
    [
        pytest.param(Arrived("X1"), State.DELIVERED, "touch.delivered", {}, id="delivered"),
        pytest.param(
            NO_WHATSAPP,
            State.FAILED,
            "touch.failed",
            {"kind": FailureKind.UNREACHABLE, "reason": "twilio: undelivered code 63024"},
            id="undeliverable",
        ),
        pytest.param(Answered("X1"), State.ANSWERED, "call.answered", {}, id="answered"),
        pytest.param(
            Unheard("X1", Unanswered.BUSY),
            State.UNANSWERED,
            "call.unanswered",
            {"reason": Unanswered.BUSY},
            id="unheard",
        ),
    ],
)
def test_each_receipt_is_one_step_and_one_event_about_its_touch(
    receipt: Receipt, state: State, topic: str, more: dict[str, Any]
) -> None:
    touch: dict[str, Any] = {
        "touch_id": uuid4(),
        "lead_id": 7,
        "step": "welcome",
        "channel": Channel.WHATSAPP,
        "run": 900,
    }
    [event] = events_for(receipt, State.SENT, **touch)

    assert advance(State.SENT, receipt) is state
    assert event.topic == topic
    fields = {name: getattr(event, name) for name in (*touch, *more) if hasattr(event, name)}
    expected = {name: value for name, value in (touch | more).items() if hasattr(event, name)}
    assert fields == expected
    assert {"touch_id", "lead_id", "step", *more} <= fields.keys()


def test_a_touch_that_was_accepted_is_published_with_its_reference() -> None:
    touch: dict[str, Any] = {
        "touch_id": uuid4(),
        "lead_id": 7,
        "step": "welcome",
        "channel": Channel.SMS,
    }
    [sent] = events_for(Accepted("SM1"), State.UNCERTAIN, **touch, run=900)
    [bare] = events_for(Accepted(""), State.UNCERTAIN, **touch)

    assert isinstance(sent, TouchSent)
    assert isinstance(bare, TouchSent)
    assert (sent.provider_ref, sent.run, sent.channel) == ("SM1", 900, Channel.SMS)
    assert (bare.provider_ref, bare.run, bare.asked_at) == (None, 0, None)
    assert events_for(Accepted("SM1"), State.SENT, **touch) == []
