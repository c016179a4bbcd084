"""Has a stored delivery processed again, as an operator wants."""

import asyncio

from contracts.commands.submission import ReplayDelivery
from contracts.events.submission import DeliveryReplayed
from kit.database import Database
from kit.messaging import outbox
from services.intake.repositories import deliveries


async def replay_delivery(database: Database, command: ReplayDelivery, due: asyncio.Event) -> None:
    """Makes the delivery due, and publishes that.

    What became of it before stands: a lead that it made is not made twice. A body that is not kept
    any more has no effect.
    """
    async with database.transaction() as connection:
        source = await deliveries.replay(connection, command.delivery_id)
        if source is None:
            return
        fact = DeliveryReplayed(
            event_id=command.fact_id,
            lead_id=command.lead_id,
            source=source,
            delivery_id=command.delivery_id,
            by=command.by,
        )
        await outbox.add(connection, [fact])
    due.set()
