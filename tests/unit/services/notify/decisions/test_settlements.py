"""The state in which an attempt leaves its touch, and when a job takes it up again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.events.touch import (
    Channel,
    DeferReason,
    FailureKind,
    HoldReason,
    SkipReason,
    TouchDeferred,
    TouchDelayed,
    TouchFailed,
    TouchHeld,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
)
from services.notify.claims import Claim, Settlement
from services.notify.decisions.receipts import next_receipt_check
from services.notify.decisions.sending import Defer, Hold
from services.notify.decisions.settlements import (
    HELD_CHECK_SECONDS,
    deferred,
    failed,
    held,
    released,
    sent,
    skipped,
    uncertain,
)
from services.notify.touches import State
from tests.builders import a_booking, a_touch

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOUCH = a_touch(Channel.SMS)
CLAIM = Claim(UUID(int=1), attempt=1)


@pytest.mark.parametrize(
    ("hold", "check_in"),
    [
        pytest.param(Hold(HoldReason.PAUSED), HELD_CHECK_SECONDS, id="until the reason is gone"),
        pytest.param(Hold(HoldReason.CAPPED, scope="lead 1"), None, id="until it is released"),
        pytest.param(
            Hold(HoldReason.HOURS, until=NOW + timedelta(hours=1)), 3600.0, id="until an instant"
        ),
        pytest.param(
            Hold(HoldReason.HOURS, until=NOW - timedelta(hours=1)),
            HELD_CHECK_SECONDS,
            id="that has passed",
        ),
    ],
)
def test_a_held_touch(hold: Hold, check_in: float | None) -> None:
    settlement = held(TOUCH, CLAIM, hold, to=State.PLANNED, is_known=False, now=NOW)

    assert settlement.state is State.PLANNED
    assert settlement.check_in == check_in
    assert settlement.sendings == -1
    assert isinstance(settlement.event, TouchHeld)


def test_a_hold_is_published_once() -> None:
    hold = Hold(HoldReason.PAUSED)

    assert held(TOUCH, CLAIM, hold, to=State.PLANNED, is_known=True, now=NOW).event is None


@pytest.mark.parametrize(("answered", "sendings"), [(False, 0), (True, -1)])
def test_a_failure_that_the_provider_reports_is_no_sending(answered: bool, sendings: int) -> None:
    settlement = uncertain(
        TOUCH, CLAIM, "twilio: 500", subject="", text="Hola", check_in=3, answered=answered
    )

    assert settlement.sendings == sendings
    assert isinstance(settlement.event, TouchUncertain)


PLANNED = released(TOUCH, CLAIM, "twilio: 503", to=State.PLANNED, check_in=None)


@pytest.mark.parametrize(
    ("settlement", "check_in"),
    [
        pytest.param(PLANNED, 0.0, id="the broker's message may be gone"),
        pytest.param(replace(PLANNED, check_in=5.0), 5.0, id="a job retries it anyway"),
        pytest.param(replace(PLANNED, scope="lead 1"), None, id="it waits for an operator"),
        pytest.param(
            released(TOUCH, CLAIM, "unclear", to=State.UNCERTAIN, check_in=None),
            None,
            id="it waits for a person",
        ),
        pytest.param(
            deferred(TOUCH, CLAIM, Defer(DeferReason.HOURS)), None, id="scheduler replans it"
        ),
        pytest.param(
            sent(TOUCH, CLAIM, "SM1", subject="", text="", asked_at=NOW, check_in=300),
            300,
            id="it was sent",
        ),
    ],
)
def test_a_settlement_that_is_written_late(settlement: Settlement, check_in: float | None) -> None:
    assert settlement.written_late() == replace(settlement, check_in=check_in)


def test_a_deferred_touch_names_its_booking_and_hour() -> None:
    event = deferred(TOUCH, CLAIM, Defer(DeferReason.HOURS, NOW)).event

    assert isinstance(event, TouchDeferred)
    assert (event.booking, event.not_before) == ("", NOW)


@pytest.mark.parametrize(
    ("age", "wait"), [(0, 300), (300, 300), (900, 900), (43_199, 43_199), (43_200, None)]
)
def test_a_receipt_is_asked_for_less_and_less_often_for_a_day(
    age: float, wait: float | None
) -> None:
    assert next_receipt_check(age, first=300) == wait


def without_event(settlement: Settlement) -> Settlement:
    return replace(settlement, event=None)


def test_a_touch_that_was_sent_keeps_its_text_and_its_reference() -> None:
    settlement = sent(TOUCH, CLAIM, "SM1", subject="Hola", text="Texto", asked_at=NOW, check_in=300)
    event = settlement.event

    assert without_event(settlement) == Settlement(
        TOUCH, CLAIM, State.SENT, subject="Hola", text="Texto", ref="SM1", check_in=300
    )
    assert isinstance(event, TouchSent)
    assert (event.touch_id, event.provider_ref, event.asked_at) == (TOUCH.touch_id, "SM1", NOW)
    bare = sent(TOUCH, CLAIM, "", subject="", text="", asked_at=NOW, check_in=1).event
    assert isinstance(bare, TouchSent)
    assert bare.provider_ref is None


def test_a_touch_that_failed_or_was_skipped_has_its_reason() -> None:
    failure = failed(TOUCH, CLAIM, FailureKind.BAD_ADDRESS, "21211")
    skip = skipped(TOUCH, CLAIM, SkipReason.ABROAD)

    assert without_event(failure) == Settlement(TOUCH, CLAIM, State.FAILED, reason="21211")
    assert isinstance(failure.event, TouchFailed)
    assert (failure.event.touch_id, failure.event.kind, failure.event.reason) == (
        TOUCH.touch_id,
        FailureKind.BAD_ADDRESS,
        "21211",
    )
    assert without_event(skip) == Settlement(TOUCH, CLAIM, State.SKIPPED, reason="abroad")
    assert isinstance(skip.event, TouchSkipped)
    assert (skip.event.touch_id, skip.event.reason) == (TOUCH.touch_id, SkipReason.ABROAD)


def test_a_deferred_touch_is_planned_and_was_not_sent() -> None:
    reminder = replace(TOUCH, booking=a_booking("b"))
    settlement = deferred(reminder, CLAIM, Defer(DeferReason.PAUSED))
    event = settlement.event

    assert without_event(settlement) == Settlement(
        reminder, CLAIM, State.PLANNED, reason="deferred", sendings=-1
    )
    assert isinstance(event, TouchDeferred)
    assert (event.touch_id, event.booking, event.reason) == (
        TOUCH.touch_id,
        "b",
        DeferReason.PAUSED,
    )


def test_a_held_touch_has_its_reason_and_its_scope() -> None:
    hold = Hold(HoldReason.CAPPED, scope="prefix +57300")
    settlement = held(TOUCH, CLAIM, hold, to=State.UNCERTAIN, is_known=False, now=NOW)
    event = settlement.event

    assert without_event(settlement) == Settlement(
        TOUCH,
        CLAIM,
        State.UNCERTAIN,
        reason="capped",
        sendings=-1,
        scope="prefix +57300",
    )
    assert isinstance(event, TouchHeld)
    assert (event.touch_id, event.reason, event.scope) == (
        TOUCH.touch_id,
        HoldReason.CAPPED,
        "prefix +57300",
    )


def test_a_touch_without_a_clear_answer_keeps_what_was_sent() -> None:
    settlement = uncertain(
        TOUCH, CLAIM, "timeout", subject="Hola", text="Texto", check_in=3, answered=False
    )

    assert without_event(settlement) == Settlement(
        TOUCH,
        CLAIM,
        State.UNCERTAIN,
        subject="Hola",
        text="Texto",
        reason="timeout",
        check_in=3,
    )
    assert isinstance(settlement.event, TouchUncertain)
    assert (settlement.event.touch_id, settlement.event.reason) == (TOUCH.touch_id, "timeout")


def test_a_released_touch_was_not_sent() -> None:
    delayed = TouchDelayed(**TOUCH.about(), provider="twilio", reason="503")
    settlement = released(TOUCH, CLAIM, "503", to=State.PLANNED, check_in=5, event=delayed)

    assert settlement == Settlement(
        TOUCH, CLAIM, State.PLANNED, delayed, reason="503", check_in=5, sendings=-1
    )
