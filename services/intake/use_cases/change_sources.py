"""Adds a source with a key, and replaces its keys."""

from kit.database import Database
from services.intake.decisions.source_keys import VALID_KEYS, hash_of, hint_of, new_key
from services.intake.repositories import sources


async def add_source(database: Database, name: str) -> str | None:
    """Returns the new source's key, which is shown this once. None where the name is taken."""
    key = new_key()
    async with database.transaction() as connection:
        if not await sources.add(connection, name):
            return None
        await sources.add_key(connection, name, hash_of(key), hint_of(key))
    return key


async def rotate_key(database: Database, name: str) -> str | None:
    """Returns a further key of the source. The key before it stays valid, older ones do not.

    None for an unknown source.
    """
    key = new_key()
    async with database.transaction() as connection:
        if not await sources.lock(connection, name):
            return None
        await sources.add_key(connection, name, hash_of(key), hint_of(key))
        await sources.keep_newest_keys(connection, name, VALID_KEYS)
    return key
