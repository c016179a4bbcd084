"""What scheduler does when an event arrives: enrols the lead, or plans its touches anew."""

from functools import partial
from typing import Annotated

from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import PauseLead, ResumeLead, SkipStep
from contracts.events.booking import BookingCancelled, BookingRescheduled, LeadBooked, MeetingEnded
from contracts.events.cadence import BacklogHeld, BacklogReleased, CadenceFinished
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadResumed,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import TouchDeferred, TouchDue, TouchSkipped
from domain.journey.model import Journey
from kit.messaging.broker import ACKNOWLEDGE, COMMAND_EXCHANGE, EVENT_EXCHANGE, queue
from services.scheduler.decisions.enrolment import (
    BOOKED,
    Change,
    Enrolment,
    apply_event,
    booking_ended_elsewhere,
    enrol,
    moved_to,
)
from services.scheduler.decisions.lateness import skip
from services.scheduler.decisions.planning import missing_in
from services.scheduler.deps import Deps, FromApp

AnyChange = Annotated[Change | LeadErased, Field(discriminator="topic")]
AnyCommand = Annotated[
    PauseLead | ResumeLead | SkipStep | RetryWork | DiscardWork, Field(discriminator="topic")
]

LEADS = queue(
    "scheduler.leads", LeadCreated, prefetch=2
)  # nothing of it is due for days: a burst's calls come first
CHANGES = queue(
    "scheduler.changes",
    *(
        LeadBooked,
        BookingRescheduled,
        BookingCancelled,
        MeetingEnded,
        LeadUpdated,
        LeadSuperseded,
        LeadNeedsAttention,
    ),
    *(
        LeadOptedOut,
        LeadClosed,
        LeadErased,
        ReplyReceived,
        TouchDeferred,
        TouchSkipped,
    ),
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

PAUSES = {Intent.OTHER, Intent.REVIEW}

router = RabbitRouter()


@router.subscriber(LEADS.queue, EVENT_EXCHANGE, channel=LEADS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created(event: LeadCreated, deps: FromApp) -> None:
    lead = enrol(event, zone=deps.settings.timezone, region=deps.settings.default_region)
    await deps.store.enrol(event, lead)


@router.subscriber(CHANGES.queue, EVENT_EXCHANGE, channel=CHANGES.channel, ack_policy=ACKNOWLEDGE)
async def on_change(event: AnyChange, deps: FromApp) -> None:
    match event:
        case ReplyReceived(intent=intent) if intent not in PAUSES:
            pass
        case TouchSkipped(reason=reason) if reason not in BOOKED:
            pass
        case TouchDeferred():
            await deps.store.defer(event, partial(_after, event), partial(_missing, event))
        case LeadErased():
            await deps.store.erase(event.lead_id)
        case BookingCancelled(at=at):

            def elsewhere(lead: Enrolment, _: Journey) -> Enrolment:
                return booking_ended_elsewhere(lead, at=at)

            await deps.store.change(event, partial(_after, event), elsewhere=elsewhere)
        case LeadUpdated():
            await deps.store.also_known_as(event)
            await deps.store.change(event, partial(_updated, event, deps), version=event.journey)
        case _:
            await deps.store.change(event, partial(_after, event))


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: FromApp) -> None:
    match command:
        case PauseLead() | ResumeLead():
            fact = _fact(command)
            await deps.store.change(fact, partial(_after, fact), publish=True)
        case SkipStep():
            await deps.store.skip(command, skip)
        case RetryWork() | DiscardWork():
            await deps.failed_work(command)


def _fact(command: PauseLead | ResumeLead) -> LeadPaused | LeadResumed:
    """The event that answers the command. It has the command's time, by which the latest wins."""
    fact = LeadPaused if isinstance(command, PauseLead) else LeadResumed
    return fact(event_id=command.fact_id, at=command.at, lead_id=command.lead_id, by=command.by)


def _after(event: Change, lead: Enrolment, journey: Journey) -> Enrolment:
    return apply_event(lead, event, journey)


def _updated(event: LeadUpdated, deps: Deps, lead: Enrolment, journey: Journey) -> Enrolment:
    moved = moved_to(lead, event, zone=deps.settings.timezone, region=deps.settings.default_region)
    return apply_event(moved, event, journey)


def _missing(event: TouchDeferred, journey: Journey) -> str | None:
    return missing_in(journey, event)
