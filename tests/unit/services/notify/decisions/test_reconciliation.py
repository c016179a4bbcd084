"""The next action for a touch whose sending had no clear answer."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.touch import Kind
from domain.receipts import Accepted
from services.notify.decisions.reconciliation import (
    Ambiguous,
    CheckLater,
    CheckProvider,
    Escalate,
    Resend,
    after_not_found,
    next_action,
    own_receipt,
    still_useful,
)
from services.notify.senders import CallSender, EmailSender, MessageSender, Sender
from services.notify.touches import Others
from tests.builders import a_booking, a_touch


@pytest.mark.parametrize(
    ("sender", "age", "step"),
    [
        pytest.param(CallSender, 3, CheckProvider(), id="a call is checked, never just repeated"),
        pytest.param(MessageSender, 3, CheckProvider(), id="so is a message"),
        pytest.param(EmailSender, 3, Resend(), id="a mail goes again under its key"),
        pytest.param(EmailSender, 700, CheckProvider(), id="but not when the key no longer holds"),
    ],
)
def test_the_first_step(sender: type[Sender], age: float, step: object) -> None:
    assert next_action(age, resend_within=sender.resend_within) == step


@pytest.mark.parametrize("sender", [CallSender, MessageSender, EmailSender])
def test_a_touch_that_must_not_be_resent_is_checked_and_then_escalated(
    sender: type[Sender],
) -> None:
    action = next_action(3, resend_within=sender.resend_within, not_again=True)
    assert action == CheckProvider()
    steps = [
        after_not_found(
            check_count=check_count, sendings=1, age_seconds=3, checks=(3, 15, 60), not_again=True
        )
        for check_count in (1, 2, 3)
    ]
    assert steps == [CheckLater(15), CheckLater(60), Escalate()]


@pytest.mark.parametrize(
    ("check_count", "sendings", "age", "useful", "step"),
    [
        pytest.param(1, 1, 3, False, CheckLater(15), id="listings lag: check later"),
        pytest.param(2, 1, 20, False, CheckLater(60), id="and a second time"),
        pytest.param(3, 1, 80, False, Resend(), id="surely not there"),
        pytest.param(3, 2, 160, False, Escalate(), id="not a third time"),
        pytest.param(3, 2, 160, True, Resend(), id="but for a reminder of a meeting to come"),
        pytest.param(3, 3, 240, True, Escalate(), id="and that once"),
        pytest.param(3, 0, 7200, False, Resend(), id="the provider reported a failure each time"),
        pytest.param(3, 0, 90_000, False, Escalate(), id="but not for days"),
    ],
)
def test_when_the_provider_knows_nothing_of_it(
    check_count: int, sendings: int, age: float, useful: bool, step: object
) -> None:
    after = after_not_found(
        check_count=check_count,
        sendings=sendings,
        age_seconds=age,
        checks=(3, 15, 60),
        still_useful=useful,
    )

    assert after == step


NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "starts_in", "useful"),
    [(Kind.MEETING, 60, True), (Kind.MEETING, -60, False), (Kind.FOLLOW_UP, 60, False)],
)
def test_a_reminder_is_useful_until_its_meeting_begins(
    kind: Kind, starts_in: float, useful: bool
) -> None:
    booking = a_booking().model_copy(update={"starts_at": NOW + timedelta(minutes=starts_in)})

    assert still_useful(a_touch(kind=kind, booking=booking), NOW) is useful


def test_a_repeat_is_harmless_until_the_provider_forgets_it() -> None:
    assert next_action(9.9, resend_within=10) == Resend()
    assert next_action(10, resend_within=10) == CheckProvider()


def test_a_touch_is_given_up_after_exactly_a_day_and_is_no_reminder_by_default() -> None:
    def after(sendings: int, age: float) -> object:
        return after_not_found(check_count=1, sendings=sendings, age_seconds=age, checks=(3,))

    assert after(1, 86_399) == Resend()
    assert after(1, 86_400) == Escalate()
    assert after(2, 10) == Escalate()


def test_a_reminder_is_of_no_use_when_the_meeting_begins() -> None:
    booking = a_booking()
    assert booking.starts_at is not None
    reminder = a_touch(kind=Kind.MEETING, booking=booking)

    assert still_useful(reminder, booking.starts_at - timedelta(seconds=1))
    assert not still_useful(reminder, booking.starts_at)


@pytest.mark.parametrize(
    ("found", "others", "own"),
    [
        pytest.param([], Others(frozenset(), is_sending=True), None, id="nothing was found"),
        pytest.param(
            ["a", "b"], Others(frozenset(), is_sending=False), Accepted("a"), id="the oldest"
        ),
        pytest.param(
            ["a", "b"], Others(frozenset("a"), is_sending=False), Accepted("b"), id="not another's"
        ),
        pytest.param(["a"], Others(frozenset("a"), is_sending=True), None, id="only another's"),
        pytest.param(
            ["a", "b"],
            Others(frozenset("a"), is_sending=True),
            Ambiguous(),
            id="perhaps of one that is being sent, and whose reference is not known yet",
        ),
    ],
)
def test_a_touch_takes_no_record_of_another_one(
    found: list[str], others: Others, own: Accepted | Ambiguous | None
) -> None:
    assert own_receipt([Accepted(ref) for ref in found], others) == own
