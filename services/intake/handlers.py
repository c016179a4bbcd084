"""What intake does when an event arrives: it forgets who somebody was."""

import structlog
from faststream.rabbit import RabbitRouter

from contracts.lead import LeadCreated, LeadErased, LeadReturned
from kit.bus import ACKNOWLEDGE, EVENTS, work
from services.intake.deps import FromApp

log = structlog.get_logger()

ORDERS = work("intake.orders", LeadErased, at_once=2)
WORKS = (ORDERS,)
SAYS = (LeadCreated, LeadReturned)

router = RabbitRouter()


@router.subscriber(ORDERS.queue, EVENTS, channel=ORDERS.channel, ack_policy=ACKNOWLEDGE)
async def on_lead_erased(event: LeadErased, deps: FromApp) -> None:
    await deps.store.erase(event.lead_id)
    log.info("lead.erased", lead_id=event.lead_id)
