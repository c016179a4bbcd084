"""Lets touches go to a suspended address again, as an operator asked."""

from contracts.commands.address import RestoreAddress
from contracts.events.address import AddressRestored
from kit.database import Database
from kit.messaging import outbox
from services.notify.repositories import addresses


async def restore_address(command: RestoreAddress, database: Database) -> None:
    """Restores the address. A repeated command has no effect."""
    fact = AddressRestored(
        event_id=command.fact_id,
        at=command.at,
        lead_id=command.lead_id,
        address=command.address,
        by=command.by,
    )
    async with database.transaction() as connection:
        if await addresses.restore(connection, command.address):
            await outbox.add(connection, [fact])
