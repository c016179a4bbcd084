"""Folds the events of a lead into what an operator sees. Pure: the same events, the same lead.

Events of one lead may arrive in another order than they happened. So a first time is the earliest
one, and a state that changes often (a pause, a booking) keeps the time or the revision of its
latest change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from contracts.commands.base import Command
from contracts.commands.lead import EraseLead, PauseLead, RestoreLead, ResumeLead, StopLead
from contracts.events.booking import (
    BookingCancelled,
    BookingRescheduled,
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import CadenceFinished
from contracts.events.call import CallAnswered, CallUnanswered
from contracts.events.lead import (
    LeadCard,
    LeadClosed,
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
    TouchDeferred,
    TouchDelivered,
    TouchDue,
    TouchEvent,
    TouchFailed,
    TouchHeld,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from contracts.message import Message
from contracts.registry import MESSAGES as CLASSES

MESSAGES = (Channel.WHATSAPP, Channel.SMS)
CARD = (
    "name",
    "email",
    "phone",
    "unusable_phone",
    "unusable_email",
    "company",
    "service",
    "source",
)
NEWEST = ("company", "service")  # from the latest form; the source is from the first
ATTRIBUTION = "utm_"
RANKS = {
    "due": 0,
    "uncertain": 1,
    "sent": 2,
    "skipped": 3,
    "failed": 3,
    "unanswered": 4,
    "delivered": 5,
    "answered": 5,
}


PENDING: Mapping[type[Command], str] = {
    PauseLead: "pausing",
    ResumeLead: "resuming",
    StopLead: "stopping",
    RestoreLead: "restoring",
    EraseLead: "erasing",
}


class State(StrEnum):
    """The state of a lead, in an operator's words. Where several apply, the first counts."""

    ERASED = "erased"
    MET = "met"
    BOOKED = "booked"
    STOPPED = "stopped"
    PAUSED = "paused"
    FINISHED = "finished"
    REACHED = "reached"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Lead:
    """One lead. Each field is a column of `leads`; `steps` has the outcome of each step so far.

    `attention` is why a person must see it, since `attention_at`: the intent of the reply
    `attention_text`, or another reason. `restored_at` is when a stop was last taken back.

    `further` are phones and emails of the person's later forms that differ from the first form's.
    `attribution` is that of the first form that has any.
    """

    lead_id: int
    name: str = ""
    email: str = ""
    phone: str = ""
    unusable_phone: str = ""
    unusable_email: str = ""
    further: list[str] = field(default_factory=list)
    company: str = ""
    service: str = ""
    source: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    attribution: dict[str, str] = field(default_factory=dict)
    received_at: datetime | None = None
    accepted_at: datetime | None = None
    returned_at: datetime | None = None
    kommo_asked_at: datetime | None = None
    registered_at: datetime | None = None
    kommo_lead_id: int | None = None
    call_deferred_at: datetime | None = None
    call_due_at: datetime | None = None
    call_held: str | None = None
    call_asked_at: datetime | None = None
    call_sent_at: datetime | None = None
    call_ended_at: datetime | None = None
    call_end: str | None = None
    fallback_asked_at: datetime | None = None
    fallback_sent_at: datetime | None = None
    delivered_at: datetime | None = None
    reached_at: datetime | None = None
    booked_at: datetime | None = None
    revision: int = 0
    booking: str | None = None
    meets_at: datetime | None = None
    met_at: datetime | None = None
    stopped: str | None = None
    stopped_at: datetime | None = None
    superseded_by: int | None = None
    paused: bool = False
    paused_at: datetime | None = None
    attention: str | None = None
    attention_text: str = ""
    attention_at: datetime | None = None
    restored_at: datetime | None = None
    pending: str = ""
    pending_at: datetime | None = None
    finished_at: datetime | None = None
    erased_at: datetime | None = None
    calls: int = 0
    whatsapps: int = 0
    texts: int = 0
    emails: int = 0
    step: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    last_at: datetime | None = None

    @property
    def state(self) -> State:
        marks = (
            (State.ERASED, self.erased_at),
            (State.MET, self.met_at),
            (State.BOOKED, self.booking),
            (State.STOPPED, self.stopped),
            (State.PAUSED, self.paused),
            (State.FINISHED, self.finished_at),
            (State.REACHED, self.reached_at),
        )
        return next((state for state, mark in marks if mark), State.WAITING)

    @property
    def other_fields(self) -> dict[str, str]:
        """The form's fields that `attribution` does not repeat."""
        own = self.attribution.items()
        return {name: value for name, value in self.fields.items() if (name, value) not in own}

    def came_by(self, name: str) -> str:
        """Returns the value of a `utm_*` field; empty where neither form nor source has it."""
        return self.fields.get(name) or self.attribution.get(name, "")

    @property
    def waited(self) -> float | None:
        """Seconds from when the call was allowed until it was requested; None if it was not."""
        begins = self.call_begins
        if self.call_asked_at is None or begins is None:
            return None
        return max(0.0, (self.call_asked_at - begins).total_seconds())

    @property
    def call_begins(self) -> datetime | None:
        """When the welcome call's hours allowed it: at once, or when it fell due."""
        return self.call_due_at if self.call_deferred_at is not None else self.accepted_at


