"""notify's SQL: the callbacks of providers, each stored once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kit.database import Connection, Database
from kit.retention import forget

KEPT_DAYS = 30

# of an erased lead nothing is stored but the key
INSERT_CALLBACK = """
insert into callbacks (key, touch_id, body)
select $1, $2, case when exists (select 1 from touches join leads using (lead_id)
                                 where touch_id = $2 and erased) then '{}' else $3::jsonb end
on conflict do nothing
returning true"""


async def store(
    database: Database | Connection, key: str, touch_id: UUID | None, body: dict[str, Any]
) -> bool:
    """Stores a callback. Returns False for a repeat."""
    return bool(await database.fetch(INSERT_CALLBACK, key, touch_id, body))


async def bodies(connection: Connection, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Returns the bodies of the callbacks that are stored under these keys."""
    rows = await connection.fetch("select body from callbacks where key = any($1::text[])", keys)
    return [row["body"] for row in rows]


async def forget_old(database: Database) -> None:
    """Deletes callbacks after 30 days."""
    await forget(database, "callbacks", f"received_at < now() - interval '{KEPT_DAYS} days'")
