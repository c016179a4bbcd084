"""Suspends an address that reaches nobody, or that is doubtful after several soft bounces."""

from datetime import timedelta

from contracts.events.address import AddressSuspended
from kit.database import Connection, Database
from kit.messaging import outbox
from services.notify.repositories import addresses
from services.notify.settings import Settings
from services.notify.touches import Touch, TouchIdentity


async def suspend_address(touch: Touch, reason: str, database: Database) -> None:
    """Suspends the address of a touch that a provider says reaches nobody."""
    assert touch.address is not None
    async with database.transaction() as connection:
        await _suspend(connection, touch.identity, touch.address, reason, doubtful=False)


async def count_soft_bounce(
    connection: Connection, touch: TouchIdentity, address: str, reason: str, settings: Settings
) -> None:
    """Counts the bounce of a mail. With the last one allowed in a row the address is doubtful."""
    within = timedelta(days=settings.soft_bounce_days)
    bounces = await addresses.add_soft_bounce(connection, touch.touch_id, address, within=within)
    if bounces >= settings.soft_bounce_limit:
        await _suspend(connection, touch, address, reason, doubtful=True)


async def _suspend(
    connection: Connection, touch: TouchIdentity, address: str, reason: str, *, doubtful: bool
) -> None:
    if await addresses.suspend(connection, address, reason, doubtful=doubtful):
        event = AddressSuspended(
            lead_id=touch.lead_id,
            channel=touch.channel,
            address=address,
            doubtful=doubtful,
            reason=reason,
        )
        await outbox.add(connection, [event])