def read(body: Mapping[str, Any]) -> Message | None:
    """Returns the message in a row of the audit log; None if this version does not know it."""
    known = CLASSES.get(str(body.get("topic")))
    try:
        return known.model_validate(body) if known is not None else None
    except ValueError:
        return None


def fold(lead: Lead, event: Message) -> Lead:
    """Returns the lead after the event, or after a command that is still to be carried out."""
    lead = replace(lead, last_at=max(event.at, lead.last_at or event.at))
    match event:
        case LeadCreated(card=card):
            lead = replace(lead, received_at=event.received_at or event.at, accepted_at=event.at)
            return _with_first_form(lead, _personal(card))
        case LeadUpdated(card=card):
            lead = _with_later_form(lead, _personal(card))
            return _returned(lead, event.at) if event.returned else lead
        case LeadSuperseded():
            return replace(_stopped(lead, "superseded", event.at), superseded_by=event.by_lead_id)
        case LeadRegistered():
            return replace(
                lead,
                kommo_asked_at=event.asked_at or event.at,
                registered_at=event.at,
                kommo_lead_id=event.kommo_lead_id,
            )
        case CadenceFinished():
            began_again = lead.returned_at is not None and event.at < lead.returned_at
            return lead if began_again else replace(lead, finished_at=event.at)
        case LeadErased():
            empty = _personal(LeadCard(name=""))
            lead = replace(
                _attended(lead, lead.attention_at or event.at),
                erased_at=event.at,
                further=[],
                **empty,
            )
            return _carried_out(lead, ("erasing",), event.at)
        case LeadOptedOut(reason=reason, text=text):
            stopped = _stopped(lead, reason, event.at)
            if reason == Intent.WRONG_NUMBER:
                stopped = _needing(stopped, reason, text, event.at)
            return _carried_out(stopped, ("stopping",), event.at)
        case LeadClosed(reason=reason):
            stopped = _stopped(lead, str(reason), event.at)
            return _carried_out(stopped, ("stopping",), event.at)
        case LeadRestored():
            return _carried_out(_restored(lead, event.at), ("restoring",), event.at)
        case PauseLead() | ResumeLead() | StopLead() | RestoreLead() | EraseLead():
            return _commanded(lead, event)
        case LeadPaused() | LeadResumed() | LeadNeedsAttention():
            return _paused(lead, event)
        case (
            LeadBooked()
            | BookingRescheduled()
            | BookingUpdated()
            | BookingCancelled()
            | MeetingEnded()
        ):
            return _booked(lead, event)
        case ReplyReceived():
            return _replied(lead, event)
        case CallAnswered() | CallUnanswered():
            return _call_ended(lead, event)
        case TouchEvent():
            return _touched(lead, event)
        case _:
            return lead


def _personal(card: LeadCard) -> dict[str, Any]:
    values = {name: getattr(card, name) or "" for name in CARD}
    return values | {"fields": dict(card.extra), "attribution": dict(card.attribution)}


def _with_first_form(lead: Lead, first: Mapping[str, Any]) -> Lead:
    """Returns the lead with the card of the first form.

    A later form whose event arrived earlier is applied after it.
    """
    if lead.erased_at:
        return lead
    later = {name: getattr(lead, name) for name in (*CARD, "fields", "attribution")}
    return _with_later_form(replace(lead, **first), later)


def _with_later_form(lead: Lead, card: Mapping[str, Any]) -> Lead:
    """Returns the lead with a later form: missing and newer values, further phones and emails."""
    if lead.erased_at:
        return lead
    missing = {name: card[name] for name in CARD if card[name] and not getattr(lead, name)}
    newer = {name: card[name] for name in NEWEST if card[name]}
    first = {name: value for name, value in lead.fields.items() if name.startswith(ATTRIBUTION)}
    own = (lead.phone, lead.email, *lead.further)
    fields = {**lead.fields, **card["fields"], **first}
    attribution = lead.attribution or card["attribution"]
    lead = replace(lead, **{**missing, **newer, "fields": fields, "attribution": attribution})
    others = [card[name] for name in ("phone", "email")]
    further = [other for other in others if other and other not in (lead.phone, lead.email, *own)]
    return replace(lead, further=[*lead.further, *further])


