"""How receipts change a touch, in any order and number."""

from dataclasses import replace
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
from domain.receipts import (
    Accepted,
    Answered,
    Arrived,
    Ended,
    Outcome,
    Receipt,
    Undeliverable,
    Unheard,
    Verdict,
)
from providers.twilio.models import Detection
from providers.twilio.webhooks import read_call_status, read_detection, read_verdict
from services.notify.decisions.receipts import (
    advance,
    events_for,
    invitation_seconds,
    outcome_of_call,
)
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
def test_a_receipt(state: State, receipt: Outcome, after: State | None) -> None:
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


@pytest.mark.parametrize(
    ("seconds", "silence", "by_person", "outcome"),
    [
        pytest.param(9, 2.4, True, Answered("CA1"), id="heard the invitation"),
        pytest.param(8, 2.0, True, Answered("CA1"), id="just long enough"),
        pytest.param(8, 2.4, True, Unheard("CA1", Unanswered.HUNG_UP, 5), id="silence is not text"),
        pytest.param(2, 0.0, True, Unheard("CA1", Unanswered.HUNG_UP, 2), id="a pocket"),
        pytest.param(1, 2.4, True, Unheard("CA1", Unanswered.HUNG_UP, 0), id="before the text"),
        pytest.param(9, 0.0, None, Unheard("CA1", Unanswered.HUNG_UP), id="before the verdict"),
        pytest.param(2, 0.0, False, Unheard("CA1", Unanswered.HUNG_UP, 2), id="whoever it was"),
        pytest.param(12, 2.4, False, Unheard("CA1", Unanswered.UNSURE), id="nobody knows who"),
        pytest.param(None, 0.0, True, Answered("CA1"), id="a person, for an unknown time"),
        pytest.param(None, 0.0, False, Unheard("CA1", Unanswered.UNSURE), id="nothing is known"),
    ],
)
def test_a_call_that_was_picked_up(
    seconds: int | None, silence: float, by_person: bool | None, outcome: Outcome
) -> None:
    ended = Ended("CA1", seconds, by_person=by_person)
    verdict = Verdict(by_person, silence)
    judged = outcome_of_call(ended, verdict, detection=Detection.SYNC, listened_seconds=6.0)

    assert judged == outcome


HUNG_UP = Unheard("CA1", Unanswered.HUNG_UP, 5)
UNSURE = Unheard("CA1", Unanswered.UNSURE)


@pytest.mark.parametrize(
    ("detection", "seconds", "by_person", "outcome"),
    [
        pytest.param(Detection.ASYNC, 6, True, Answered("CA1"), id="a person, from the pick-up on"),
        pytest.param(Detection.ASYNC, 5, True, HUNG_UP, id="a person who hung up"),
        pytest.param(Detection.ASYNC, 5, None, HUNG_UP, id="before the verdict"),
        pytest.param(Detection.ASYNC, 30, None, None, id="the verdict may still come"),
        pytest.param(Detection.ASYNC, 30, False, UNSURE, id="detection is not sure"),
        pytest.param(Detection.OFF, 6, None, Answered("CA1"), id="no detection"),
        pytest.param(Detection.OFF, 5, None, HUNG_UP, id="no detection, and hung up"),
    ],
)
def test_a_call_whose_text_began_at_the_pick_up(
    detection: Detection, seconds: int, by_person: bool | None, outcome: Outcome | None
) -> None:
    ended = Ended("CA1", seconds, by_person=None)
    verdict = Verdict(by_person, 4.0)

    assert outcome_of_call(ended, verdict, detection=detection, listened_seconds=6.0) == outcome


@pytest.mark.parametrize(
    ("by_person", "outcome"), [(True, Answered("CA1")), (False, UNSURE), (None, UNSURE)]
)
def test_a_call_whose_verdict_twilio_was_asked_for(
    by_person: bool | None, outcome: Outcome
) -> None:
    ended = Ended("CA1", 30, by_person=by_person)

    assert (
        outcome_of_call(
            ended, Verdict(), detection=Detection.ASYNC, listened_seconds=6.0, asked=True
        )
        == outcome
    )


