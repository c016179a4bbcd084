"""Finds the source that a key belongs to."""

from kit.database import Database
from services.intake.decisions.source_keys import hash_of
from services.intake.repositories.sources import source_of


async def find_source(database: Database, key: str) -> str | None:
    """Returns the source's name; None for a key that is of none, or no longer."""
    return await source_of(database, hash_of(key))
