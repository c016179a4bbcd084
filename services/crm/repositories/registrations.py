"""SQL of the leads: their state in Kommo, their published booking, and whether they are closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events.lead import Closing, LeadCard
from kit.database import Connection
from services.crm.repositories import Executor

ENQUEUE = """
with first_time as (
  insert into inbox (consumer, event_id) values ('crm.leads', $1)
  on conflict do nothing
  returning 1),
registration as (
  insert into registrations (lead_id, card, phone, email, state, person_id)
  select $2, $3::text::jsonb, $4, $5, 'waiting', $7 from first_time
  on conflict do nothing),
form as (
  insert into submissions (submission_id, lead_id, phone, email)
  select $2, $2, $4, $5 from first_time
  on conflict do nothing)
insert into notes (lead_id, text)
select $2, $6 from first_time"""
EXISTS = "select true from registrations where lead_id = $1"
LOCK_PUBLISHED_BOOKING = """
select revision, published_booking, erased
from registrations
where lead_id = $1
for update"""
UPDATE_PUBLISHED_BOOKING = """
update registrations
set revision = revision + $2, published_booking = $3::text::jsonb, booked_until = $4,
    stage_wanted = $5, updated_at = now()
where lead_id = $1"""
SELECT_BY_KOMMO_LEAD = """
select lead_id, revision > 0 as ever_booked
from registrations
where kommo_lead_id = $1"""
CLOSE = """
update registrations set closed = $2, updated_at = now()
where lead_id = $1 and closed is null
returning lead_id"""
# Elsewhere counts a meeting that lay ahead when this lead came, even after it was held: a person
# who had a meeting with us is not asked to book one.
SELECT_ELIGIBILITY = """
select
  r.closed,
  r.published_booking->>'uid' as uid,
  array(
    select meeting->>'uid'
    from jsonb_array_elements(r.published_booking->'booking'->'series') as meeting) as meetings,
  case
    when r.booked_until > now() or r.booked_until is null then r.published_booking->'booking'
  end as booking,
  (select other.published_booking->'booking'
   from registrations other
   where other.person_id = coalesce(r.person_id, $2) and other.lead_id <> $1
     and other.booked_until > coalesce(r.created_at, now())
   order by other.booked_until
   limit 1) as elsewhere
from (values (1)) as always
left join registrations r on r.lead_id = $1"""
CLAIM = """
update registrations set state = 'sending'
where lead_id in (
  select lead_id
  from registrations
  where state = 'waiting' and not erased
    and (select term from leaders where name = 'kommo_sync') = $2
  order by lead_id
  limit $1)
returning lead_id, card, attempts"""
SELECT_UNCLEAR = """
select lead_id, check_count
from registrations
where state = 'unclear' and check_at <= now()
limit $1"""
SELECT_CONTACTS = """
select phone, email, kommo_contact_id
from registrations
where (phone = any($1) or email = any($1)) and kommo_contact_id is not null
order by lead_id"""
MARK_IN_FLIGHT_UNCLEAR = """
update registrations
set state = 'unclear', check_count = 0, check_at = now() + make_interval(secs => $1)
where state = 'sending' and (select term from leaders where name = 'kommo_sync') = $2"""
MARK_REGISTERED = """
update registrations
set state = 'registered', kommo_lead_id = created.kommo, kommo_contact_id = created.contact,
    updated_at = now()
from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as created (lead, kommo, contact)
where lead_id = created.lead and state <> 'registered'
returning lead_id, kommo_lead_id, kommo_contact_id"""
RELEASE = """
update registrations set state = 'waiting'
where lead_id = any($1) and state = 'sending'"""
REQUEUE_UNCLEAR = """
update registrations set state = 'waiting', attempts = attempts + 1
where lead_id = $1 and state = 'unclear' and attempts < $2
returning true"""
MARK_UNCLEAR = """
update registrations
set state = 'unclear', check_count = $2, check_at = now() + make_interval(secs => $3)
where lead_id = any($1) and state in ('sending', 'unclear')"""
MARK_REFUSED = "update registrations set state = 'refused', reason = $2 where lead_id = $1"
MARK_FAILED = """
update registrations set state = 'failed', reason = $2, updated_at = now()
where lead_id = $1 and state in ('sending', 'unclear')
returning true"""
SELECT_TO_MOVE = """
select lead_id, kommo_lead_id, stage_wanted = 'booked' as booked, status_before
from registrations
where stage <> stage_wanted and state = 'registered'
order by lead_id
limit $1"""
SET_STAGE = """
update registrations set stage = $2, status_before = coalesce($3, status_before)
where lead_id = $1"""
LOCK_ADDRESSES = "select phone, email, erased from registrations where lead_id = $1 for update"
ERASE = """
update registrations
set card = $2::text::jsonb, phone = null, email = null, reason = null, erased = true,
    published_booking = published_booking
      || '{"booking": null, "reason": "", "attendee": "", "email": null, "phones": []}',
    updated_at = now()
