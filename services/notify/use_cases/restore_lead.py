"""Takes back a stop that was none, when an operator asks for it."""

import structlog

from contracts.commands.lead import RestoreLead
from contracts.events.lead import LeadRestored
from kit.database import Database
from kit.messaging import outbox
from kit.messaging.inbox import first_time
from services.notify.operators import COMMAND_CONSUMER
from services.notify.repositories import leads, opt_outs, recent_stops
from services.notify.use_cases.opt_out import lock_addresses

log = structlog.get_logger()

# what a person or a provider did by themselves is not taken back: an unsubscription, a complaint
TAKEN_BACK = ("reply", "wrong_number", "operator")


async def restore_lead(command: RestoreLead, database: Database) -> None:
    """Lets the lead be followed up, and its addresses be contacted, again.

    A repeated command has no effect. Raises Unavailable while the lead is unknown.
    """
    lead_id = command.lead_id
    async with database.transaction() as connection:
        addresses = await lock_addresses(connection, lead_id)
        if not await first_time(connection, COMMAND_CONSUMER, command.event_id):
            return
        if not await leads.restore(connection, lead_id):
            return
        await opt_outs.remove_added_for(connection, addresses, TAKEN_BACK)
        await recent_stops.forget(connection, addresses)
        restored = LeadRestored(
            event_id=command.fact_id, at=command.at, lead_id=lead_id, by=command.by
        )
        await outbox.add(connection, [restored])
    log.info("lead.restored", lead_id=lead_id)
