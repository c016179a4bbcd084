"""Stops a lead when an operator asks for it: no touch goes to any address of its forms."""

from contracts.commands.lead import StopLead
from kit.database import Database
from kit.messaging.inbox import first_time
from services.notify.operators import COMMAND_CONSUMER, OPERATOR_CHANNEL
from services.notify.use_cases.opt_out import lock_addresses, opt_out_everywhere


async def stop_lead(command: StopLead, database: Database) -> None:
    """Opts out the lead and its addresses. A repeated command has no effect.

    Raises Unavailable while the lead is unknown.
    """
    lead_id = command.lead_id
    async with database.transaction() as connection:
        addresses = await lock_addresses(connection, lead_id)
        if await first_time(connection, COMMAND_CONSUMER, command.event_id):
            await opt_out_everywhere(connection, lead_id, addresses, OPERATOR_CHANNEL, "operator")
