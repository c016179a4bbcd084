"""SQL of the sources that have a key: their names, their keys, and how they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.database import Connection, Database

SELECT_SOURCE = "select source from source_keys where hash = $1"
INSERT_SOURCE = """
insert into sources (name) values ($1)
on conflict do nothing
returning name"""
SELECT_FOR_UPDATE = "select name from sources where name = $1 for update"
EXISTS = "select name from sources where name = $1"
INSERT_KEY = "insert into source_keys (source, hash, hint) values ($1, $2, $3)"
DELETE_OLDER_KEYS = """
delete from source_keys
where source = $1 and key_id not in (
  select key_id from source_keys where source = $1 order by key_id desc limit $2)"""
DELETE_KEY = "delete from source_keys where source = $1 and key_id = $2 returning key_id"
SELECT_SOURCES = """
select
  s.name,
  (select jsonb_agg(jsonb_build_array(k.key_id, k.hint, k.created_at) order by k.key_id)
   from source_keys k where k.source = s.name) as keys,
  r.last_delivery_at, r.deliveries, r.refused,
  (select count(*) from held_submissions h where h.source = s.name and h.state = 'held') as held
from (
    select name, created_at from sources
    union all
    select $1, '-infinity'
  ) as s,
  lateral (
    select
      max(received_at) as last_delivery_at,
      count(*) as deliveries,
      count(*) filter (where state in ('refused', 'failed')) as refused
    from raw_submissions
    where source = s.name
  ) as r
order by s.created_at, s.name"""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source, its keys as (id, hint, time), and the figures of the bodies that are kept."""

    name: str
    keys: Sequence[tuple[int, str, datetime]]
    last_delivery_at: datetime | None
    deliveries: int
    refused: int
    held: int


async def source_of(database: Database, key_hash: bytes) -> str | None:
    """Returns the source that the key belongs to; None for a key that is not, or no longer."""
    rows = await database.fetch(SELECT_SOURCE, key_hash)
    return rows[0]["source"] if rows else None


async def add(connection: Connection, name: str) -> bool:
    """Adds a source. Returns False where there is one of that name."""
    return await connection.fetchval(INSERT_SOURCE, name) is not None


async def exists(database: Database, name: str) -> bool:
    return bool(await database.fetch(EXISTS, name))


async def lock(connection: Connection, name: str) -> bool:
    """Locks the source until the transaction ends. Returns False where there is none."""
    return await connection.fetchval(SELECT_FOR_UPDATE, name) is not None


async def add_key(connection: Connection, name: str, key_hash: bytes, hint: str) -> None:
    await connection.execute(INSERT_KEY, name, key_hash, hint)


async def keep_newest_keys(connection: Connection, name: str, count: int) -> None:
    """Deletes all but the newest keys of the source."""
    await connection.execute(DELETE_OLDER_KEYS, name, count)


async def delete_key(connection: Connection, name: str, key_id: int) -> bool:
    """Returns False where there is no such key."""
    return await connection.fetchval(DELETE_KEY, name, key_id) is not None


async def list_sources(database: Database, form: str) -> list[SourceRow]:
    """Returns the door without a key, named `form`, and the sources with keys."""
    rows = await database.fetch(SELECT_SOURCES, form)
    return [
        SourceRow(
            row["name"],
            [_key(key) for key in row["keys"] or ()],
            row["last_delivery_at"],
            row["deliveries"],
            row["refused"],
            row["held"],
        )
        for row in rows
    ]


def _key(key: Sequence[Any]) -> tuple[int, str, datetime]:
    key_id, hint, created_at = key
    return key_id, hint, datetime.fromisoformat(created_at)