where lead_id = $1"""


@dataclass(frozen=True, slots=True)
class PublishedBooking:
    """The booking that was published last, and the revision of its last event."""

    revision: int
    booking: Mapping[str, Any] | None
    erased: bool


@dataclass(frozen=True, slots=True)
class KommoRegistration:
    """The lead of a Kommo lead, and whether it ever had a booking."""

    lead_id: int
    ever_booked: bool


@dataclass(frozen=True, slots=True)
class EligibilityRow:
    """The bookings of a lead and of its person, and why the lead is closed.

    `uid` names the lead's booking, even where that is over. `booking` and `elsewhere` are not over.
    """

    closed: str | None
    uid: str | None
    meetings: Sequence[str]
    booking: Mapping[str, Any] | None
    elsewhere: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A claimed lead. `attempts` counts the creations that failed."""

    lead_id: int
    card: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class UnclearLead:
    """A lead whose creation had no clear answer. `check_count` counts the checks since."""

    lead_id: int
    check_count: int


@dataclass(frozen=True, slots=True)
class LeadToMove:
    """A lead whose stage in Kommo does not fit its bookings.

    `status_before` is its stage before the booking.
    """

    lead_id: int
    kommo_lead_id: int
    booked: bool
    status_before: int | None


@dataclass(frozen=True, slots=True)
class RegisteredRow:
    """A lead that has just become known in Kommo."""

    lead_id: int
    kommo_lead_id: int
    kommo_contact_id: int | None


@dataclass(frozen=True, slots=True)
class AddressRow:
    """The addresses of a lead, and whether it is erased."""

    phone: str | None
    email: str | None
    erased: bool


async def enqueue(
    executor: Executor, event_id: UUID, lead_id: int, person_id: int, card: LeadCard, note: str
) -> None:
    """Stores a lead for Kommo with its form and its first note. A repeated event has no effect."""
    await executor.fetch(
        ENQUEUE,
        event_id,
        lead_id,
        card.model_dump_json(),
        card.phone,
        card.email,
        note,
        person_id,
    )


async def exists(connection: Connection, lead_id: int) -> bool:
    """Returns whether the lead is known."""
    return bool(await connection.fetchval(EXISTS, lead_id))


async def lock_published_booking(connection: Connection, lead_id: int) -> PublishedBooking | None:
    """Locks the lead, and returns its published booking. None for an unknown lead."""
    row = await connection.fetchrow(LOCK_PUBLISHED_BOOKING, lead_id)
    if row is None:
        return None
    return PublishedBooking(row["revision"], row["published_booking"], row["erased"])


async def update_published_booking(
    connection: Connection,
    lead_id: int,
    *,
    event_count: int,
    booking: str | None,
    booked_until: datetime | None,
    booked: bool,
) -> None:
    """Stores the published booking as JSON, counts its events, and sets the stage for Kommo."""
    stage = "booked" if booked else "initial"
    await connection.execute(
        UPDATE_PUBLISHED_BOOKING, lead_id, event_count, booking, booked_until, stage
    )


async def by_kommo_lead(executor: Executor, kommo_lead_id: int) -> KommoRegistration | None:
    """Returns None for a Kommo lead that is not ours."""
    rows = await executor.fetch(SELECT_BY_KOMMO_LEAD, kommo_lead_id)
    return KommoRegistration(**rows[0]) if rows else None


async def close(connection: Connection, lead_id: int, reason: Closing) -> bool:
    """Returns False if the lead was closed already."""
    return bool(await connection.fetchval(CLOSE, lead_id, reason))


