"""Releases touches that are held, as an operator asked."""

from contracts.commands.touch import ReleaseTouches
from contracts.events.touch import TouchesReleased
from kit.database import Database
from kit.messaging import outbox
from services.notify.repositories import touches


async def release_touches(command: ReleaseTouches, database: Database) -> None:
    """Releases the touches held for this reason in this scope, for a job to send.

    A repeated command has no effect.
    """
    fact = TouchesReleased(
        event_id=command.fact_id,
        at=command.at,
        reason=command.reason,
        scope=command.scope,
        by=command.by,
    )
    async with database.transaction() as connection:
        await touches.release_held(connection, command.reason, command.scope)
        await outbox.add(connection, [fact])
