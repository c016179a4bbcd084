"""The state of a lead on the pages: the same in whatever order its events come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.commands.base import Command
from contracts.commands.lead import EraseLead, PauseLead, ResumeLead, StopLead
from contracts.events.base import Event
from contracts.events.booking import BookingCancelled, BookingRescheduled, LeadBooked, MeetingEnded
from contracts.events.cadence import CadenceFinished
from contracts.events.call import CallAnswered, CallUnanswered, Unanswered
from contracts.events.lead import (
    Attention,
    Closing,
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadRegistered,
    LeadResumed,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.outbound import OutboundResumed
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import (
    Channel,
    FailureKind,
    HoldReason,
    Kind,
    SkipReason,
    TouchDeferred,
    TouchDelivered,
    TouchDue,
    TouchFailed,
    TouchHeld,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from contracts.message import Message
from services.console.decisions.leads import Lead, State, fold, read
from tests.builders import a_booking, a_card

T0 = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
LEAD = 7


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def touch(
    event: type[Any], channel: Channel, seconds: float, step: str = "welcome_call", **more: Any
) -> Any:
    about = {
        "lead_id": LEAD,
        "touch_id": UUID(int=1),
        "step": step,
        "channel": channel,
        "at": at(seconds),
    }
    return event(**about, **more)


CREATED = LeadCreated(lead_id=LEAD, card=a_card(), at=at(0.01), received_at=at(0))
REGISTERED = LeadRegistered(lead_id=LEAD, kommo_lead_id=99, at=at(1.5), asked_at=at(1))
DIALLED = touch(TouchSent, Channel.CALL, 0.3, asked_at=at(0.05))
UNANSWERED = CallUnanswered(
    lead_id=LEAD, touch_id=UUID(int=1), step="welcome_call", reason=Unanswered.VOICEMAIL, at=at(20)
)
ANSWERED = CallAnswered(lead_id=LEAD, touch_id=UUID(int=1), step="welcome_call", at=at(12))
FELL_BACK = touch(TouchSent, Channel.WHATSAPP, 20.4, asked_at=at(20.1))
DELIVERED = touch(TouchDelivered, Channel.WHATSAPP, 22)
BOOKED = LeadBooked(lead_id=LEAD, booking=a_booking("b1"), revision=1, at=at(100))
MOVED = BookingRescheduled(
    lead_id=LEAD, booking=a_booking("b2"), previous_uid="b1", revision=2, at=at(200)
)
CANCELLED = BookingCancelled(lead_id=LEAD, uid="b2", revision=3, at=at(300))
ENDED = MeetingEnded(lead_id=LEAD, uid="b2", ended_at=at(400), revision=4, at=at(401))
OPTED_OUT = LeadOptedOut(lead_id=LEAD, channel="whatsapp", reason="reply", at=at(50))
PAUSED = LeadPaused(lead_id=LEAD, by="ana", at=at(60))
RESUMED = LeadResumed(lead_id=LEAD, by="ana", at=at(70))
ERASED = LeadErased(lead_id=LEAD, by="ana", at=at(80))
FINISHED = CadenceFinished(lead_id=LEAD, at=at(90))
SUPERSEDED = LeadSuperseded(lead_id=LEAD, by_lead_id=9, person_id=LEAD, at=at(110))
NEEDS_ATTENTION = LeadNeedsAttention(
    lead_id=LEAD, reason=Attention.ADDED_ADDRESS_STOPPED, at=at(65)
)
REPLIED = ReplyReceived(
    lead_id=LEAD, channel=Channel.SMS, text="hola", intent=Intent.OTHER, at=at(95)
)


def folded(*events: Message) -> Lead:
    return reduce(fold, events, Lead(LEAD))


def updated(seconds: float = 92, *, returned: bool = False, **card: Any) -> LeadUpdated:
    """Returns the event of a later form of the same person."""
    about = {"lead_id": LEAD, "submission_id": 8, "person_id": LEAD, "at": at(seconds)}
    return LeadUpdated(**about, card=a_card(**card), returned=returned)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([CREATED], State.WAITING),
        ([CREATED, DIALLED, UNANSWERED], State.WAITING),
        ([CREATED, DIALLED, ANSWERED], State.REACHED),
        ([CREATED, DELIVERED], State.REACHED),
        ([CREATED, REPLIED], State.REACHED),
        ([CREATED, touch(TouchDelivered, Channel.EMAIL, 2)], State.WAITING),
        ([CREATED, FINISHED], State.FINISHED),
        ([CREATED, PAUSED], State.PAUSED),
        ([CREATED, RESUMED, PAUSED], State.WAITING),
        ([CREATED, OPTED_OUT, PAUSED], State.STOPPED),
        ([CREATED, BOOKED], State.BOOKED),
        ([CREATED, BOOKED, OPTED_OUT], State.BOOKED),
        ([CREATED, DELIVERED, BOOKED, MOVED, CANCELLED], State.REACHED),
        ([CREATED, CANCELLED, BOOKED], State.WAITING),
        ([CREATED, BOOKED, MOVED, ENDED], State.MET),
        ([CREATED, BOOKED, ENDED.model_copy(update={"attended": False})], State.BOOKED),
        ([CREATED, BOOKED, ERASED], State.ERASED),
        ([CREATED, SUPERSEDED], State.STOPPED),
        ([CREATED, NEEDS_ATTENTION], State.PAUSED),
        ([CREATED, NEEDS_ATTENTION, RESUMED], State.WAITING),
        ([CREATED, RESUMED, NEEDS_ATTENTION], State.WAITING),
        ([CREATED, FINISHED, updated()], State.FINISHED),
        ([CREATED, FINISHED, updated(returned=True)], State.WAITING),
        ([CREATED, updated(returned=True), FINISHED], State.WAITING),
        ([CREATED, updated(85, returned=True), FINISHED], State.FINISHED),
    ],
)
def test_the_state_of_a_lead(events: list[Event], state: State) -> None:
    assert folded(*events).state is state


def test_the_wait_is_from_when_the_call_could_be_made() -> None:
    assert folded(CREATED, DIALLED).waited == pytest.approx(0.04)

    deferred = touch(TouchDeferred, Channel.CALL, 0.02)
    due = touch(TouchDue, Channel.CALL, 40_000, kind=Kind.FIRST_CONTACT, template="welcome")
    dialled = touch(TouchSent, Channel.CALL, 40_002, asked_at=at(40_001.5))
    assert folded(CREATED, deferred).waited is None
    assert folded(CREATED, deferred, due, dialled).waited == pytest.approx(1.5)


def test_a_step_that_arrived_on_one_channel_arrived() -> None:
    failed = touch(
        TouchFailed, Channel.WHATSAPP, 21, "day_3", kind=FailureKind.UNREACHABLE, reason="63024"
    )
    by_sms = touch(TouchDelivered, Channel.SMS, 22, "day_3")
    skipped = touch(TouchSkipped, Channel.EMAIL, 23, "day_6", reason=SkipReason.BOOKED)
    lead = folded(CREATED, by_sms, failed, skipped)

    assert lead.steps == {"day_3": "delivered", "day_6": "skipped"}


def test_the_step_in_the_follow_up_stays_while_a_booking_is_current() -> None:
    day_3 = touch(TouchSent, Channel.WHATSAPP, 90, "day_3")
    confirmation = touch(TouchSent, Channel.WHATSAPP, 101, "confirmation")

    assert folded(CREATED, day_3, BOOKED, confirmation).step == "day_3"


def test_a_later_form_fills_missing_fields_and_updates_others() -> None:
    first = CREATED.model_copy(
        update={"card": a_card(company=None, extra={"utm_source": "ads", "m": "1"})}
    )
    later = updated(
        company="Otra SA", service="CRM", source="Landing 2", extra={"utm_source": "x", "m": "2"}
    )
    lead = folded(first, later)

    assert (lead.company, lead.service, lead.source) == ("Otra SA", "CRM", "Landing 1")
    assert lead.fields == {"utm_source": "ads", "m": "2"}
    assert folded(later, first) == lead


def test_further_phones_and_emails_are_kept_beside_the_first_ones() -> None:
    first = CREATED.model_copy(update={"card": a_card(phone=None)})
    added = updated(phone="+525512345678", email="otra@example.com")
    more = updated(93, phone="+525587654321", email="otra@example.com")
    lead = folded(first, added, more)

    assert (lead.phone, lead.email) == ("+525512345678", "ana@example.com")
    assert lead.further == ["otra@example.com", "+525587654321"]


def test_a_returning_lead_keeps_its_earlier_steps() -> None:
    day_3 = touch(TouchSent, Channel.WHATSAPP, 80, "day_3")
    lead = folded(CREATED, day_3, FINISHED, updated(returned=True))

    assert (lead.finished_at, lead.step, lead.steps) == (None, "day_3", {"day_3": "sent"})


def test_a_lead_is_superseded_unless_it_was_stopped_before() -> None:
    assert (folded(CREATED, SUPERSEDED).stopped, folded(CREATED, SUPERSEDED).superseded_by) == (
        "superseded",
        9,
    )
    assert folded(CREATED, OPTED_OUT, SUPERSEDED).stopped == "reply"
    assert folded(CREATED, SUPERSEDED, OPTED_OUT).stopped == "reply"


def test_a_lead_needs_attention_until_an_operator_resumes_it() -> None:
    assert folded(CREATED, NEEDS_ATTENTION).attention == "added_address_stopped"
    assert folded(CREATED, PAUSED, NEEDS_ATTENTION).attention == "added_address_stopped"
    assert folded(CREATED, NEEDS_ATTENTION, RESUMED).attention is None
    assert folded(CREATED, RESUMED, NEEDS_ATTENTION).attention is None
    assert folded(CREATED, NEEDS_ATTENTION, ERASED).attention is None


def test_an_unusable_phone_is_kept_apart() -> None:
    unusable = CREATED.model_copy(
        update={"card": a_card(phone=None, unusable_phone="900 123 4567")}
    )

    assert (folded(unusable).phone, folded(unusable).unusable_phone) == ("", "900 123 4567")


def test_an_event_that_this_version_does_not_know_is_ignored() -> None:
    assert read({"topic": "lead.sang", "lead_id": 7}) is None
    assert read({"topic": "lead.created", "lead_id": "none"}) is None


@given(
    st.permutations(
        [CREATED, REGISTERED, DIALLED, UNANSWERED, FELL_BACK, DELIVERED, BOOKED, MOVED, CANCELLED]
    )
)
def test_the_order_of_arrival_does_not_matter(events: list[Event]) -> None:
    in_order = folded(
        CREATED, REGISTERED, DIALLED, UNANSWERED, FELL_BACK, DELIVERED, BOOKED, MOVED, CANCELLED
    )

    lead = folded(*events)
    assert {n: getattr(lead, n) for n in Lead.__slots__ if n != "step"} == {
        n: getattr(in_order, n) for n in Lead.__slots__ if n != "step"
    }


def test_a_whole_life() -> None:
    card = a_card(extra={"utm_source": "ads"})
    lead = folded(
        CREATED.model_copy(update={"card": card}),
        REGISTERED,
        touch(TouchSent, Channel.EMAIL, 0.2, "welcome_email"),
        DIALLED,
        UNANSWERED,
        FELL_BACK,
        touch(TouchSent, Channel.SMS, 30, "day_3", asked_at=at(29)),
        DELIVERED,
        BOOKED,
        MOVED,
        ENDED,
    )

    assert lead == Lead(
        LEAD,
        name="Ana Torres",
        email="ana@example.com",
        phone="+528112345678",
        company="Demo SA",
        service="Consultoría IA",
        source="Landing 1",
        fields={"utm_source": "ads"},
        received_at=at(0),
        accepted_at=at(0.01),
        kommo_asked_at=at(1),
        registered_at=at(1.5),
        kommo_lead_id=99,
        call_asked_at=at(0.05),
        call_sent_at=at(0.3),
        call_ended_at=at(20),
        call_end="voicemail",
        fallback_asked_at=at(20.1),
        fallback_sent_at=at(20.4),
        delivered_at=at(22),
        reached_at=at(22),
        booked_at=at(100),
        revision=4,
        booking="b2",
        meets_at=MOVED.booking.starts_at,
        met_at=at(400),
        calls=1,
        whatsapps=1,
        texts=1,
        emails=1,
        step="day_3",
        steps={"welcome_email": "sent", "welcome_call": "delivered", "day_3": "sent"},
        last_at=at(401),
    )


def test_without_its_own_times_an_event_counts_when_it_came() -> None:
    created = LeadCreated(lead_id=LEAD, card=a_card(), at=at(5))
    registered = LeadRegistered(lead_id=LEAD, kommo_lead_id=99, at=at(6))
    lead = folded(created, registered, touch(TouchSent, Channel.CALL, 7))
    texted = folded(touch(TouchSent, Channel.SMS, 8))

    assert (lead.received_at, lead.accepted_at) == (at(5), at(5))
    assert (lead.kommo_asked_at, lead.registered_at) == (at(6), at(6))
    assert (lead.call_asked_at, lead.call_sent_at) == (at(7), at(7))
    assert (texted.fallback_asked_at, texted.fallback_sent_at) == (at(8), at(8))


def test_the_first_of_several_counts_and_the_latest_is_the_last() -> None:
    again = {
        "call": touch(TouchSent, Channel.CALL, 50, asked_at=at(49)),
        "text": touch(TouchSent, Channel.WHATSAPP, 51, asked_at=at(50.5)),
        "receipt": touch(TouchDelivered, Channel.WHATSAPP, 52),
        "end": UNANSWERED.model_copy(update={"at": at(53), "reason": Unanswered.BUSY}),
        "same instant": touch(TouchSent, Channel.SMS, 20.4, asked_at=at(20.3)),
    }
    first = folded(CREATED, DIALLED, UNANSWERED, FELL_BACK, DELIVERED)
    lead = folded(CREATED, DIALLED, UNANSWERED, FELL_BACK, DELIVERED, *again.values())

    times = [
        "call_asked_at",
        "call_sent_at",
        "call_ended_at",
        "call_end",
        "fallback_asked_at",
        "fallback_sent_at",
        "delivered_at",
        "reached_at",
    ]
    assert [getattr(lead, time) for time in times] == [getattr(first, time) for time in times]
    assert (lead.calls, lead.whatsapps, lead.texts) == (2, 2, 1)
    assert lead.last_at == at(53)
    assert folded(touch(TouchSent, Channel.SMS, 9), CREATED).last_at == at(9)


def test_how_a_call_ended() -> None:
    failed = touch(TouchFailed, Channel.CALL, 3, kind=FailureKind.BAD_ADDRESS, reason="21211")
    skipped = touch(TouchSkipped, Channel.CALL, 3, reason=SkipReason.ABROAD)
    held = touch(TouchHeld, Channel.CALL, 2, reason=HoldReason.CAPPED)
    released = touch(TouchHeld, Channel.CALL, 3, reason=HoldReason.PAUSED)
    answered = folded(CREATED, DIALLED, ANSWERED)

    assert (answered.call_end, answered.call_ended_at) == ("answered", at(12))
    assert (answered.reached_at, answered.steps) == (at(12), {"welcome_call": "answered"})
    assert folded(CREATED, UNANSWERED, ANSWERED).call_end == "voicemail"
    assert folded(CREATED, UNANSWERED).steps == {"welcome_call": "unanswered"}
    assert (folded(failed).call_end, folded(failed).call_asked_at) == ("failed", at(3))
    assert folded(failed).steps == {"welcome_call": "failed"}
    assert (folded(skipped).call_end, folded(skipped).call_asked_at) == ("skipped", None)
    assert folded(ANSWERED, failed, skipped).call_end == "answered"
    assert folded(skipped, failed).call_end == "skipped"
    assert folded(held, released).call_held == "capped"
    text = touch(TouchFailed, Channel.SMS, 3, kind=FailureKind.BAD_ADDRESS, reason="21211")
    assert (folded(text).call_end, folded(text).call_asked_at) == (None, None)


def test_the_hours_of_a_call() -> None:
    deferred = touch(TouchDeferred, Channel.CALL, 0.02)
    later = touch(TouchDeferred, Channel.CALL, 0.5)
    due = touch(TouchDue, Channel.CALL, 40, kind=Kind.FIRST_CONTACT, template="welcome")
    lead = folded(CREATED, deferred, later, due)

    assert (lead.call_deferred_at, lead.call_due_at) == (at(0.02), at(40))
    assert lead.call_begins == at(40)
    assert folded(CREATED, due).call_begins == at(0.01)
    early = touch(TouchSent, Channel.CALL, 39, asked_at=at(38))
    assert folded(CREATED, deferred, due, early).waited == 0
    assert folded(DIALLED).waited is None


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        pytest.param([TouchDue], "due", id="due"),
        pytest.param([TouchDue, TouchUncertain], "uncertain", id="no clear answer"),
        pytest.param([TouchDue, TouchUnresolved], "uncertain", id="nobody knows"),
        pytest.param([TouchUncertain, TouchSent], "sent", id="sent after all"),
        pytest.param([TouchSent, TouchDue], "sent", id="what came late changes nothing"),
        pytest.param([TouchSent, TouchSkipped], "skipped", id="skipped"),
        pytest.param([TouchSkipped, TouchFailed], "failed", id="the later of two equals"),
        pytest.param([TouchFailed, TouchDelivered], "delivered", id="delivered"),
    ],
)
def test_the_outcome_of_a_step(events: list[type[Any]], outcome: str) -> None:
    more: dict[type[Any], dict[str, Any]] = {
        TouchDue: {"kind": Kind.FOLLOW_UP, "template": "day_3"},
        TouchUncertain: {"reason": "timeout"},
        TouchSkipped: {"reason": SkipReason.BOOKED},
        TouchFailed: {"kind": FailureKind.UNREACHABLE, "reason": "63024"},
    }
    touches = [touch(event, Channel.SMS, 1, "day_3", **more.get(event, {})) for event in events]

    assert folded(*touches).steps == {"day_3": outcome}
    assert folded(*touches).step == "day_3"


def test_a_late_receipt_does_not_move_the_lead_back() -> None:
    day_3 = touch(TouchSent, Channel.SMS, 1, "day_3")
    day_6 = touch(TouchSent, Channel.EMAIL, 2, "day_6")
    receipt = touch(TouchDelivered, Channel.SMS, 3, "day_3")

    assert folded(day_3, day_6, receipt).step == "day_6"


# ---- commands, until their owner has carried them out


@pytest.mark.parametrize(
    ("command", "pending", "done"),
    [
        pytest.param(PauseLead, "pausing", PAUSED, id="pause"),
        pytest.param(ResumeLead, "resuming", RESUMED, id="resume"),
        pytest.param(StopLead, "stopping", OPTED_OUT, id="stop"),
        pytest.param(
            StopLead,
            "stopping",
            LeadClosed(lead_id=LEAD, reason=Closing.LOST, at=at(50)),
            id="stop, as a close",
        ),
        pytest.param(EraseLead, "erasing", ERASED, id="erase"),
    ],
)
def test_a_command_is_pending_until_it_is_carried_out(
    command: type[Command], pending: str, done: Event
) -> None:
    def given(seconds: float) -> Command:
        when = done.at + timedelta(seconds=seconds)
        return command(lead_id=LEAD, by="ana", at=when)  # type: ignore[call-arg]

    waiting = folded(CREATED, given(-1))
    assert (waiting.pending, waiting.pending_at) == (pending, given(-1).at)
    for seconds in (-1, 0):
        assert folded(CREATED, given(seconds), done).pending == ""
        assert folded(CREATED, given(seconds), done).pending_at is None
        assert folded(CREATED, done, given(seconds)).pending == "", "its owner was faster"
    later = folded(CREATED, done, given(1))
    assert (later.pending, later.pending_at) == (pending, given(1).at)
    assert folded(CREATED, given(1), done).pending == pending, "an answer to an earlier one"


def test_a_command_is_not_carried_out_by_another_ones_event() -> None:
    stop = StopLead(lead_id=LEAD, by="ana", at=at(40))
    erase = EraseLead(lead_id=LEAD, by="ana", at=at(40))

    assert folded(CREATED, stop, PAUSED, RESUMED, ERASED).pending == "stopping"
    assert folded(CREATED, erase, PAUSED, OPTED_OUT).pending == "erasing"
    needs = PauseLead(lead_id=LEAD, by="ana", at=at(40))
    assert folded(CREATED, needs, NEEDS_ATTENTION).pending == "pausing"


def test_the_latest_pause_counts_in_whatever_order_it_comes() -> None:
    paused = folded(PAUSED)
    resumed = folded(PAUSED, RESUMED)

    assert (paused.paused, paused.paused_at) == (True, at(60))
    assert (resumed.paused, resumed.paused_at) == (False, at(70))
    same_instant = RESUMED.model_copy(update={"at": at(60)})
    assert not folded(PAUSED, same_instant).paused
    assert folded(NEEDS_ATTENTION).paused_at == at(65)
    assert folded(ERASED, NEEDS_ATTENTION).attention is None


def test_the_first_stop_counts_in_whatever_order_it_comes() -> None:
    closed = LeadClosed(lead_id=LEAD, reason=Closing.WON, at=at(40))

    assert (folded(OPTED_OUT).stopped, folded(OPTED_OUT).stopped_at) == ("reply", at(50))
    assert folded(OPTED_OUT, closed).stopped == "won"
    assert folded(closed, OPTED_OUT).stopped_at == at(40)
    same_instant = LeadClosed(lead_id=LEAD, reason=Closing.WON, at=at(50))
    assert folded(OPTED_OUT, same_instant).stopped == "reply"
    assert folded(SUPERSEDED).stopped_at == at(110)


def test_an_erased_lead_keeps_nothing_personal_whatever_comes_late() -> None:
    card = a_card(extra={"m": "1"}, unusable_phone="900")
    created = CREATED.model_copy(update={"card": card})
    added = updated(phone="+525512345678")
    lead = folded(created, added, NEEDS_ATTENTION, ERASED)

    nothing = dict.fromkeys(("name", "email", "phone", "unusable_phone"), "")
    nothing |= dict.fromkeys(("company", "service", "source"), "")
    for erased in (lead, folded(ERASED, created, added)):
        assert {name: getattr(erased, name) for name in nothing} == nothing
        assert (erased.fields, erased.further) == ({}, [])
        assert (erased.erased_at, erased.attention) == (at(80), None)


def test_a_cancelled_booking_leaves_nothing_but_its_first_time() -> None:
    lead = folded(CREATED, BOOKED, MOVED, CANCELLED)

    assert (lead.booking, lead.meets_at, lead.revision) == (None, None, 3)
    assert lead.booked_at == at(100)
    assert folded(MOVED, BOOKED).booking == "b2"
    absent = ENDED.model_copy(update={"attended": False})
    assert (folded(BOOKED, absent).met_at, folded(BOOKED, absent).revision) == (None, 4)
    earlier = ENDED.model_copy(update={"ended_at": at(390)})
    assert folded(ENDED, earlier).met_at == at(390)
    of_one_revision = BOOKED.model_copy(update={"booking": a_booking("other")})
    assert folded(BOOKED, of_one_revision).booking == "b1"


def test_a_return_keeps_the_latest_time_and_a_later_end() -> None:
    twice = folded(updated(95, returned=True), updated(92, returned=True))

    assert twice.returned_at == at(95)
    assert folded(FINISHED, updated(90, returned=True)).finished_at is None
    assert folded(FINISHED, updated(89, returned=True)).finished_at == at(90)
    assert folded(updated(90, returned=True), FINISHED).finished_at == at(90)
    assert folded(updated(92), FINISHED).returned_at is None


def test_an_event_of_the_audit_log_is_read_as_it_was_written() -> None:
    assert read(CREATED.model_dump(mode="json")) == CREATED


def test_a_later_end_of_call_or_meeting_does_not_replace_the_first() -> None:
    failed = touch(TouchFailed, Channel.CALL, 3, kind=FailureKind.BAD_ADDRESS, reason="21211")
    replied = REPLIED.model_copy(update={"at": at(5)})
    later = ENDED.model_copy(update={"ended_at": at(410)})

    assert folded(DIALLED, failed).call_asked_at == at(0.05)
    assert folded(replied, ANSWERED).reached_at == at(5)
    assert folded(ENDED, later).met_at == at(400)


def test_an_event_of_no_consequence_moves_only_the_last_time() -> None:
    other = OutboundResumed(by="ana", at=at(5))

    assert folded(CREATED, other) == replace(folded(CREATED), last_at=at(5))
    assert folded(ANSWERED, REPLIED).reached_at == at(12)
