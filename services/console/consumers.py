"""Stores every message in the audit log and logs it; carries out commands about failed rows."""

from typing import Annotated, Any

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.commands.address import RestoreAddress
from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import (
    AssignBooking,
    EraseLead,
    PauseLead,
    RestoreLead,
    ResumeLead,
    SkipStep,
    StopLead,
)
from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from contracts.commands.submission import AcceptSubmission, DiscardSubmission, ReplayDelivery
from contracts.commands.touch import ReleaseTouches, ResolveTouch
from contracts.events.address import AddressSuspended
from contracts.events.booking import BookingCancelled
from contracts.events.dead_letter import DeadLetterDiscarded, DeadLetterReplayed
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from contracts.events.lead import LeadRegistrationFailed
from contracts.events.reply import ReplyAttended
from contracts.events.touch import TouchFailed
from contracts.message import Message
from kit.messaging.broker import (
    ACKNOWLEDGE,
    COMMAND_EXCHANGE,
    EVENT_EXCHANGE,
    EVERYTHING,
    ConsumerQueue,
    queue,
)
from kit.observability import tracing
from services.console.deps import BusDeps
from services.console.repositories.actions import ReceivedMessage

log = structlog.get_logger()

PRINTED = ("channel", "step", "reason", "kind", "intent")
# fields in which a person wrote, or may be quoted, and which stay out of the logs
FREE_TEXT = {
    event.topic_name(): ("reason",)
    for event in (
        AddressSuspended,
        BookingCancelled,
        LeadRegistrationFailed,
        TouchFailed,
        WorkFailed,
    )
}

LOG = ConsumerQueue(
    "console.events",
    ((EVENT_EXCHANGE.name, EVERYTHING), (COMMAND_EXCHANGE.name, EVERYTHING)),
    prefetch=50,
)
COMMANDS = queue("console.commands", RetryWork, DiscardWork, prefetch=2)
QUEUES = (LOG, COMMANDS)
PUBLISHES = (
    PauseLead,
    ResumeLead,
    StopLead,
    RestoreLead,
    EraseLead,
    SkipStep,
    AssignBooking,
    ResolveTouch,
    ReleaseTouches,
    RestoreAddress,
    PauseOutbound,
    ResumeOutbound,
    AcceptSubmission,
    DiscardSubmission,
    ReplayDelivery,
    RetryWork,
    DiscardWork,
    DeadLetterReplayed,
    DeadLetterDiscarded,
    ReplyAttended,
    WorkRetried,
    WorkDiscarded,
)
AnyCommand = Annotated[RetryWork | DiscardWork, Field(discriminator="topic")]

router = RabbitRouter()


@router.subscriber(LOG.queue, EVENT_EXCHANGE, channel=LOG.channel, ack_policy=ACKNOWLEDGE)
async def on_message(body: dict[str, Any], deps: BusDeps) -> None:
    message = Message.parse(body)
    if await deps.add(ReceivedMessage(message, body, tracing.trace_id())):
        hidden = FREE_TEXT.get(message.topic, ())
        detail = {
            name: value
            for name, value in body.items()
            if isinstance(value, str) and name in PRINTED and name not in hidden
        }
        log.info("action", action=message.topic, lead_id=message.lead_id, **detail)


@router.subscriber(
    COMMANDS.queue, COMMAND_EXCHANGE, channel=COMMANDS.channel, ack_policy=ACKNOWLEDGE
)
async def on_command(command: AnyCommand, deps: BusDeps) -> None:
    await deps.failed_outbox_rows(command)
