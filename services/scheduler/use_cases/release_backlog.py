"""Releases the held backlog for an operator, and publishes that."""

from contracts.api.backlog import BacklogStatus
from contracts.events.cadence import BacklogReleased
from kit.database import Database
from kit.messaging import outbox
from services.scheduler.repositories import backlog


async def release_backlog(database: Database) -> BacklogStatus:
    """Releases the overdue touches if they are held. A repeat has no effect."""
    row = await backlog.get(database)
    if row.held and not row.released:
        async with database.transaction() as connection:
            await backlog.update(connection, held=True, released=True)
            await outbox.add(connection, [BacklogReleased(overdue=row.overdue)])
    return BacklogStatus(overdue=row.overdue, held=False)
