"""What crm does when an event arrives: notes what Kommo should know. The worker tells Kommo, at Kommo's pace."""

from typing import Annotated

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.events.base import Event
from contracts.events.booking import (
    BookingAttached,
    BookingCancelled,
    BookingMoved,
    BookingUnmatched,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import CadenceFinished
from contracts.events.call import CallAnswered, CallUnanswered
from contracts.events.failed_work import DiscardWork, RetryWork, WorkFailed
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadOptedOut,
    LeadRegistered,
    LeadUnregistered,
    LeadUpdated,
)
from contracts.events.outbound import OutboundPaused, OutboundResumed, ProviderAway, ProviderBack
from contracts.events.reply import ReplyReceived
from contracts.events.touch import TouchDelivered, TouchFailed, TouchSent, TouchSkipped, TouchUncertain, TouchUnknown
from kit.messaging.broker import ACKNOWLEDGE, EVENTS, work
from services.crm.decisions.kommo import first_note, note
from services.crm.deps import FromApp

Outcome = Annotated[
    TouchSent
    | TouchDelivered
    | TouchFailed
    | TouchSkipped
    | TouchUncertain
    | TouchUnknown
    | CallAnswered
    | CallUnanswered
    | ReplyReceived
    | LeadOptedOut
    | LeadUpdated
    | LeadBooked
    | BookingMoved
    | BookingCancelled
    | MeetingEnded
    | CadenceFinished,
    Field(discriminator="topic"),
]

LEADS = work("crm.leads", LeadCreated, at_once=4)
NOTES = work(
    "crm.notes",
    *(TouchSent, TouchDelivered, TouchFailed, TouchSkipped, TouchUncertain, TouchUnknown),
    *(CallAnswered, CallUnanswered, ReplyReceived, LeadOptedOut, LeadUpdated),
    *(LeadBooked, BookingMoved, BookingCancelled, MeetingEnded, CadenceFinished),
    at_once=4,
)
SWITCH = work("crm.switch", OutboundPaused, OutboundResumed, at_once=1)
ORDERS = work("crm.orders", BookingAttached, LeadErased, RetryWork, DiscardWork, at_once=2)
WORKS = (LEADS, NOTES, SWITCH, ORDERS)
SAYS = (
    *(LeadRegistered, LeadUnregistered, LeadClosed),
    *(LeadBooked, BookingMoved, BookingCancelled, MeetingEnded, BookingUnmatched),
    *(ProviderAway, ProviderBack, WorkFailed),
)
Order = Annotated[BookingAttached | LeadErased | RetryWork | DiscardWork, Field(discriminator="topic")]
Turned = Annotated[OutboundPaused | OutboundResumed, Field(discriminator="topic")]

log = structlog.get_logger()
router = RabbitRouter()


@router.subscriber(LEADS.queue, EVENTS, channel=LEADS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created(event: LeadCreated, deps: FromApp) -> None:
    text = first_note(event.lead_id, event.card)
    await deps.registrations.want_lead(event.event_id, event.lead_id, event.person_id, event.card, text)


@router.subscriber(NOTES.queue, EVENTS, channel=NOTES.channel, ack_policy=ACKNOWLEDGE)
async def on_outcome(event: Outcome, deps: FromApp) -> None:
    if isinstance(event, LeadUpdated):
        await deps.registrations.keep_form(event)
    text = note(event)
    if text is not None:
        when = event.at.strftime("%d/%m/%Y %H:%M:%S UTC")
        # the end of the event's id tells one note from another, for Kommo keeps every copy it is given
        await deps.registrations.want_note(
            event.event_id,
            event.lead_id,
            f"{text}\n{when} · {event.event_id.hex[-12:]}",
            outcome=outcome_of(event),
        )


def outcome_of(event: Event) -> str | None:
    """Names the outcome of a touch or a call, which Kommo gets one note of; None for any other event."""
    match event:
        case TouchFailed(reason=reason) | TouchSkipped(reason=reason) | TouchUncertain(reason=reason):
            why: str = reason
        case CallUnanswered(reason=reason):
            why = reason
        case TouchSent() | TouchDelivered() | TouchUnknown() | CallAnswered():
            why = ""
        case _:
            return None
    return f"{event.touch_id}/{event.topic}/{why}"


@router.subscriber(SWITCH.queue, EVENTS, channel=SWITCH.channel, ack_policy=ACKNOWLEDGE)
async def on_switch(event: Turned, deps: FromApp) -> None:
    await deps.switch.turn(event)


@router.subscriber(ORDERS.queue, EVENTS, channel=ORDERS.channel, ack_policy=ACKNOWLEDGE)
async def on_order(event: Order, deps: FromApp) -> None:
    match event:
        case BookingAttached():
            if await deps.bookings.attach(event.uid, event.lead_id):
                log.info("booking.attached", lead_id=event.lead_id)
        case LeadErased():
            await deps.erase(event.lead_id)
            log.info("lead.erased", lead_id=event.lead_id)
        case RetryWork() | DiscardWork():
            await deps.carry_out(event)
