"""What console does when an event arrives: keeps it and prints it."""

from typing import Any

import structlog
from faststream.rabbit import RabbitRouter

from contracts.events.base import Event
from contracts.events.booking import BookingAttached, BookingCancelled
from contracts.events.cadence import StepSkipped
from contracts.events.dead_letter import DeadLetterDiscarded, DeadLetterReplayed
from contracts.events.failed_work import DiscardWork, RetryWork, WorkFailed
from contracts.events.lead import LeadErased, LeadPaused, LeadStopped, LeadUnpaused, LeadUnregistered
from contracts.events.outbound import OutboundPaused, OutboundResumed
from contracts.events.touch import ReleaseTouches, TouchFailed, TouchReviewed
from kit.messaging.broker import ACKNOWLEDGE, EVENTS, Work
from kit.observability import tracing
from services.console.deps import FromApp
from services.console.repositories.actions import Heard

log = structlog.get_logger()

PRINTED = ("channel", "step", "reason", "kind", "intent")
OWN_WORDS = {  # what a person wrote, or may be quoted with, stays out of the logs
    event.named(): ("reason",) for event in (BookingCancelled, LeadUnregistered, TouchFailed, WorkFailed)
}

EVERYTHING = Work("console.events", ("#",), at_once=50)
WORKS = (EVERYTHING,)
SAYS = (
    *(OutboundPaused, OutboundResumed, DeadLetterReplayed, DeadLetterDiscarded),
    *(LeadPaused, LeadUnpaused, LeadStopped, LeadErased, StepSkipped, TouchReviewed, BookingAttached),
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
