"""SQL of the webhooks that Cal.com has sent, stored until they are processed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from kit.database import Connection, Database
from kit.retention import forget
from services.crm.repositories import Executor

INSERT = """
insert into webhooks (key, body) values ($1, $2)
on conflict (key) do update set key = excluded.key
returning id, body, received_at, state"""
SELECT_DUE = """
select id, body, received_at from webhooks
where state = 'new' and next_attempt_at <= now()
order by id
limit $1"""
MARK_DONE = """
update webhooks set state = 'done', error = null
where id = $1 and state = 'new'
returning true"""
SELECT_STATE = "select state from webhooks where id = $1 for update"
RECORD_FAILURE = """
update webhooks
set attempts = attempts + 1, error = $2, next_attempt_at = now() + make_interval(secs => $3),
    state = case when attempts + 1 >= $4 then 'failed' else 'new' end
where id = $1
returning state"""
ERASE = """
update webhooks set body = '{}', state = 'done', error = null
where exists (
    select 1 from appointments
    where lead_id = $1 and position(convert_to(uid, 'UTF8') in body) > 0)
  or exists (
    select 1 from unnest($2::text[]) as fragment
    where position(convert_to(fragment, 'UTF8') in body) > 0)"""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A stored webhook that has not been processed yet."""

    webhook_id: int
    body: bytes
    received_at: datetime


async def store(executor: Executor, key: str, raw: bytes) -> Webhook | None:
    """Stores a webhook. Returns None for a repeat of one that is processed or has failed."""
    [row] = await executor.fetch(INSERT, key, raw)
    return _webhook(row) if row["state"] == "new" else None


async def due(executor: Executor, limit: int) -> list[Webhook]:
    """Returns webhooks whose next attempt is due, the oldest first."""
    return [_webhook(row) for row in await executor.fetch(SELECT_DUE, limit)]


async def mark_done(connection: Connection, webhook_id: int) -> bool:
    """Returns False if the webhook was done or failed already."""
    return bool(await connection.fetchval(MARK_DONE, webhook_id))


async def lock_state(connection: Connection, webhook_id: int) -> str:
    """Locks the webhook, and returns its state."""
    return str(await connection.fetchval(SELECT_STATE, webhook_id))


async def record_failure(
    connection: Connection, webhook_id: int, error: str, *, retry_in: float, max_attempts: int
) -> str:
    """Counts a failed attempt, and returns the new state: `new`, or `failed` after the last one.

    `retry_in` is in seconds.
    """
    return str(await connection.fetchval(RECORD_FAILURE, webhook_id, error, retry_in, max_attempts))


async def erase(connection: Connection, lead_id: int, fragments: Sequence[str]) -> None:
    """Empties the webhooks that name a booking of the lead, or contain one of the `fragments`."""
    await connection.execute(ERASE, lead_id, fragments)


async def forget_old(database: Database, age: timedelta) -> None:
    """Deletes processed webhooks older than `age`."""
    seconds = age.total_seconds()
    is_old = f"state = 'done' and received_at < now() - make_interval(secs => {seconds})"
    await forget(database, "webhooks", is_old)


def _webhook(row: asyncpg.Record) -> Webhook:
    return Webhook(row["id"], bytes(row["body"]), row["received_at"])
