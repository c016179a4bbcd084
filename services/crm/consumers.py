"""Handles events: queues leads and notes for Kommo, which the elected worker writes there."""

from typing import Annotated

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import AssignBooking
from contracts.events.booking import (
    BookingAssigned,
    BookingCancelled,
    BookingRescheduled,
    BookingUnmatched,
    BookingUpdated,
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
    LeadRestored,
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
from services.crm.deps import BusDeps
from services.crm.use_cases.assign_booking import assign_booking
from services.crm.use_cases.erase_lead import erase_lead
from services.crm.use_cases.note_outcome import note_outcome
from services.crm.use_cases.register_lead import register_lead

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
    | LeadRestored
    | LeadUpdated
    | LeadBooked
    | BookingRescheduled
    | BookingUpdated
    | BookingCancelled
    | MeetingEnded
    | CadenceFinished,
    Field(discriminator="topic"),
]

LEADS = queue("crm.leads", LeadCreated, prefetch=4)
NOTES = queue(
    "crm.notes",
    TouchSent,
    TouchDelivered,
    TouchFailed,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
    CallAnswered,
    CallUnanswered,
    ReplyReceived,
    LeadOptedOut,
    LeadRestored,
    LeadUpdated,
    LeadBooked,
    BookingRescheduled,
    BookingUpdated,
    BookingCancelled,
    MeetingEnded,
    CadenceFinished,
    prefetch=4,
)
SWITCH = queue("crm.switch", OutboundPaused, OutboundResumed, prefetch=1)
ERASURES = queue("crm.erasures", LeadErased, prefetch=2)
COMMANDS = queue("crm.commands", AssignBooking, RetryWork, DiscardWork, prefetch=2)
QUEUES = (LEADS, NOTES, SWITCH, ERASURES, COMMANDS)
PUBLISHES = (
    LeadRegistered,
    LeadRegistrationFailed,
    LeadClosed,
    LeadBooked,
    BookingRescheduled,
    BookingUpdated,
    BookingCancelled,
    MeetingEnded,
    BookingUnmatched,
    BookingAssigned,
    ProviderUnavailable,
    ProviderRecovered,
    WorkFailed,
    WorkRetried,
    WorkDiscarded,
)
AnyCommand = Annotated[AssignBooking | RetryWork | DiscardWork, Field(discriminator="topic")]
SwitchEvent = Annotated[OutboundPaused | OutboundResumed, Field(discriminator="topic")]

log = structlog.get_logger()
router = RabbitRouter()


@router.subscriber(LEADS.queue, EVENT_EXCHANGE, channel=LEADS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created(event: LeadCreated, deps: BusDeps) -> None:
    await register_lead(deps.database, event)


@router.subscriber(NOTES.queue, EVENT_EXCHANGE, channel=NOTES.channel, ack_policy=ACKNOWLEDGE)
async def on_outcome(event: Outcome, deps: BusDeps) -> None:
    await note_outcome(deps.database, event, deps.settings.zone)


@router.subscriber(SWITCH.queue, EVENT_EXCHANGE, channel=SWITCH.channel, ack_policy=ACKNOWLEDGE)
async def on_switch(event: SwitchEvent, deps: BusDeps) -> None:
    await deps.switch.set(event)


@router.subscriber(ERASURES.queue, EVENT_EXCHANGE, channel=ERASURES.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_erased(event: LeadErased, deps: BusDeps) -> None:
    await erase_lead(deps.database, event.lead_id)
    log.info("lead.erased", lead_id=event.lead_id)


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: BusDeps) -> None:
    match command:
        case AssignBooking():
            if await assign_booking(deps.lock, command):
                log.info("booking.assigned", lead_id=command.lead_id)
        case RetryWork() | DiscardWork():
            await deps.carry_out(command)
