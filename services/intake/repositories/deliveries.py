"""SQL of what platforms delivered, stored before it is processed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from kit.database import Connection, Database
from kit.failed_work import FailedRows
from kit.retention import forget

# a repeat has no effect, except that a failed one is processed again
STORE = """
insert into deliveries (source, state, dedupe_key, content_type, body, over_limit)
select $1, 'received', key, $3, body, $5 from unnest($2::text[], $4::bytea[]) as d (key, body)
on conflict (source, dedupe_key) do update
set state = 'received', outcome = '', attempts = 0, next_attempt_at = now()
where deliveries.state = 'failed'
returning delivery_id"""
STORE_REFUSED = """
with older as (
  delete from deliveries
  where delivery_id in (
    select delivery_id from deliveries
    where source = $1 and state = 'refused'
    order by delivery_id desc
    offset $5))
insert into deliveries (source, state, outcome, content_type, body)
values ($1, 'refused', $2, $3, $4)"""
CLAIM = """
update deliveries
set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $3)
where delivery_id in (
  select delivery_id from deliveries
  where state = 'received' and next_attempt_at <= now() and source <> all($1::text[])
  order by next_attempt_at
  limit $2
  for update skip locked)
returning delivery_id, source, content_type, body, over_limit, received_at, attempts"""
FINISH = """
update deliveries
set state = 'done', outcome = $2, submission_ids = $3,
    dedupe_key = case when $4 then null else dedupe_key end
where delivery_id = $1"""
FAIL = """
update deliveries set state = 'failed', outcome = $2
where delivery_id = $1 and state = 'received'
returning true"""
POSTPONE = """
update deliveries set outcome = $2, next_attempt_at = now() + make_interval(secs => $3)
where delivery_id = $1 and state = 'received'"""
RELEASE = """
update deliveries set attempts = attempts - 1, next_attempt_at = now()
where delivery_id = $1 and state = 'received'"""
# a form that was refused or unreadable at its door is from then on a delivery
REPLAY = """
with again as (
  update deliveries set state = 'received', outcome = '', attempts = 0, next_attempt_at = now()
  where delivery_id = $1 and body is not null
  returning source),
refused as (
  delete from raw_submissions where delivery_id = $1 and state <> 'done' returning *),
moved as (
  insert into deliveries (delivery_id, source, state, content_type, body, received_at)
  select delivery_id, source, 'received', content_type, body, received_at from refused
  returning source)
select source from again union all select source from moved"""
RETRY = """
update deliveries set state = 'received', outcome = '', attempts = 0, next_attempt_at = now()
where delivery_id = $1 and state = 'failed'"""
DISCARD = """
update deliveries set state = 'done', outcome = 'discarded'
where delivery_id = $1 and state = 'failed'"""
ERASE = """
update deliveries set body = null
where submission_ids && ($2::bigint[] || array(
  select submission_id from submissions where lead_id = $1))"""
EVERY = """
(select delivery_id, source, received_at, state, outcome, submission_ids
 from deliveries
 where ($1::text is null or source = $1) and ($2::bigint is null or delivery_id = $2)
 order by delivery_id desc
 limit $3)
union all
(select delivery_id, source, received_at, state, outcome, array[delivery_id]
 from raw_submissions
 where ($1::text is null or source = $1) and ($2::bigint is null or delivery_id = $2)
 order by delivery_id desc
 limit $3)
order by delivery_id desc
limit $3"""
BODY = """
select content_type, body from deliveries where delivery_id = $1
union all
select content_type, body from raw_submissions where delivery_id = $1"""
FIELDS = """
select source, fields from submissions where submission_id = any($1::bigint[])
union all
select source, fields from held_submissions where submission_id = any($1::bigint[])"""
FIGURES = """
select source, max(received_at) filter (where state <> 'refused') as last_at,
  count(*) filter (where state <> 'refused') as deliveries,
  count(*) filter (where state = 'refused') as refused,
  (select count(*) from held_submissions h where h.source = d.source and h.state = 'held') as held
from deliveries d
group by source"""
DELIVERIES = FailedRows(kind="delivery", retry=RETRY, discard=DISCARD)


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """A delivery that this replica has claimed. `attempts` counts this one.

    `over_limit` where its source had sent too many.
    """

    delivery_id: int
    source: str
    content_type: str
    body: bytes | None
    over_limit: bool
    received_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How much a source delivered, in as long as its deliveries are kept."""

    last_at: datetime | None = None
    deliveries: int = 0
    refused: int = 0
    held: int = 0


