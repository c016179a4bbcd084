"""notify's SQL: the versions of the journey that scheduler published."""

from kit.database import Database


async def get_content(database: Database, version: str) -> str | None:
    """Returns the content of a version; None where it was not published yet."""
    rows = await database.fetch("select content from journeys where hash = $1", version)
    return rows[0]["content"] if rows else None


async def store(database: Database, version: str, content: str) -> None:
    """Stores a version."""
    await database.fetch(
        "insert into journeys (hash, content) values ($1, $2) on conflict do nothing",
        version,
        content,
    )
