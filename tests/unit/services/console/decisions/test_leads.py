"""The state of a lead on the pages: the same in whatever order its events come."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.base import Event
from contracts.events.booking import BookingCancelled, BookingRescheduled, LeadBooked, MeetingEnded
from contracts.events.cadence import CadenceFinished
from contracts.events.call import CallAnswered, CallUnanswered, Unanswered
from contracts.events.lead import (
    Attention,
    LeadCreated,
    LeadErased,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadRegistered,
    LeadRestored,
    LeadResumed,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.reply import ASKS_A_PERSON, WAITS_FOR_A_PERSON, Intent, ReplyReceived
from contracts.events.touch import (
    Channel,
    FailureKind,
    Kind,
    SkipReason,
    TouchDeferred,
    TouchDelivered,
    TouchDue,
    TouchFailed,
    TouchSent,
    TouchSkipped,
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


def replied(intent: Intent, seconds: float = 1) -> ReplyReceived:
    return ReplyReceived(
        lead_id=LEAD, channel=Channel.WHATSAPP, text="Hola", intent=intent, at=at(seconds)
    )


def attended(seconds: float) -> LeadResumed:
    return LeadResumed(lead_id=LEAD, by="Operadora", at=at(seconds))


def opted_out(reason: str, seconds: float = 2) -> LeadOptedOut:
    return LeadOptedOut(
        lead_id=LEAD, channel="whatsapp", reason=reason, text="Baja", at=at(seconds)
    )


@pytest.mark.parametrize("intent", sorted(ASKS_A_PERSON))
def test_a_reply_waits_for_a_person_until_it_is_attended(intent: Intent) -> None:
    waiting = folded(replied(intent))

    assert (waiting.attention, waiting.attention_text) == (intent, "Hola")
    assert waiting.attention_at == at(1)
    assert waiting.paused == (intent in WAITS_FOR_A_PERSON)
    assert folded(replied(intent), attended(2)).attention is None
    assert folded(attended(2), replied(intent)).attention is None


def test_a_later_reply_waits_again() -> None:
    assert (
        folded(replied(Intent.QUESTION), attended(2), replied(Intent.WISH, 3)).attention == "wish"
    )


@pytest.mark.parametrize("intent", [Intent.THANKS, Intent.WANTS_LINK])
def test_a_reply_that_nobody_must_answer(intent: Intent) -> None:
    lead = folded(replied(intent))

    assert lead.attention is None
    assert lead.reached_at == at(1)


def test_an_automatic_answer_is_no_reply() -> None:
    assert folded(replied(Intent.AUTOMATIC)).reached_at is None


def test_no_interest_stops_until_the_person_returns() -> None:
    refused = folded(replied(Intent.NO_INTEREST))
    form = LeadUpdated(
        lead_id=LEAD, submission_id=9, person_id=LEAD, card=a_card(), returned=True, at=at(5)
    )

    assert refused.state is State.STOPPED
    assert fold(refused, form).state is State.REACHED
    assert folded(form, replied(Intent.NO_INTEREST)).state is State.REACHED


def test_a_wrong_number_stops_and_is_shown() -> None:
    lead = folded(opted_out("wrong_number"))

    assert (lead.state, lead.attention, lead.attention_text) == (
        State.STOPPED,
        "wrong_number",
        "Baja",
    )
    assert fold(lead, attended(3)).attention is None


def test_after_a_stop_nobody_waits_for_an_answer() -> None:
    assert folded(replied(Intent.QUESTION), opted_out("reply")).attention is None


def test_a_stop_is_taken_back() -> None:
    restored = LeadRestored(lead_id=LEAD, by="Operadora", at=at(3))

    assert folded(opted_out("reply"), restored).stopped is None
    assert folded(restored, opted_out("reply")).stopped is None
    assert folded(opted_out("reply"), restored, opted_out("reply", 4)).stopped == "reply"


def test_a_lead_keeps_how_it_came_the_first_time() -> None:
    ad = {"utm_campaign": "otoño", "ad_id": "23"}
    first = CREATED.model_copy(
        update={"card": a_card(attribution=ad, extra={"utm_campaign": "otoño", "color": "azul"})}
    )
    later = updated(attribution={"ad_id": "99", "gclid": "x"})

    assert folded(first, later).attribution == ad
    assert folded(later, first).attribution == ad
    assert folded(CREATED, later).attribution == {"ad_id": "99", "gclid": "x"}
    assert folded(first).other_fields == {"color": "azul"}
    assert folded(first).came_by("utm_campaign") == "otoño"
    assert folded(CREATED, updated(attribution=ad)).came_by("utm_campaign") == "otoño"
    assert folded(CREATED).came_by("utm_campaign") == ""


def test_an_address_that_is_none_is_kept_as_typed() -> None:
    assert folded(CREATED, updated(unusable_email="ana@gmail")).unusable_email == "ana@gmail"