def _returned(lead: Lead, at: datetime) -> Lead:
    """Returns the lead with a restarted follow-up, which only a later event finishes."""
    finished_since = lead.finished_at is not None and lead.finished_at > at
    return replace(
        lead,
        returned_at=max(at, lead.returned_at or at),
        finished_at=lead.finished_at if finished_since else None,
        stopped=None if _ended_before(lead, at) else lead.stopped,
        stopped_at=None if _ended_before(lead, at) else lead.stopped_at,
    )


def _ended_before(lead: Lead, at: datetime) -> bool:
    """Returns whether the person was not interested, until they filled in a form again."""
    return (
        lead.stopped == Intent.NO_INTEREST and lead.stopped_at is not None and lead.stopped_at < at
    )


def _replied(lead: Lead, event: ReplyReceived) -> Lead:
    """Returns the lead after a reply: it was reached, and may wait for a person of the team."""
    if event.intent is Intent.AUTOMATIC:
        return lead
    lead = replace(lead, reached_at=_first(lead.reached_at, event.at))
    if event.intent is Intent.NO_INTEREST:
        began_again = lead.returned_at is not None and event.at < lead.returned_at
        return lead if began_again else _stopped(lead, str(event.intent), event.at)
    if event.intent not in ASKS_A_PERSON:
        return lead
    lead = _needing(lead, str(event.intent), event.text, event.at)
    late = lead.paused_at is not None and event.at < lead.paused_at
    if event.intent not in WAITS_FOR_A_PERSON or late:
        return lead
    return replace(lead, paused=True, paused_at=event.at)


def _needing(lead: Lead, reason: str, text: str, at: datetime) -> Lead:
    """Returns the lead as one that a person must see, unless a later event says that one has.

    Of several reasons the last one is shown, since the first.
    """
    attended = lead.paused_at is not None and at < lead.paused_at and not lead.paused
    if lead.erased_at or attended:
        return lead
    since = lead.attention_at if lead.attention and lead.attention_at else at
    return replace(lead, attention=reason, attention_text=text, attention_at=min(since, at))


def _restored(lead: Lead, at: datetime) -> Lead:
    """Returns the lead without a stop that came before it was taken back."""
    lead = replace(lead, restored_at=max(at, lead.restored_at or at))
    if lead.stopped_at is not None and lead.stopped_at > at:
        return lead
    return replace(lead, stopped=None, stopped_at=None)


def _commanded(
    lead: Lead, command: PauseLead | ResumeLead | StopLead | RestoreLead | EraseLead
) -> Lead:
    """Notes the command as pending until the event of its owner, which may have been faster."""
    pending = PENDING[type(command)]
    done_at = {
        "pausing": lead.paused_at,
        "resuming": lead.paused_at,
        "stopping": lead.stopped_at,
        "restoring": lead.restored_at,
        "erasing": lead.erased_at,
    }[pending]
    if done_at is not None and done_at >= command.at:
        return lead
    return replace(lead, pending=pending, pending_at=command.at)


def _carried_out(lead: Lead, pending: tuple[str, ...], at: datetime) -> Lead:
    answered = lead.pending in pending and lead.pending_at is not None and lead.pending_at <= at
    return replace(lead, pending="", pending_at=None) if answered else lead


def _stopped(lead: Lead, reason: str, at: datetime) -> Lead:
    if lead.restored_at is not None and at <= lead.restored_at:
        return lead
    first = lead.stopped_at is None or at < lead.stopped_at
    lead = _attended(lead, at)  # nobody waits for an answer any more
    return replace(lead, stopped=reason, stopped_at=at) if first else lead


def _attended(lead: Lead, at: datetime) -> Lead:
    """Returns the lead as one that no person must see for what came before `at`."""
    if lead.attention_at is None or lead.attention_at > at:
        return lead
    return replace(lead, attention=None, attention_text="", attention_at=None)


def _paused(lead: Lead, event: LeadPaused | LeadResumed | LeadNeedsAttention) -> Lead:
    """Applies the latest event; a lead that needs attention waits until an operator resumes it."""
    if not isinstance(event, LeadNeedsAttention):
        lead = _carried_out(lead, ("pausing", "resuming"), event.at)
    late = lead.paused_at is not None and event.at < lead.paused_at
    in_time = lead.paused or not late
    if isinstance(event, LeadNeedsAttention) and in_time and not lead.stopped:
        lead = _needing(lead, str(event.reason), "", event.at)
    if late:
        return lead
    if isinstance(event, LeadResumed):
        return _attended(replace(lead, paused=False, paused_at=event.at), event.at)
    return replace(lead, paused=True, paused_at=event.at)


