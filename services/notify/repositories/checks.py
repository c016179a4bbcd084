"""notify's SQL: the touches that a job has to take up, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from contracts.events.lead import LeadCard
from contracts.events.touch import Channel
from kit.database import Connection, Database
from services.notify.repositories.touches import read_identity, read_touch
from services.notify.touches import NOT_AGAIN, State, Touch, TouchIdentity

TAKE_DUE = """
with due as (
  select touch_id from touches
  where state = $1 and check_at <= now() and channel = any($3)
  order by check_at
  limit $2
  for update skip locked)
update touches t
set check_at = now() + $4::interval, check_count = check_count + 1
from due, leads
where due.touch_id = t.touch_id and leads.lead_id = t.lead_id
returning t.*, extract(epoch from now() - t.first_claimed_at)::float8 as age,
  coalesce((select s.card from submissions s where s.submission_id = t.submission_id),
           leads.card) as card"""
CHECK_AGAIN = """
update touches
set check_at = now() + make_interval(secs => $3)
where touch_id = $1 and state = $2"""
POSTPONE_CHECK = """
update touches
set check_count = check_count - 1, check_at = now() + make_interval(secs => $2)
where touch_id = $1 and state = 'uncertain'"""
STOP_CHECKING_UNCERTAIN = """
update touches
set check_at = null
where touch_id = $1 and state = 'uncertain'
returning true"""


@dataclass(frozen=True, slots=True)
class DueCheck:
    """A touch that is due to be checked. `check_count` includes the check that is due.

    `not_again`: the touch must not be sent again, whatever the provider answers.
    """

    touch: Touch
    card: LeadCard
    sendings: int
    check_count: int
    first_claimed_at: datetime
    age_seconds: float
    provider_ref: str | None
    not_again: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A touch whose card or booking cannot be read."""

    identity: TouchIdentity
    error: ValueError


async def take_due(
    connection: Connection,
    state: State,
    channels: Sequence[Channel],
    *,
    lease: timedelta,
    limit: int,
) -> list[DueCheck | Unreadable]:
    """Takes touches of `state` whose check is due. No other worker gets them during the lease."""
    rows = await connection.fetch(TAKE_DUE, state, limit, list(channels), lease)
    return [_read(row) for row in rows]


async def check_again(
    connection: Connection | Database, touch_id: UUID, state: State, *, check_in: float | None
) -> None:
    """Plans the next check in so many seconds; none for None."""
    await connection.fetch(CHECK_AGAIN, touch_id, state, check_in)


async def postpone(database: Database, touch_id: UUID, *, check_in: float) -> None:
    """Plans the check of an uncertain touch again, without counting this one."""
    await database.fetch(POSTPONE_CHECK, touch_id, check_in)


async def stop(connection: Connection, touch_ids: Sequence[UUID]) -> None:
    """Plans no further check of these touches."""
    await connection.execute(
        "update touches set check_at = null where touch_id = any($1::uuid[])", touch_ids
    )


async def stop_uncertain(connection: Connection, touch_id: UUID) -> bool:
    """Plans no further check of the touch; returns False where it is not uncertain."""
    return bool(await connection.fetchval(STOP_CHECKING_UNCERTAIN, touch_id))


async def stop_answered(connection: Connection, touch_id: UUID) -> None:
    """Plans no further check of an answered call."""
    await connection.execute(
        "update touches set check_at = null where touch_id = $1 and state = 'answered'", touch_id
    )


def _read(row: asyncpg.Record) -> DueCheck | Unreadable:
    try:
        return DueCheck(
            touch=read_touch(row),
            card=LeadCard.model_validate(row["card"]),
            sendings=row["sendings"],
            check_count=row["check_count"],
            first_claimed_at=row["first_claimed_at"],
            age_seconds=row["age"],
            provider_ref=row["provider_ref"],
            not_again=row["reason"] == NOT_AGAIN,
        )
    except ValueError as error:
        return Unreadable(read_identity(row), error)
