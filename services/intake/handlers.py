"""What intake does when an event arrives: it forgets who somebody was."""

from typing import Annotated

import structlog
from faststream.rabbit import RabbitRouter
from pydantic import Field

from contracts.failed_work import DiscardWork, RetryWork, WorkFailed
from contracts.lead import LeadCreated, LeadErased, LeadReturned
from kit.bus import ACKNOWLEDGE, EVENTS, work
from services.intake.deps import FromApp

log = structlog.get_logger()

ORDERS = work("intake.orders", LeadErased, RetryWork, DiscardWork, at_once=2)
WORKS = (ORDERS,)
SAYS = (LeadCreated, LeadReturned, WorkFailed)

Order = Annotated[LeadErased | RetryWork | DiscardWork, Field(discriminator="topic")]

router = RabbitRouter()


@router.subscriber(ORDERS.queue, EVENTS, channel=ORDERS.channel, ack_policy=ACKNOWLEDGE)
async def on_order(event: Order, deps: FromApp) -> None:
    match event:
        case LeadErased():
            await deps.store.erase(event.lead_id)
            log.info("lead.erased", lead_id=event.lead_id)
        case RetryWork() | DiscardWork():
            await deps.failed_work(event)
