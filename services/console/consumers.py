"""What console does when an event arrives: keeps it and prints it."""

from typing import Any

import structlog
from faststream.rabbit import RabbitRouter

from contracts.events.base import Event
from contracts.events.booking import BookingAssigned, BookingCancelled
from contracts.events.cadence import StepSkipped
from contracts.events.dead_letter import DeadLetterDiscarded, DeadLetterReplayed
from contracts.events.failed_work import DiscardWork, RetryWork, WorkFailed
from contracts.events.lead import (
    LeadErased,
    LeadPaused,
    LeadRegistrationFailed,
    LeadResumed,
    LeadStopped,
)
from contracts.events.outbound import OutboundPaused, OutboundResumed
from contracts.events.touch import ReleaseTouches, TouchFailed, TouchReviewed
from kit.messaging.broker import ACKNOWLEDGE, EVENTS, ConsumerQueue
from kit.observability import tracing
from services.console.deps import FromApp
from services.console.repositories.actions import Heard

log = structlog.get_logger()

PRINTED = ("channel", "step", "reason", "kind", "intent")
OWN_WORDS = {  # what a person wrote, or may be quoted with, stays out of the logs
    event.topic_name(): ("reason",)
    for event in (BookingCancelled, LeadRegistrationFailed, TouchFailed, WorkFailed)
}

EVERYTHING = ConsumerQueue("console.events", ("#",), prefetch=50)
QUEUES = (EVERYTHING,)
PUBLISHES = (
    *(OutboundPaused, OutboundResumed, DeadLetterReplayed, DeadLetterDiscarded),
    *(
        LeadPaused,
        LeadResumed,
        LeadStopped,
        LeadErased,
        StepSkipped,
        TouchReviewed,
        BookingAssigned,
    ),
    *(RetryWork, DiscardWork, ReleaseTouches),
)

router = RabbitRouter()


@router.subscriber(EVERYTHING.queue, EVENTS, channel=EVERYTHING.channel, ack_policy=ACKNOWLEDGE)
async def on_event(body: dict[str, Any], deps: FromApp) -> None:
    event = Event.read(body)
    if await deps.add(Heard(event, body, tracing.trace_id())):
        detail = {
            k: v
            for k, v in body.items()
            if isinstance(v, str) and k in PRINTED and k not in OWN_WORDS.get(event.topic, ())
        }
        log.info("action", action=event.topic, lead_id=event.lead_id, **detail)
