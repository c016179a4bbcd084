"""Adds a source with a key, and replaces its keys."""

from contracts.events.submission import SourceChange, SourceChanged
from kit.database import Connection, Database
from kit.messaging import outbox
from services.intake.decisions.source_keys import VALID_KEYS, hash_of, hint_of, new_key
from services.intake.repositories import sources


async def add_source(database: Database, name: str, *, by: str) -> str | None:
    """Returns the new source's key, which is shown this once. None where the name is taken."""
    key = new_key()
    async with database.transaction() as connection:
        if not await sources.add(connection, name):
            return None
        await sources.add_key(connection, name, hash_of(key), hint_of(key))
        await _publish(connection, name, SourceChange.ADDED, by)
    return key


async def rotate_key(database: Database, name: str, *, by: str) -> str | None:
    """Returns a further key of the source. The key before it stays valid, older ones do not.

    None for an unknown source.
    """
    key = new_key()
    async with database.transaction() as connection:
        if not await sources.lock(connection, name):
            return None
        await sources.add_key(connection, name, hash_of(key), hint_of(key))
        await sources.keep_newest_keys(connection, name, VALID_KEYS)
        await _publish(connection, name, SourceChange.KEY_ROTATED, by)
    return key


async def revoke_key(database: Database, name: str, key_id: int, *, by: str) -> bool:
    """Ends a key, which is unknown from then on. Returns False where there is none."""
    async with database.transaction() as connection:
        if not await sources.delete_key(connection, name, key_id):
            return False
        await _publish(connection, name, SourceChange.KEY_REVOKED, by)
    return True


async def _publish(connection: Connection, name: str, change: SourceChange, by: str) -> None:
    await outbox.add(connection, [SourceChanged(lead_id=0, source=name, change=change, by=by)])
