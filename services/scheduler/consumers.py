"""What scheduler does when an event arrives: enrols the lead, or plans its touches anew."""

from functools import partial
from typing import Annotated

from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.events.booking import BookingCancelled, BookingRescheduled, LeadBooked, MeetingEnded
from contracts.events.cadence import BacklogHeld, BacklogReleased, CadenceFinished, StepSkipped
from contracts.events.failed_work import DiscardWork, RetryWork, WorkFailed
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
from kit.messaging.broker import ACKNOWLEDGE, EVENTS, queue
from services.scheduler.decisions import (
    BOOKED,
    Change,
    Enrolment,
    booking_ended_elsewhere,
    changed,
    enrol,
    missing_in,
    moved_to,
    skip,
)
from services.scheduler.deps import Deps, FromApp

News = Annotated[Change, Field(discriminator="topic")]
Order = Annotated[StepSkipped | LeadErased | RetryWork | DiscardWork, Field(discriminator="topic")]

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
        LeadPaused,
        LeadResumed,
        ReplyReceived,
        TouchDeferred,
        TouchSkipped,
    ),
    prefetch=5,
)
COMMANDS = queue("scheduler.commands", StepSkipped, LeadErased, RetryWork, DiscardWork, prefetch=2)
QUEUES = (LEADS, CHANGES, COMMANDS)
PUBLISHES = (
    TouchDue,
    TouchSkipped,
    CadenceFinished,
    BacklogHeld,
    BacklogReleased,
    JourneyPublished,
    WorkFailed,
)

PAUSES = {Intent.OTHER, Intent.REVIEW}

router = RabbitRouter()


@router.subscriber(LEADS.queue, EVENTS, channel=LEADS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_created(event: LeadCreated, deps: FromApp) -> None:
    lead = enrol(event, zone=deps.settings.timezone, region=deps.settings.default_region)
    await deps.store.enrol(event, lead)


@router.subscriber(CHANGES.queue, EVENTS, channel=CHANGES.channel, ack_policy=ACKNOWLEDGE)
async def on_change(event: News, deps: FromApp) -> None:
    match event:
        case ReplyReceived(intent=intent) if intent not in PAUSES:
            pass
        case TouchSkipped(reason=reason) if reason not in BOOKED:
            pass
        case TouchDeferred():
            await deps.store.defer(event, partial(_after, event), partial(_missing, event))
        case BookingCancelled(at=at):
            elsewhere = partial(booking_ended_elsewhere, at=at)
            await deps.store.change(event, partial(_after, event), elsewhere=elsewhere)
        case LeadUpdated():
            await deps.store.also_known_as(event)
            await deps.store.change(event, partial(_updated, event, deps), version=event.journey)
        case _:
            await deps.store.change(event, partial(_after, event))


@router.subscriber(COMMANDS.queue, EVENTS, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE)
async def on_command(event: Order, deps: FromApp) -> None:
    match event:
        case StepSkipped():
            await deps.store.skip(event, skip)
        case LeadErased():
            await deps.store.erase(event.lead_id)
        case RetryWork() | DiscardWork():
            await deps.failed_work(event)


def _after(event: Change, lead: Enrolment, journey: Journey) -> Enrolment:
    return changed(lead, event, journey)


def _updated(event: LeadUpdated, deps: Deps, lead: Enrolment, journey: Journey) -> Enrolment:
    moved = moved_to(lead, event, zone=deps.settings.timezone, region=deps.settings.default_region)
    return changed(moved, event, journey)


def _missing(event: TouchDeferred, journey: Journey) -> str | None:
    return missing_in(journey, event)
