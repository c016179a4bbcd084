"""SQL of the bookings in the calendar, and the lock that serialises changes to them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from contracts.events.booking import Booking
from kit.database import Connection, Database
from services.crm.repositories import Executor

LOCK = "select pg_advisory_xact_lock(hashtext('bookings'))"
SELECT_BY_UID = """
select uid, stage, reported_at, booking, attended, reason, lead_id
from bookings
where uid = any($1)"""
SELECT_BY_LEAD = """
select uid, stage, reported_at, booking, attended, reason, lead_id
from bookings
where lead_id = $1"""
UPSERT = """
insert into bookings (uid, lead_id, stage, reported_at, booking, attended, reason, hinted, token,
  email, phones, matched)
values ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9, $10, $11, $12)
on conflict (uid) do update set
  lead_id = coalesce(bookings.lead_id, excluded.lead_id),
  stage = excluded.stage,
  reported_at = excluded.reported_at,
  booking = excluded.booking,
  attended = excluded.attended,
  reason = excluded.reason,
  matched = coalesce(bookings.matched, excluded.matched),
  updated_at = now(),
  hinted = coalesce(bookings.hinted, excluded.hinted),
  token = coalesce(bookings.token, excluded.token),
  email = coalesce(bookings.email, excluded.email),
  phones = case when excluded.phones = '{}' then bookings.phones else excluded.phones end
returning (xmax = 0) as inserted"""
SELECT_MATCHABLE = """
select distinct b.uid, b.hinted, b.token, b.email, b.phones
from bookings b
join submissions s on s.submission_id = b.hinted or s.email = b.email or s.phone = any(b.phones)
where b.lead_id is null
limit $1"""
ASSIGN = """
update bookings set lead_id = $2, matched = $3
where uid = $1 and lead_id is null
returning true"""
SELECT_UNMATCHED = """
select uid, stage, reported_at, booking->>'starts_at' as starts_at, hinted as lead_id
from bookings
where lead_id is null
order by reported_at desc
limit $1"""
ERASE = """
update bookings
set token = null, email = null, phones = '{}', reason = '',
    booking = booking || '{"title": "", "meeting_url": null, "email": null, "phone": null}'
where lead_id = $1"""


@dataclass(frozen=True, slots=True)
class BookingRow:
    """The state of a booking. `lead_id` is None while it is unmatched."""

    uid: str
    stage: int
    reported_at: datetime
    booking: Mapping[str, Any] | None
    attended: bool
    reason: str
    lead_id: int | None


@dataclass(frozen=True, slots=True)
class Hints:
    """The columns that suggest which lead booked."""

    hinted: int | None
    token: str | None
    email: str | None
    phones: tuple[str, ...]


class BookingLock:
    """Serialises the transactions that change bookings, in all replicas.

    Within a replica they wait in memory. Otherwise those that wait for the database's lock would
    occupy the connections that storing webhooks needs.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Opens a transaction that holds the lock until its end."""
        async with self._lock, self._database.transaction() as connection:
            await connection.execute(LOCK)
            yield connection


async def by_uids(connection: Connection, uids: Sequence[str]) -> list[BookingRow]:
    """Returns the bookings with these uids."""
    return [_booking(row) for row in await connection.fetch(SELECT_BY_UID, uids)]


async def of_lead(connection: Connection, lead_id: int) -> list[BookingRow]:
    """Returns all bookings of the lead."""
    return [_booking(row) for row in await connection.fetch(SELECT_BY_LEAD, lead_id)]


async def upsert(
    connection: Connection,
    *,
    uid: str,
    stage: int,
    reported_at: datetime,
    booking: Booking | None,
    attended: bool,
    reason: str,
    hints: Hints,
    lead_id: int | None,
    matched: str | None,
) -> bool:
    """Stores the state of a booking. Returns whether it is new.

    A lead and a hint that the row already has are kept.
    """
    return bool(
        await connection.fetchval(
            UPSERT,
            uid,
            lead_id,
            stage,
            reported_at,
            booking.model_dump_json() if booking else None,
            attended,
            reason,
            hints.hinted,
            hints.token,
            hints.email,
            list(hints.phones),
            matched,
        )
    )


async def matchable(connection: Connection, limit: int) -> list[tuple[str, Hints]]:
    """Returns the uid and the hints of unmatched bookings that share a hint with a submission."""
    return [
        (row["uid"], Hints(row["hinted"], row["token"], row["email"], tuple(row["phones"])))
        for row in await connection.fetch(SELECT_MATCHABLE, limit)
    ]


async def assign(connection: Connection, uid: str, lead_id: int, matched: str) -> bool:
    """Assigns an unmatched booking. Returns False if there is none of that uid."""
    return bool(await connection.fetchval(ASSIGN, uid, lead_id, matched))


async def unmatched(executor: Executor, limit: int) -> list[asyncpg.Record]:
    """Returns unmatched bookings, the newest first."""
    return await executor.fetch(SELECT_UNMATCHED, limit)


async def erase(connection: Connection, lead_id: int) -> None:
    """Deletes the attendee's data in the lead's bookings."""
    await connection.execute(ERASE, lead_id)


def _booking(row: asyncpg.Record) -> BookingRow:
    return BookingRow(
        uid=row["uid"],
        stage=row["stage"],
        reported_at=row["reported_at"],
        booking=row["booking"],
        attended=row["attended"],
        reason=row["reason"],
        lead_id=row["lead_id"],
    )
