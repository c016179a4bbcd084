"""SQL of the appointments in the calendar, and the lock that serialises changes to them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime

import asyncpg

from contracts.events.booking import Booking
from domain.phone import canonical_phone
from kit.database import Connection, Database
from services.crm.repositories import Executor

LOCK = "select pg_advisory_xact_lock(hashtext('bookings'))"
SELECT_BY_UID = "select * from appointments where uid = any($1)"
SELECT_BY_LEAD = "select * from appointments where lead_id = $1"
SELECT_LEGACY = "select * from appointments where hinted = $1 and uid like 'legacy-%'"
SELECT_OF_STAGE = "select * from appointments where stage = $1 and not expired"
UPSERT = """
insert into appointments (uid, attendee, lead_id, stage, reported_at, changed_at, described_at,
  booking, email, phones, seat, guest, seated, ended_at, attended, attendance_at, host_absent,
  reason, replaces, hinted, token, matched, compared_phones)
values ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10, $11, $12, $13, $14, $15, $16, $17,
  $18, $19, $20, $21, $22, $23)
on conflict (uid, attendee) do update set
  lead_id = coalesce(appointments.lead_id, excluded.lead_id),
  stage = excluded.stage,
  reported_at = excluded.reported_at,
  changed_at = excluded.changed_at,
  described_at = excluded.described_at,
  booking = excluded.booking,
  email = excluded.email,
  phones = excluded.phones,
  compared_phones = excluded.compared_phones,
  seat = excluded.seat,
  seated = excluded.seated,
  ended_at = excluded.ended_at,
  attended = excluded.attended,
  attendance_at = excluded.attendance_at,
  host_absent = excluded.host_absent,
  reason = excluded.reason,
  replaces = excluded.replaces,
  matched = coalesce(appointments.matched, excluded.matched),
  updated_at = now(),
  hinted = coalesce(appointments.hinted, excluded.hinted),
  token = coalesce(appointments.token, excluded.token),
  expired = false
returning (xmax = 0) as inserted"""
EXPIRE = "update appointments set stage = $3, expired = true where uid = $1 and attendee = $2"
# Those looked at least recently come first, so that none waits behind bookings that only share a
# hint with a lead.
SELECT_MATCHABLE = """
with found as (
  select uid, attendee
  from appointments a
  where lead_id is null
    and exists (
      select 1 from submissions s
      where s.submission_id = a.hinted or s.compared_email = a.email
        or s.compared_phone = any(a.compared_phones))
  order by looked_at nulls first
  limit $1)
update appointments a set looked_at = now()
from found
where a.uid = found.uid and a.attendee = found.attendee
returning a.uid, a.attendee, a.hinted, a.token, a.email, a.phones"""
ASSIGN = """
update appointments set lead_id = $3, matched = $4
where uid = $1 and attendee = $2 and lead_id is null
returning true"""
SELECT_UNMATCHED_OF = """
select attendee from appointments
where uid = $1 and lead_id is null and not guest
order by reported_at
limit 1"""
SELECT_UNMATCHED = """
select uid, stage, reported_at, booking->>'starts_at' as starts_at, hinted as lead_id
from appointments
where lead_id is null and not guest
order by reported_at desc
limit $1"""
ERASE = """
update appointments
set token = null, email = null, phones = '{}', compared_phones = '{}', reason = '',
    attendee = md5(attendee),
    booking = booking || '{"title": "", "meeting_url": null, "location": "", "email": null,
      "phone": null}'
where lead_id = $1"""


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """The state of an appointment. `lead_id` is None while it is unmatched."""

    uid: str
    attendee: str
    stage: int
    reported_at: datetime
    changed_at: datetime
    described_at: datetime | None
    booking: Booking | None
    email: str | None
    phones: tuple[str, ...]
    seat: str | None
    guest: bool
    seated: bool
    ended_at: datetime | None
    attended: bool
    attendance_at: datetime | None
    host_absent: bool
    reason: str
    replaces: str | None
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class MatchableRow:
    """An unmatched appointment with the fields that suggest whose it is."""

    uid: str
    attendee: str
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


async def by_uids(executor: Executor, uids: Sequence[str]) -> list[AppointmentRow]:
    """Returns the appointments of the bookings with these uids."""
    return [_appointment(row) for row in await executor.fetch(SELECT_BY_UID, uids)]


async def of_lead(connection: Connection, lead_id: int) -> list[AppointmentRow]:
    """Returns all appointments of the lead."""
    return [_appointment(row) for row in await connection.fetch(SELECT_BY_LEAD, lead_id)]


async def legacy(connection: Connection, lead_id: int) -> list[AppointmentRow]:
    """Returns those that callers from before Cal.com have reported for this lead id."""
    return [_appointment(row) for row in await connection.fetch(SELECT_LEGACY, lead_id)]


async def of_stage(connection: Connection, stage: int) -> list[AppointmentRow]:
    """Returns the appointments in this stage that have not expired."""
    return [_appointment(row) for row in await connection.fetch(SELECT_OF_STAGE, stage)]


async def upsert(
    connection: Connection,
    row: AppointmentRow,
    *,
    hinted: int | None,
    token: str | None,
    matched: str | None,
) -> bool:
    """Stores the state of an appointment. Returns whether it is new.

    A lead and a hint that the row already has are kept.
    """
    return bool(
        await connection.fetchval(
            UPSERT,
            row.uid,
            row.attendee,
            row.lead_id,
            row.stage,
            row.reported_at,
            row.changed_at,
            row.described_at,
            row.booking.model_dump_json() if row.booking else None,
            row.email,
            list(row.phones),
            row.seat,
            row.guest,
            row.seated,
            row.ended_at,
            row.attended,
            row.attendance_at,
            row.host_absent,
            row.reason,
            row.replaces,
            hinted,
            token,
            matched,
            [canonical_phone(phone) for phone in row.phones],
        )
    )


async def expire(connection: Connection, name: tuple[str, str], stage: int) -> None:
    """Puts the appointment in the stage, until the calendar says something new about it."""
    await connection.execute(EXPIRE, *name, stage)


async def matchable(connection: Connection, limit: int) -> list[MatchableRow]:
    """Returns unmatched appointments that share a hint with a submission."""
    rows = await connection.fetch(SELECT_MATCHABLE, limit)
    return [MatchableRow(**(dict(row) | {"phones": tuple(row["phones"])})) for row in rows]


async def assign(connection: Connection, name: tuple[str, str], lead_id: int, matched: str) -> bool:
    """Assigns an unmatched appointment. Returns False if there is none of that name."""
    return bool(await connection.fetchval(ASSIGN, *name, lead_id, matched))


async def unmatched_attendee(connection: Connection, uid: str) -> str | None:
    """Returns the first attendee of the booking who matches no lead."""
    attendee: str | None = await connection.fetchval(SELECT_UNMATCHED_OF, uid)
    return attendee


async def unmatched(executor: Executor, limit: int) -> list[asyncpg.Record]:
    """Returns unmatched appointments, the newest first."""
    return await executor.fetch(SELECT_UNMATCHED, limit)


async def erase(connection: Connection, lead_id: int) -> None:
    """Deletes the attendee's data in the lead's appointments."""
    await connection.execute(ERASE, lead_id)


def _appointment(row: asyncpg.Record) -> AppointmentRow:
    values = {field.name: row[field.name] for field in fields(AppointmentRow)}
    values["booking"] = Booking.model_validate(row["booking"]) if row["booking"] else None
    values["phones"] = tuple(row["phones"])
    return AppointmentRow(**values)
