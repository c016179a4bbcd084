"""Handles messages: what operators want, who wrote first, which journeys begin and end."""

from typing import Annotated

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import EraseLead
from contracts.commands.submission import AcceptSubmission, DiscardSubmission, ReplayDelivery
from contracts.events.booking import MeetingEnded
from contracts.events.cadence import CadenceFinished
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadOptedOut,
    LeadRestored,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.submission import (
    DeliveryReplayed,
    InquiryReceived,
    SourceChanged,
    SubmissionAccepted,
    SubmissionDiscarded,
    SubmissionHeld,
)
from kit.clock import now
from kit.messaging.broker import ACKNOWLEDGE, COMMAND_EXCHANGE, EVENT_EXCHANGE, queue
from services.intake.deps import BusDeps
from services.intake.repositories.submissions import (
    end_journey,
    resume_journey,
    set_current_journey,
)
from services.intake.use_cases.decide_held import accept_held, discard_held
from services.intake.use_cases.erase_lead import erase_lead
from services.intake.use_cases.receive_inquiry import read_inquiry
from services.intake.use_cases.replay_delivery import replay_delivery

log = structlog.get_logger()

COMMANDS = queue(
    "intake.commands",
    EraseLead,
    AcceptSubmission,
    DiscardSubmission,
    ReplayDelivery,
    RetryWork,
    DiscardWork,
    prefetch=2,
)
ENDS = queue(
    "intake.ends",
    LeadOptedOut,
    LeadRestored,
    LeadClosed,
    CadenceFinished,
    MeetingEnded,
    prefetch=2,
)
JOURNEYS = queue("intake.journeys", JourneyPublished, prefetch=1)
INQUIRIES = queue("intake.inquiries", InquiryReceived, prefetch=10)
QUEUES = (COMMANDS, ENDS, JOURNEYS, INQUIRIES)
PUBLISHES = (
    SubmissionHeld,
    SubmissionAccepted,
    SubmissionDiscarded,
    DeliveryReplayed,
    SourceChanged,
    LeadCreated,
    LeadUpdated,
    LeadSuperseded,
    LeadErased,
    WorkFailed,
    WorkRetried,
    WorkDiscarded,
)

AnyCommand = Annotated[
    EraseLead | AcceptSubmission | DiscardSubmission | ReplayDelivery | RetryWork | DiscardWork,
    Field(discriminator="topic"),
]
End = Annotated[
    LeadOptedOut | LeadRestored | LeadClosed | CadenceFinished | MeetingEnded,
    Field(discriminator="topic"),
]

router = RabbitRouter()


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: BusDeps) -> None:
    match command:
        case EraseLead():
            await erase_lead(deps.database, command)
            log.info("lead.erased", lead_id=command.lead_id)
        case AcceptSubmission():
            await accept_held(deps.database, command, now=now())
            log.info("submission.accepted", lead_id=command.lead_id)
        case DiscardSubmission():
            await discard_held(deps.database, command)
            log.info("submission.discarded", lead_id=command.lead_id)
        case ReplayDelivery():
            await replay_delivery(deps.database, command, deps.deliveries_due)
            log.info("delivery.replayed", delivery=command.delivery_id)
        case RetryWork() | DiscardWork():
            await deps.failed_work(command)


@router.subscriber(ENDS.queue, EVENT_EXCHANGE, channel=ENDS.channel, ack_policy=ACKNOWLEDGE)
async def on_end(event: End, deps: BusDeps) -> None:
    if isinstance(event, LeadRestored):
        await resume_journey(deps.database, event.lead_id)
        return
    reason = event.topic.partition(".")[2]
    await end_journey(deps.database, event.lead_id, reason, event.at)


@router.subscriber(JOURNEYS.queue, EVENT_EXCHANGE, channel=JOURNEYS.channel, ack_policy=ACKNOWLEDGE)
async def on_journey_published(event: JourneyPublished, deps: BusDeps) -> None:
    await set_current_journey(deps.database, event.version, event.at)


@router.subscriber(
    INQUIRIES.queue, EVENT_EXCHANGE, channel=INQUIRIES.channel, ack_policy=ACKNOWLEDGE
)
async def on_inquiry(event: InquiryReceived, deps: BusDeps) -> None:
    verdict = await deps.accept(read_inquiry(event))
    log.info("inquiry.accepted", verdict=type(verdict).__name__.lower())