async def store(
    database: Database,
    source: str,
    content_type: str,
    bodies: Sequence[tuple[str, bytes]],
    *,
    over_limit: bool = False,
) -> int:
    """Stores bodies, each with its dedupe key, in one commit. Returns how many were new."""
    keys = [key for key, _ in bodies]
    rows = await database.fetch(
        STORE, source, keys, content_type, [body for _, body in bodies], over_limit
    )
    return len(rows)


async def store_test(database: Database, source: str, content_type: str, body: bytes) -> int:
    """Stores a test of ours, which is no repeat of any other. Returns its id."""
    [row] = await database.fetch(STORE, source, [None], content_type, [body], False)
    return int(row["delivery_id"])


async def store_refused(
    database: Database, source: str, reason: str, content_type: str, body: bytes, *, kept: int
) -> None:
    """Stores a refused request, and keeps only the newest `kept` of its source."""
    await database.fetch(STORE_REFUSED, source, reason, content_type, body, kept - 1)


async def claim(
    database: Database, *, without: Sequence[str], limit: int, lease: timedelta
) -> list[DueDelivery]:
    """Claims due deliveries, but none of the sources `without`."""
    rows = await database.fetch(CLAIM, without, limit, lease.total_seconds())
    return [DueDelivery(**row) for row in sorted(rows, key=lambda row: int(row["delivery_id"]))]


async def finish(
    database: Database,
    delivery_id: int,
    outcome: str,
    submission_ids: Sequence[int],
    *,
    repeatable: bool,
) -> None:
    """Records what came of a delivery. A repeatable one, such as a test, may come again."""
    await database.fetch(FINISH, delivery_id, outcome, submission_ids, repeatable)


async def fail(connection: Connection, delivery_id: int, reason: str) -> bool:
    """Records that a delivery cannot be processed. Returns False if that was so already."""
    return bool(await connection.fetchval(FAIL, delivery_id, reason))


async def postpone(database: Database, delivery_id: int, reason: str, seconds: float) -> None:
    await database.fetch(POSTPONE, delivery_id, reason, seconds)


async def release(database: Database, delivery_id: int) -> None:
    """Returns a claimed delivery, as if it had not been tried."""
    await database.fetch(RELEASE, delivery_id)


async def replay(connection: Connection, delivery_id: int) -> str | None:
    """Makes a delivery due again. Returns its source; None where there is nothing to process."""
    source: str | None = await connection.fetchval(REPLAY, delivery_id)
    return source


async def erase(connection: Connection, lead_id: int, held: Sequence[int]) -> None:
    """Deletes the bodies that the lead's submissions, and these held ones, came in."""
    await connection.execute(ERASE, lead_id, held)


async def listed(
    database: Database, *, source: str | None, delivery_id: int | None = None, limit: int
) -> list[asyncpg.Record]:
    """Returns the newest deliveries, the forms of the open and the keyed doors among them."""
    return await database.fetch(EVERY, source, delivery_id, limit)


async def body_of(database: Database, delivery_id: int) -> tuple[str, bytes | None]:
    """Returns the content type, and the body as it was sent; None where it is not kept."""
    rows = await database.fetch(BODY, delivery_id)
    return (rows[0]["content_type"], rows[0]["body"]) if rows else ("", None)


async def fields_of(
    database: Database, submission_ids: Sequence[int]
) -> list[tuple[str, dict[str, Any]]]:
    """Returns the source and the fields of each submission whose fields are kept."""
    rows = await database.fetch(FIELDS, submission_ids)
    return [(row["source"], row["fields"]) for row in rows if row["fields"]]


async def figures(database: Database) -> dict[str, Figures]:
    """Returns the figures of each platform that delivered."""
    return {
        row["source"]: Figures(row["last_at"], row["deliveries"], row["refused"], row["held"])
        for row in await database.fetch(FIGURES)
    }


async def forget_old(database: Database, age: timedelta) -> None:
    """Deletes deliveries older than `age`, but none that waits for its platform."""
    seconds = age.total_seconds()
    is_old = f"state <> 'received' and received_at < now() - make_interval(secs => {seconds})"
    await forget(database, "deliveries", is_old)
