"""What crm does when an event arrives: notes what Kommo should know. The worker tells Kommo, at Kommo's pace."""

from typing import Annotated

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.events.base import Event
from contracts.events.booking import (
    BookingAssigned,
    BookingCancelled,
    BookingRescheduled,
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
    LeadRegistrationFailed,
    LeadUpdated,
)
from contracts.events.outbound import (
    OutboundPaused,
    OutboundResumed,
    ProviderRecovered,
    ProviderUnavailable,
)
from contracts.events.reply import ReplyReceived
from contracts.events.touch import (
    TouchDelivered,
    TouchFailed,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from kit.messaging.broker import ACKNOWLEDGE, EVENTS, queue
from services.crm.decisions.kommo import first_note, note
from services.crm.deps import FromApp

Outcome = Annotated[
    TouchSent
    | TouchDelivered
    | TouchFailed
    | TouchSkipped
    | TouchUncertain
    | TouchUnresolved
    | CallAnswered
    | CallUnanswered
    | ReplyReceived
    | LeadOptedOut
    | LeadUpdated
    | LeadBooked
    | BookingRescheduled
    | BookingCancelled
    | MeetingEnded
    | CadenceFinished,
    Field(discriminator="topic"),
]

LEADS = queue("crm.leads", LeadCreated, prefetch=4)
NOTES = queue(
    "crm.notes",
    *(TouchSent, TouchDelivered, TouchFailed, TouchSkipped, TouchUncertain, TouchUnresolved),
    *(CallAnswered, CallUnanswered, ReplyReceived, LeadOptedOut, LeadUpdated),
    *(LeadBooked, BookingRescheduled, BookingCancelled, MeetingEnded, CadenceFinished),
    prefetch=4,
)
SWITCH = queue("crm.switch", OutboundPaused, OutboundResumed, prefetch=1)
COMMANDS = queue("crm.commands", BookingAssigned, LeadErased, RetryWork, DiscardWork, prefetch=2)
QUEUES = (LEADS, NOTES, SWITCH, COMMANDS)
PUBLISHES = (
    *(LeadRegistered, LeadRegistrationFailed, LeadClosed),
    *(LeadBooked, BookingRescheduled, BookingCancelled, MeetingEnded, BookingUnmatched),
    *(ProviderUnavailable, ProviderRecovered, WorkFailed),
)
Order = Annotated[
    BookingAssigned | LeadErased | RetryWork | DiscardWork, Field(discriminator="topic")
]
Turned = Annotated[OutboundPaused | OutboundResumed, Field(discriminator="topic")]

log = structlog.get_logger()
router = RabbitRouter()


@router.subscriber(LEADS.queue, EVENTS, channel=LEADS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created(event: LeadCreated, deps: FromApp) -> None:
    text = first_note(event.lead_id, event.card)
    await deps.registrations.enqueue_lead(
        event.event_id, event.lead_id, event.person_id, event.card, text
    )


@router.subscriber(NOTES.queue, EVENTS, channel=NOTES.channel, ack_policy=ACKNOWLEDGE)
async def on_outcome(event: Outcome, deps: FromApp) -> None:
    if isinstance(event, LeadUpdated):
        await deps.registrations.keep_form(event)
    text = note(event)
    if text is not None:
        when = event.at.strftime("%d/%m/%Y %H:%M:%S UTC")
        # the end of the event's id tells one note from another, for Kommo keeps every copy it is given
        await deps.registrations.enqueue_note(
            event.event_id,
            event.lead_id,
            f"{text}\n{when} · {event.event_id.hex[-12:]}",
            outcome=outcome_of(event),
        )


def outcome_of(event: Event) -> str | None:
    """Names the outcome of a touch or a call, which Kommo gets one note of; None for any other event."""
    match event:
        case (
            TouchFailed(reason=reason) | TouchSkipped(reason=reason) | TouchUncertain(reason=reason)
        ):
            why: str = reason
        case CallUnanswered(reason=reason):
            why = reason
        case TouchSent() | TouchDelivered() | TouchUnresolved() | CallAnswered():
            why = ""
        case _:
            return None
    return f"{event.touch_id}/{event.topic}/{why}"


@router.subscriber(SWITCH.queue, EVENTS, channel=SWITCH.channel, ack_policy=ACKNOWLEDGE)
async def on_switch(event: Turned, deps: FromApp) -> None:
    await deps.switch.set(event)


@router.subscriber(COMMANDS.queue, EVENTS, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE)
async def on_command(event: Order, deps: FromApp) -> None:
    match event:
        case BookingAssigned():
            if await deps.bookings.attach(event.uid, event.lead_id):
                log.info("booking.assigned", lead_id=event.lead_id)
        case LeadErased():
            await deps.erase(event.lead_id)
            log.info("lead.erased", lead_id=event.lead_id)
        case RetryWork() | DiscardWork():
            await deps.carry_out(event)
