"""What intake does when an event arrives: it learns when a journey is over, and with which one leads enter."""

from typing import Annotated

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import EraseLead
from contracts.events.booking import MeetingEnded
from contracts.events.cadence import CadenceFinished
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadOptedOut,
    LeadSuperseded,
    LeadUpdated,
)
from kit.messaging.broker import ACKNOWLEDGE, COMMAND_EXCHANGE, EVENT_EXCHANGE, queue
from services.intake.deps import FromApp

log = structlog.get_logger()

COMMANDS = queue("intake.commands", EraseLead, RetryWork, DiscardWork, prefetch=2)
ENDS = queue("intake.ends", LeadOptedOut, LeadClosed, CadenceFinished, MeetingEnded, prefetch=2)
JOURNEYS = queue("intake.journeys", JourneyPublished, prefetch=1)
QUEUES = (COMMANDS, ENDS, JOURNEYS)
PUBLISHES = (
    LeadCreated,
    LeadUpdated,
    LeadSuperseded,
    LeadErased,
    WorkFailed,
    WorkRetried,
    WorkDiscarded,
)

AnyCommand = Annotated[EraseLead | RetryWork | DiscardWork, Field(discriminator="topic")]
End = Annotated[
    LeadOptedOut | LeadClosed | CadenceFinished | MeetingEnded, Field(discriminator="topic")
]

router = RabbitRouter()


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: FromApp) -> None:
    match command:
        case EraseLead():
            await deps.store.erase(command)
            log.info("lead.erased", lead_id=command.lead_id)
        case RetryWork() | DiscardWork():
            await deps.failed_work(command)


@router.subscriber(ENDS.queue, EVENT_EXCHANGE, channel=ENDS.channel, ack_policy=ACKNOWLEDGE)
async def on_end(event: End, deps: FromApp) -> None:
    await deps.store.end(event.lead_id, event.topic.partition(".")[2])


@router.subscriber(JOURNEYS.queue, EVENT_EXCHANGE, channel=JOURNEYS.channel, ack_policy=ACKNOWLEDGE)
async def on_journey_published(event: JourneyPublished, deps: FromApp) -> None:
    await deps.store.enter_with(event)
