"""What intake does when an event arrives: it learns when a journey is over, and with which one leads enter."""

from typing import Annotated

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.events.booking import MeetingEnded
from contracts.events.cadence import CadenceFinished
from contracts.events.failed_work import DiscardWork, RetryWork, WorkFailed
from contracts.events.journey import JourneyPublished
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadErased,
    LeadOptedOut,
    LeadSuperseded,
    LeadUpdated,
)
from kit.messaging.broker import ACKNOWLEDGE, EVENTS, queue
from services.intake.deps import FromApp

log = structlog.get_logger()

COMMANDS = queue("intake.commands", LeadErased, RetryWork, DiscardWork, prefetch=2)
ENDS = queue("intake.ends", LeadOptedOut, LeadClosed, CadenceFinished, MeetingEnded, prefetch=2)
JOURNEYS = queue("intake.journeys", JourneyPublished, prefetch=1)
QUEUES = (COMMANDS, ENDS, JOURNEYS)
PUBLISHES = (LeadCreated, LeadUpdated, LeadSuperseded, WorkFailed)

Order = Annotated[LeadErased | RetryWork | DiscardWork, Field(discriminator="topic")]
End = Annotated[
    LeadOptedOut | LeadClosed | CadenceFinished | MeetingEnded, Field(discriminator="topic")
]

router = RabbitRouter()


@router.subscriber(COMMANDS.queue, EVENTS, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE)
async def on_command(event: Order, deps: FromApp) -> None:
    match event:
        case LeadErased():
            await deps.store.erase(event.lead_id)
            log.info("lead.erased", lead_id=event.lead_id)
        case RetryWork() | DiscardWork():
            await deps.failed_work(event)


@router.subscriber(ENDS.queue, EVENTS, channel=ENDS.channel, ack_policy=ACKNOWLEDGE)
async def on_end(event: End, deps: FromApp) -> None:
    await deps.store.end(event.lead_id, event.topic.partition(".")[2])


@router.subscriber(JOURNEYS.queue, EVENTS, channel=JOURNEYS.channel, ack_policy=ACKNOWLEDGE)
async def on_journey_published(event: JourneyPublished, deps: FromApp) -> None:
    await deps.store.enter_with(event)
