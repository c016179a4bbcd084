"""notify's SQL: the short links of touches, and when they were opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.database import Connection, Database
from services.notify.short_links import Target

# a code that exists already, of another touch, is not taken: its target then has none
INSERT_LINKS = """
with inserted as (
  insert into links (code, touch_id, lead_id, target)
  select new.code, $1, lead_id, new.target
  from leads, unnest($3::text[], $4::text[]) as new(code, target)
  where lead_id = $2 and not erased
  on conflict do nothing
  returning target, code)
select target, code from inserted
union
select target, code from links where touch_id = $1"""
SELECT_LINK = "select code, touch_id, lead_id, target, created_at from links where code = $1"
NOTE_OPENED = """
update links
set opened_at = now()
where code = $1 and (opened_at is null or opened_at < now() - $2::interval)
returning true"""
NOTE_SCANNED = """
update links
set scanned_at = now()
where code = $1 and (scanned_at is null or scanned_at < now() - $2::interval)
returning true"""
DELETE_LINKS = "delete from links where lead_id = $1 and target <> all($2::text[])"


@dataclass(frozen=True, slots=True)
class Link:
    """A short link of one touch."""

    code: str
    touch_id: UUID
    lead_id: int
    target: Target
    created_at: datetime


async def ensure(
    database: Database, touch_id: UUID, lead_id: int, codes: Mapping[Target, str]
) -> dict[Target, str]:
    """Returns the codes of the touch's links. Those that it lacks are stored as given."""
    rows = await database.fetch(
        INSERT_LINKS, touch_id, lead_id, list(codes.values()), list(codes.keys())
    )
    return {Target(row["target"]): row["code"] for row in rows}


async def get(database: Database, code: str) -> Link | None:
    """Returns the link with this code; None for one that does not exist, or no longer."""
    rows = await database.fetch(SELECT_LINK, code)
    return _link(rows[0]) if rows else None


async def note_opened(connection: Connection, code: str, *, again_after: timedelta) -> bool:
    """Stores that somebody opened the link; False where that was stored shortly before."""
    return bool(await connection.fetchval(NOTE_OPENED, code, again_after))


async def note_scanned(connection: Connection, code: str, *, again_after: timedelta) -> bool:
    """Stores that a program read the link; False where that was stored shortly before."""
    return bool(await connection.fetchval(NOTE_SCANNED, code, again_after))


async def delete(connection: Connection, lead_id: int, *, kept: Sequence[Target] = ()) -> None:
    """Deletes the lead's links, except those to the targets that are `kept`."""
    await connection.execute(DELETE_LINKS, lead_id, list(kept))


def _link(row: Any) -> Link:
    return Link(
        code=row["code"],
        touch_id=row["touch_id"],
        lead_id=row["lead_id"],
        target=Target(row["target"]),
        created_at=row["created_at"],
    )