def _booked(
    lead: Lead,
    event: LeadBooked | BookingRescheduled | BookingUpdated | BookingCancelled | MeetingEnded,
) -> Lead:
    if isinstance(event, LeadBooked | BookingRescheduled):
        lead = replace(lead, booked_at=_first(lead.booked_at, event.at))
    if isinstance(event, MeetingEnded) and event.attended:
        lead = replace(lead, met_at=_first(lead.met_at, event.ended_at))
    if event.revision <= lead.revision:
        return lead
    match event:
        case (
            LeadBooked(booking=booking)
            | BookingRescheduled(booking=booking)
            | BookingUpdated(booking=booking)
        ):
            return replace(
                lead, revision=event.revision, booking=booking.uid, meets_at=booking.starts_at
            )
        case BookingCancelled():
            return replace(lead, revision=event.revision, booking=None, meets_at=None)
        case _:
            return replace(lead, revision=event.revision)


def _call_ended(lead: Lead, event: CallAnswered | CallUnanswered) -> Lead:
    lead = replace(lead, call_ended_at=_first(lead.call_ended_at, event.at))
    if isinstance(event, CallUnanswered):
        lead = replace(lead, call_end=lead.call_end or str(event.reason))
        return _stepped(lead, event.step, "unanswered")
    lead = replace(
        lead,
        call_end=lead.call_end or "answered",
        reached_at=_first(lead.reached_at, event.at),
    )
    return _stepped(lead, event.step, "answered")


def _touched(lead: Lead, event: TouchEvent) -> Lead:
    if event.channel is Channel.CALL:
        lead = _call_touched(lead, event)
    match event:
        case TouchDue():
            return _stepped(lead, event.step, "due")
        case TouchSent():
            return _sent(lead, event)
        case TouchDelivered():
            return _delivered(lead, event)
        case TouchFailed():
            return _stepped(lead, event.step, "failed")
        case TouchSkipped():
            return _stepped(lead, event.step, "skipped")
        case TouchUncertain() | TouchUnresolved():
            return _stepped(lead, event.step, "uncertain")
        case _:
            return lead


def _call_touched(lead: Lead, event: TouchEvent) -> Lead:
    """Returns the lead with the times and the end of its call, but for those of `touch.sent`."""
    match event:
        case TouchDue():
            return replace(lead, call_due_at=event.at)
        case TouchDeferred():
            return replace(lead, call_deferred_at=_first(lead.call_deferred_at, event.at))
        case TouchHeld(reason=reason):
            return replace(lead, call_held=lead.call_held or str(reason))
        case TouchFailed():
            return replace(
                lead,
                call_asked_at=_first(lead.call_asked_at, event.at),
                call_end=lead.call_end or "failed",
            )
        case TouchSkipped():
            return replace(lead, call_end=lead.call_end or "skipped")
        case _:
            return lead


def _sent(lead: Lead, event: TouchSent) -> Lead:
    asked = event.asked_at or event.at
    lead = _stepped(_counted(lead, event.channel), event.step, "sent")
    if event.channel is Channel.CALL:
        return replace(
            lead,
            call_asked_at=_first(lead.call_asked_at, asked),
            call_sent_at=_first(lead.call_sent_at, event.at),
        )
    if event.channel in MESSAGES and (
        lead.fallback_sent_at is None or event.at < lead.fallback_sent_at
    ):
        return replace(lead, fallback_asked_at=asked, fallback_sent_at=event.at)
    return lead


def _counted(lead: Lead, channel: Channel) -> Lead:
    match channel:
        case Channel.CALL:
            return replace(lead, calls=lead.calls + 1)
        case Channel.WHATSAPP:
            return replace(lead, whatsapps=lead.whatsapps + 1)
        case Channel.SMS:
            return replace(lead, texts=lead.texts + 1)
        case Channel.EMAIL:
            return replace(lead, emails=lead.emails + 1)
        case _:
            assert_never(channel)


def _delivered(lead: Lead, event: TouchDelivered) -> Lead:
    lead = _stepped(lead, event.step, "delivered")
    if event.channel not in MESSAGES:
        return lead
    return replace(
        lead,
        delivered_at=_first(lead.delivered_at, event.at),
        reached_at=_first(lead.reached_at, event.at),
    )


def _stepped(lead: Lead, step: str, outcome: str) -> Lead:
    """Returns the lead with the outcome of a step.

    A step that was reached on one channel stays reached, whatever happens on the others. The lead
    keeps its place in the follow-up while it has a booking, and when a receipt comes late.
    """
    before = lead.steps.get(step)
    if before is not None and RANKS[outcome] < RANKS[before]:
        return lead
    place = lead.step if lead.booking or before is not None else step
    return replace(lead, step=place, steps=lead.steps | {step: outcome})


def _first(before: datetime | None, at: datetime) -> datetime:
    return at if before is None else min(before, at)
