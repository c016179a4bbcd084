"""SQL of the submissions that wait for an operator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from kit.database import Connection, Database

# a platform's test is shown, and never contacted
TAKE = """
delete from held_submissions
where submission_id = $1 and state = 'held' and reason <> 'test'
returning submission_id, source, door, journey, first_message, card, fields::text as fields,
  content, remote_address, user_agent, page, received_at"""
DISCARD = """
update held_submissions
set state = 'discarded', decided_by = $2, decided_at = now()
where submission_id = $1 and state = 'held'
returning submission_id"""
SELECT_NEWEST = """
select submission_id, source, reason, card, fields, received_at
from held_submissions
where state = 'held' and ($2::bigint is null or submission_id < $2)
order by submission_id desc
limit $1"""
COUNT_BY_REASON = """
select reason, count(*) as submissions
from held_submissions
where state = 'held'
group by reason"""
# those that may be of the lead's person: under the same id, or with an address of its submissions
SELECT_OF_LEAD = """
select submission_id, card
from held_submissions
where submission_id = $1
  or phone = any(array(select phone from submissions where lead_id = $1))
  or email = any(array(select email from submissions where lead_id = $1))"""
DELETE = """
with gone as (
  delete from held_submissions where submission_id = any($1::bigint[]) returning submission_id),
bodies as (
  delete from raw_submissions where delivery_id in (select submission_id from gone))
delete from idempotency_keys
where submission_id in (select submission_id from gone)"""
# the version before held nothing: it marked leads, and does so until its last process has ended
HOLD_SUSPECTS = """
with suspects as (
  delete from submissions s
  using leads l
  where l.lead_id = s.lead_id and l.suspect
  returning s.*),
gone as (
  delete from leads where lead_id in (select lead_id from suspects))
insert into held_submissions
  (submission_id, reason, source, card, phone, email, content, remote_address, user_agent,
   received_at)
select submission_id, 'honeypot', source, card, phone, email, content, remote_address, user_agent,
  received_at
from suspects"""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A held submission, as it is shown."""

    submission_id: int
    source: str
    reason: str
    card: Mapping[str, Any]
    fields: Mapping[str, Any]
    received_at: datetime


async def take(connection: Connection, submission_id: int) -> asyncpg.Record | None:
    """Removes a held submission and returns it, in the caller's transaction.

    None for one that is not held, or no longer.
    """
    return await connection.fetchrow(TAKE, submission_id)


async def discard(connection: Connection, submission_id: int, by: str) -> bool:
    """Records that an operator discarded it. Returns False for one that is not held."""
    return await connection.fetchval(DISCARD, submission_id, by) is not None


async def newest(database: Database, *, limit: int, before: int | None) -> list[HeldRow]:
    """Returns the newest held submissions, of those with an id below `before` if it is given."""
    rows = await database.fetch(SELECT_NEWEST, limit, before)
    return [
        HeldRow(
            row["submission_id"],
            row["source"],
            row["reason"],
            row["card"],
            row["fields"] or {},
            row["received_at"],
        )
        for row in rows
    ]


async def counts(database: Database) -> dict[str, int]:
    """Returns how many submissions are held, by reason."""
    rows = await database.fetch(COUNT_BY_REASON)
    return {row["reason"]: row["submissions"] for row in rows}


async def of_lead(connection: Connection, lead_id: int) -> list[tuple[int, Mapping[str, Any]]]:
    """Returns the ids and cards of those that may be of the lead's person."""
    rows = await connection.fetch(SELECT_OF_LEAD, lead_id)
    return [(row["submission_id"], row["card"]) for row in rows]


async def delete(connection: Connection, submission_ids: Sequence[int]) -> None:
    """Deletes held submissions, whatever their state, with all that was sent."""
    await connection.execute(DELETE, submission_ids)


async def hold_suspects(database: Database) -> None:
    """Moves the leads that the version before marked as suspect to the held submissions."""
    await database.fetch(HOLD_SUSPECTS)
