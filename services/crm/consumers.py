"""What crm does when an event arrives: notes what Kommo should know. The worker tells Kommo, at Kommo's pace."""

from typing import Annotated

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import AssignBooking
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
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
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
from kit.messaging.broker import ACKNOWLEDGE, COMMAND_EXCHANGE, EVENT_EXCHANGE, queue
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
ERASURES = queue("crm.erasures", LeadErased, prefetch=2)
COMMANDS = queue("crm.commands", AssignBooking, RetryWork, DiscardWork, prefetch=2)
QUEUES = (LEADS, NOTES, SWITCH, ERASURES, COMMANDS)
PUBLISHES = (
    *(LeadRegistered, LeadRegistrationFailed, LeadClosed),
    *(LeadBooked, BookingRescheduled, BookingCancelled, MeetingEnded, BookingUnmatched),
    *(BookingAssigned, ProviderUnavailable, ProviderRecovered),
    *(WorkFailed, WorkRetried, WorkDiscarded),
)
AnyCommand = Annotated[AssignBooking | RetryWork | DiscardWork, Field(discriminator="topic")]
Turned = Annotated[OutboundPaused | OutboundResumed, Field(discriminator="topic")]

log = structlog.get_logger()
router = RabbitRouter()


@router.subscriber(LEADS.queue, EVENT_EXCHANGE, channel=LEADS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created(event: LeadCreated, deps: FromApp) -> None:
    text = first_note(event.lead_id, event.card)
    await deps.registrations.enqueue_lead(
        event.event_id, event.lead_id, event.person_id, event.card, text
    )


@router.subscriber(NOTES.queue, EVENT_EXCHANGE, channel=NOTES.channel, ack_policy=ACKNOWLEDGE)
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


@router.subscriber(SWITCH.queue, EVENT_EXCHANGE, channel=SWITCH.channel, ack_policy=ACKNOWLEDGE)
async def on_switch(event: Turned, deps: FromApp) -> None:
    await deps.switch.set(event)


@router.subscriber(ERASURES.queue, EVENT_EXCHANGE, channel=ERASURES.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_erased(event: LeadErased, deps: FromApp) -> None:
    await deps.erase(event.lead_id)
    log.info("lead.erased", lead_id=event.lead_id)


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: FromApp) -> None:
    match command:
        case AssignBooking():
            if await deps.bookings.assign(command):
                log.info("booking.assigned", lead_id=command.lead_id)
        case RetryWork() | DiscardWork():
            await deps.carry_out(command)