async def eligibility(executor: Executor, lead_id: int, person_id: int | None) -> EligibilityRow:
    """Returns the facts that may prevent contact. `person_id` is for a lead not known yet."""
    [row] = await executor.fetch(SELECT_ELIGIBILITY, lead_id, person_id)
    return EligibilityRow(**row)


async def claim(executor: Executor, limit: int, *, term: int) -> list[ClaimedRow]:
    """Claims waiting leads. None once the `term` is over."""
    return [ClaimedRow(**row) for row in await executor.fetch(CLAIM, limit, term)]


async def unclear(executor: Executor, limit: int) -> list[UnclearLead]:
    """Returns leads without a clear answer whose next check is due."""
    return [UnclearLead(**row) for row in await executor.fetch(SELECT_UNCLEAR, limit)]


async def known_contacts(executor: Executor, addresses: Sequence[str]) -> dict[str, int]:
    """Returns the contacts in Kommo of earlier leads, by phone and email."""
    contacts: dict[str, int] = {}
    for row in await executor.fetch(SELECT_CONTACTS, list(addresses)):
        for address in (row["phone"], row["email"]):
            if address:
                contacts[address] = row["kommo_contact_id"]
    return contacts


async def mark_in_flight_unclear(connection: Connection, *, check_in: float, term: int) -> None:
    """Marks claimed leads unclear, to be checked in so many seconds. No effect in an old `term`."""
    await connection.execute(MARK_IN_FLIGHT_UNCLEAR, check_in, term)


async def mark_registered(
    connection: Connection, created: Mapping[int, tuple[int, int | None]]
) -> list[RegisteredRow]:
    """Stores Kommo's ids (lead, contact), by lead id. Returns the leads that did not have them."""
    rows = await connection.fetch(
        MARK_REGISTERED,
        list(created),
        [kommo_lead_id for kommo_lead_id, _ in created.values()],
        [contact_id for _, contact_id in created.values()],
    )
    return [RegisteredRow(**row) for row in rows]


async def release(executor: Executor, lead_ids: Sequence[int]) -> None:
    """Releases those of the leads that are still claimed."""
    await executor.fetch(RELEASE, list(lead_ids))


async def requeue_unclear(executor: Executor, lead_id: int, *, max_attempts: int) -> bool:
    """Queues an unclear lead once more. Returns False if that has happened too often."""
    return bool(await executor.fetch(REQUEUE_UNCLEAR, lead_id, max_attempts))


async def mark_unclear(
    executor: Executor, lead_ids: Sequence[int], *, check_count: int, check_in: float
) -> None:
    """Has the leads checked in so many seconds."""
    await executor.fetch(MARK_UNCLEAR, list(lead_ids), check_count, check_in)


async def mark_refused(connection: Connection, lead_id: int, reason: str) -> None:
    """Stores why Kommo refused the lead."""
    await connection.execute(MARK_REFUSED, lead_id, reason)


async def mark_failed(connection: Connection, lead_id: int, reason: str) -> bool:
    """Returns False if the lead was neither claimed nor unclear."""
    return bool(await connection.fetchval(MARK_FAILED, lead_id, reason))


async def to_move(executor: Executor, limit: int) -> list[LeadToMove]:
    """Returns leads in Kommo whose stage there does not fit their bookings."""
    return [LeadToMove(**row) for row in await executor.fetch(SELECT_TO_MOVE, limit)]


async def set_stage(
    executor: Executor, lead_id: int, *, booked: bool, status_before: int | None
) -> None:
    """Stores the stage that Kommo has now. The wanted stage may have changed again since."""
    await executor.fetch(SET_STAGE, lead_id, "booked" if booked else "initial", status_before)


async def lock_addresses(connection: Connection, lead_id: int) -> AddressRow | None:
    """Locks the lead, and returns its addresses. None for an unknown lead."""
    row = await connection.fetchrow(LOCK_ADDRESSES, lead_id)
    return AddressRow(**row) if row is not None else None


async def erase(connection: Connection, lead_id: int, card: LeadCard) -> None:
    """Puts `card` in the place of the lead's own, and deletes its addresses."""
    await connection.execute(ERASE, lead_id, card.model_dump_json())
