"""Consumes events and commands: each handler parses its message and calls one use case."""

from typing import Annotated

from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import PauseLead, ResumeLead, SkipStep
from contracts.events.booking import (
    BookingCancelled,
    BookingRescheduled,
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import BacklogHeld, BacklogReleased, CadenceFinished
from contracts.events.call import CallAnswered, CallUnanswered
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadRestored,
    LeadResumed,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.reply import ReplyReceived
from contracts.events.touch import TouchDeferred, TouchDue, TouchSkipped
from kit.clock import now
from kit.messaging.broker import ACKNOWLEDGE, COMMAND_EXCHANGE, EVENT_EXCHANGE, queue
from services.scheduler.decisions.enrolment import Change, happened_by
from services.scheduler.deps import FromApp
from services.scheduler.use_cases.apply_change import apply_change
from services.scheduler.use_cases.cancel_booking import cancel_booking
from services.scheduler.use_cases.defer_touch import defer_touch
from services.scheduler.use_cases.enrol_lead import enrol_lead
from services.scheduler.use_cases.erase_lead import erase_lead
from services.scheduler.use_cases.pause_lead import pause_lead
from services.scheduler.use_cases.skip_step import skip_step
from services.scheduler.use_cases.update_lead import update_lead

AnyChange = Annotated[Change | LeadErased, Field(discriminator="topic")]
AnyCommand = Annotated[
    PauseLead | ResumeLead | SkipStep | RetryWork | DiscardWork, Field(discriminator="topic")
]

# A new lead's first timer is due days later, so a burst leaves the database to its calls.
LEADS = queue("scheduler.leads", LeadCreated, prefetch=2)
CHANGES = queue(
    "scheduler.changes",
    LeadBooked,
    BookingRescheduled,
    BookingUpdated,
    BookingCancelled,
    MeetingEnded,
    LeadUpdated,
    LeadSuperseded,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadRestored,
    LeadClosed,
    LeadErased,
    ReplyReceived,
    CallAnswered,
    CallUnanswered,
    TouchDeferred,
    TouchSkipped,
    prefetch=5,
)
COMMANDS = queue(
    "scheduler.commands", PauseLead, ResumeLead, SkipStep, RetryWork, DiscardWork, prefetch=2
)
QUEUES = (LEADS, CHANGES, COMMANDS)
PUBLISHES = (
    TouchDue,
    TouchSkipped,
    CadenceFinished,
    BacklogHeld,
    BacklogReleased,
    LeadPaused,
    LeadResumed,
    JourneyPublished,
    WorkFailed,
    WorkRetried,
    WorkDiscarded,
)

router = RabbitRouter()


@router.subscriber(LEADS.queue, EVENT_EXCHANGE, channel=LEADS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created(event: LeadCreated, deps: FromApp) -> None:
    await enrol_lead(
        happened_by(event, now()),
        deps.database,
        deps.journeys,
        zone=deps.settings.timezone,
        region=deps.settings.default_region,
        spread=deps.settings.spread,
    )


@router.subscriber(CHANGES.queue, EVENT_EXCHANGE, channel=CHANGES.channel, ack_policy=ACKNOWLEDGE)
async def on_change(event: AnyChange, deps: FromApp) -> None:
    database = deps.database
    journeys = deps.journeys
    spread = deps.settings.spread
    event = happened_by(event, now())
    match event:
        case TouchDeferred():
            await defer_touch(event, database, journeys, spread=spread)
        case LeadErased(lead_id=lead_id):
            await erase_lead(lead_id, database, journeys, spread=spread)
        case BookingCancelled():
            await cancel_booking(event, database, journeys, spread=spread)
        case LeadUpdated():
            zone = deps.settings.timezone
            region = deps.settings.default_region
            await update_lead(event, database, journeys, zone=zone, region=region, spread=spread)
        case _:
            await apply_change(event, database, journeys, spread=spread)


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: FromApp) -> None:
    match command:
        case PauseLead() | ResumeLead():
            await pause_lead(command, deps.database, deps.journeys, spread=deps.settings.spread)
        case SkipStep():
            await skip_step(command, deps.database, deps.journeys)
        case RetryWork() | DiscardWork():
            await deps.failed_work(command)