GREETING = "Hola, buenas tardes, soy Javier, el asistente virtual de Pauta. "  # ten words
INVITATION = "Me gustaría invitarte a una reunión. "  # six
KEY = "Marca uno y te mando el enlace."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(GREETING + INVITATION + KEY, 16, id="to the end of the invitation"),
        pytest.param(GREETING * 5 + INVITATION + KEY, 56, id="after a long greeting"),
        pytest.param("¿Te acomoda una cita? " + KEY, 4, id="in other words"),
        pytest.param(GREETING + KEY, 17, id="the whole text where no sentence invites"),
        pytest.param("https://example.com/invitacion.mp3", 1, id="a recording"),
        pytest.param("", 0, id="nothing is known"),
    ],
)
def test_how_long_the_invitation_takes(text: str, words: int) -> None:
    assert invitation_seconds(text) == words / 2.5


def test_the_seconds_before_hanging_up_are_told() -> None:
    [event] = events_for(
        Unheard("CA1", Unanswered.HUNG_UP, 2),
        State.SENT,
        touch_id=uuid4(),
        lead_id=1,
        step="welcome",
        channel=Channel.CALL,
    )

    assert isinstance(event, CallUnanswered)
    assert (event.reason, event.listened_seconds) == (Unanswered.HUNG_UP, 2)


ENDED = {"CallSid": "CA1", "CallStatus": "completed"}
VERDICTS = st.sampled_from(["human", "unknown", "machine_end_beep", "fax", ""])


@given(
    answered_by=VERDICTS,
    seconds=st.integers(0, 60),
    pressed=st.booleans(),
    detection=st.sampled_from(Detection),
    order=st.lists(st.sampled_from(["voice", "key", "status", "polled"]), max_size=12),
)
def test_a_call_has_one_outcome_whatever_the_order_of_its_callbacks(
    answered_by: str, seconds: int, pressed: bool, detection: Detection, order: list[str]
) -> None:
    params = ENDED | {"AnsweredBy": answered_by, "CallDuration": str(seconds)}
    state = State.SENT
    endings = []
    receipt: Receipt | None
    for callback in order:
        match callback:
            case "voice":
                receipt = read_verdict(params)
            case "key" if pressed:
                receipt = Answered("CA1")
            case "status" | "polled":
                receipt = read_call_status(params)
            case _:
                continue
        if isinstance(receipt, Ended):
            verdict = read_detection(params) if "voice" in order else Verdict()
            receipt = outcome_of_call(
                receipt,
                replace(verdict, seconds=2.4),
                detection=detection,
                listened_seconds=6.0,
                asked=callback == "polled",
            )
            if receipt is None:
                continue
        assert receipt is not None
        after = advance(state, receipt)
        if after is not None:
            state = after
            endings.append(after)

    assert len(endings) <= 1
    if "status" in order and not pressed and answered_by == "human":
        silence = 2.4 if detection is Detection.SYNC else 0.0
        assert endings == [State.ANSWERED if seconds - silence >= 6 else State.UNANSWERED]


RECEIPTS = st.one_of(
    st.just(Accepted("X1")),
    st.just(Arrived("X1")),
    st.just(NO_WHATSAPP),
    st.just(Answered("X1")),
    st.sampled_from([Unheard("X1", reason) for reason in Unanswered]),
)


@given(start=st.sampled_from(sorted(OPEN)), receipts=st.lists(RECEIPTS, max_size=12))
def test_no_sequence_of_receipts_leads_to_two_sends_or_two_endings(
    start: State, receipts: list[Outcome]
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
    receipt: Outcome, state: State, topic: str, more: dict[str, Any]
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
