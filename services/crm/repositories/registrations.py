"""SQL of the leads: their state in Kommo, their published booking, and whether they are closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events.lead import Closing, LeadCard
from kit.database import Connection
from services.crm.repositories import Executor
from services.crm.repositories.submissions import compared

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
  insert into submissions
    (submission_id, lead_id, phone, email, compared_phone, compared_email)
  select $2, $2, $4, $5, $8, $9 from first_time
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
    stage_wanted = $5, move_reason = null, updated_at = now()
where lead_id = $1"""
SELECT_BY_KOMMO_LEAD = """
select lead_id, ever_booked, status_before, pipeline_before
from (
  select lead_id, closed,
    bool_or(revision > 0) over () as ever_booked,
    max(status_before) over () as status_before,
    max(pipeline_before) over () as pipeline_before
  from registrations
  where kommo_lead_id = $1) as deal
where closed is null"""
ASK = """
update registrations set ask_at = now()
where kommo_lead_id = any($1) and closed is null"""
SELECT_TO_ASK = """
select distinct kommo_lead_id
from registrations
where ask_at is not null
limit $1"""
ASKED = "update registrations set ask_at = null where kommo_lead_id = any($1)"
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
# a person's leads go one after the other, so that the first one's contact serves the next
CLAIM = """
update registrations
set state = 'sending', turn = coalesce(turn, nextval('registrations_turn'))
where lead_id in (
  select lead_id
  from registrations waiting
  where state = 'waiting' and not erased
    and (select term from leaders where name = 'kommo_sync') = $2
    and not exists (
      select 1
      from registrations earlier
      where earlier.person_id = waiting.person_id and earlier.lead_id < waiting.lead_id
        and earlier.state in ('waiting', 'sending', 'unclear') and not earlier.erased)
  order by lead_id
  limit $1)
returning lead_id, card, attempts, turn, coalesce(person_id, lead_id) as person_id"""
SELECT_UNCLEAR = """
select lead_id, check_count
from registrations
where state = 'unclear' and check_at <= now()
limit $1"""
SELECT_CONTACT = """
select kommo_contact_id
from registrations
where person_id = $1 and kommo_contact_id is not null
order by lead_id desc
limit 1"""
FORGET_CONTACT = """
update registrations set kommo_contact_id = null where kommo_contact_id = $1"""
MARK_IN_FLIGHT_UNCLEAR = """
update registrations
set state = 'unclear', check_count = 0, check_at = now() + make_interval(secs => $1)
where state = 'sending' and (select term from leaders where name = 'kommo_sync') = $2"""
MARK_REGISTERED = """
update registrations
set state = 'registered', kommo_lead_id = created.kommo, kommo_contact_id = created.contact,
    merged = created.merged,
    contact_due_at = case when created.is_due or exists (
        select 1 from submissions s
        where s.lead_id = created.lead and s.submission_id <> s.lead_id)
      then now() else contact_due_at end,
    updated_at = now()
from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[], $5::boolean[])
  as created (lead, kommo, contact, merged, is_due)
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
MARK_REFUSED = """
update registrations
set state = 'failed', reason = $2, refused_with = $3, updated_at = now()
where lead_id = $1 and state in ('sending', 'unclear')
returning true"""
RETRY_REFUSED = """
update registrations
set state = 'waiting', attempts = 0, reason = null, refused_with = null, updated_at = now()
where state = 'failed' and refused_with <> $1
returning lead_id"""
MARK_FAILED = """
update registrations set state = 'failed', reason = $2, updated_at = now()
where lead_id = $1 and state in ('sending', 'unclear')
returning true"""
# two leads share one deal where Kommo recognised a duplicate: it is booked while one of them is
SELECT_TO_MOVE = """
select r.lead_id, r.kommo_lead_id, r.merged,
  r.stage_wanted = 'booked' as wanted_booked,
  bool_or(deal.stage_wanted = 'booked') as booked,
  max(deal.status_before) as status_before,
  max(deal.pipeline_before) as pipeline_before
from registrations r join registrations deal using (kommo_lead_id)
where r.stage <> r.stage_wanted and r.state = 'registered' and r.move_reason is null
group by r.lead_id
order by r.lead_id
limit $1"""
SET_STAGE = """
update registrations
set stage = $2, status_before = coalesce($3, status_before),
    pipeline_before = case when $3::bigint is null then pipeline_before else $4 end
where lead_id = $1"""
REFUSE_MOVE = """
update registrations
set move_reason = $2, move_refused_with = $3, updated_at = now()
where lead_id = $1 and stage <> stage_wanted and move_reason is null
returning true"""
RETRY_REFUSED_MOVES = """
update registrations set move_reason = null
where move_reason is not null and move_refused_with <> $1
returning lead_id"""
SET_CONTACT_DUE = """
update registrations set contact_due_at = now()
where lead_id = $1 and not erased"""
SELECT_CONTACTS_DUE = """
select r.lead_id, r.kommo_lead_id, r.card, r.contact_due_at as due_at,
  array(select phone from submissions s where s.lead_id = r.lead_id and phone is not null
        order by submission_id) as phones,
  array(select email from submissions s where s.lead_id = r.lead_id and email is not null
        order by submission_id) as emails
from registrations r
where contact_due_at is not null and state = 'registered' and not erased
order by contact_due_at
limit $1"""
SETTLE_CONTACT = """
update registrations
set kommo_contact_id = coalesce($3, kommo_contact_id),
    contact_due_at = case when contact_due_at = $2 then null else contact_due_at end
where lead_id = $1"""
LOCK_ADDRESSES = "select phone, email, erased from registrations where lead_id = $1 for update"
ERASE = """
update registrations
set card = $2::text::jsonb, phone = null, email = null, reason = null, move_reason = null,
    contact_due_at = null, erased = true,
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
    """A lead of a Kommo lead, and whether that ever had a booking, through any of its leads.

    `status_before` and `pipeline_before` are where it was before the booking, if that is known.
    """

    lead_id: int
    ever_booked: bool
    status_before: int | None
    pipeline_before: int | None


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
    """A claimed lead. `attempts` counts the creations that failed, `turn` the leads before it."""

    lead_id: int
    card: Mapping[str, Any]
    attempts: int
    turn: int
    person_id: int


@dataclass(frozen=True, slots=True)
class UnclearLead:
    """A lead whose creation had no clear answer. `check_count` counts the checks since."""

    lead_id: int
    check_count: int


@dataclass(frozen=True, slots=True)
class LeadToMove:
    """A lead whose stage in Kommo does not fit its bookings.

    `status_before` and `pipeline_before` are where it was before the booking. `booked` is true if
    any of the leads that share its deal in Kommo is booked, `wanted_booked` if this one is.
    """

    lead_id: int
    kommo_lead_id: int
    merged: bool
    wanted_booked: bool
    booked: bool
    status_before: int | None
    pipeline_before: int | None


@dataclass(frozen=True, slots=True)
class InKommo:
    """A lead's deal and contact in Kommo.

    The deal existed before where it is `merged`. `is_known` says that the contact did, or may have.
    """

    kommo_lead_id: int
    contact_id: int | None
    merged: bool = False
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class ContactDue:
    """A lead whose contact in Kommo may lack one of these phones and emails."""

    lead_id: int
    kommo_lead_id: int
    card: Mapping[str, Any]
    due_at: datetime
    phones: Sequence[str]
    emails: Sequence[str]


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
        *compared(card.phone, card.email),
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


async def by_kommo_lead(executor: Executor, kommo_lead_id: int) -> list[KommoRegistration]:
    """Returns the open leads of a Kommo lead: none if it is not ours, several if they share it."""
    rows = await executor.fetch(SELECT_BY_KOMMO_LEAD, kommo_lead_id)
    return [KommoRegistration(**row) for row in rows]


async def ask_kommo(executor: Executor, kommo_lead_ids: Sequence[int]) -> None:
    """Has Kommo asked about these of its leads, those of them that are ours and open."""
    await executor.fetch(ASK, list(kommo_lead_ids))


async def to_ask(executor: Executor, limit: int) -> list[int]:
    """Returns leads of Kommo that Kommo is to be asked about."""
    return [row["kommo_lead_id"] for row in await executor.fetch(SELECT_TO_ASK, limit)]


async def asked(executor: Executor, kommo_lead_ids: Sequence[int]) -> None:
    """Stores that Kommo has answered about these of its leads."""
    await executor.fetch(ASKED, list(kommo_lead_ids))


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


async def known_contact(executor: Executor, person_id: int) -> int | None:
    """Returns the contact in Kommo of the person's newest lead there."""
    rows = await executor.fetch(SELECT_CONTACT, person_id)
    return rows[0]["kommo_contact_id"] if rows else None


async def forget_contact(executor: Executor, contact_id: int) -> None:
    """Forgets a contact that no longer exists in Kommo."""
    await executor.fetch(FORGET_CONTACT, contact_id)


async def mark_in_flight_unclear(connection: Connection, *, check_in: float, term: int) -> None:
    """Marks claimed leads unclear, to be checked in so many seconds. No effect in an old `term`."""
    await connection.execute(MARK_IN_FLIGHT_UNCLEAR, check_in, term)


async def mark_registered(
    connection: Connection, created: Mapping[int, InKommo]
) -> list[RegisteredRow]:
    """Stores where the leads are in Kommo, by lead id. Returns those that were not there before.

    A contact that existed is to be checked for the lead's phone and email; a new one too, if other
    forms have joined the lead by now.
    """
    rows = await connection.fetch(
        MARK_REGISTERED,
        list(created),
        [place.kommo_lead_id for place in created.values()],
        [place.contact_id for place in created.values()],
        [place.merged for place in created.values()],
        [place.merged or place.is_known for place in created.values()],
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


async def mark_refused(connection: Connection, lead_id: int, reason: str, *, settings: str) -> bool:
    """Stores why Kommo refused the lead, with these settings.

    Returns False if the lead was neither claimed nor unclear.
    """
    return bool(await connection.fetchval(MARK_REFUSED, lead_id, reason, settings))


async def retry_refused(connection: Connection, *, settings: str) -> list[int]:
    """Queues the leads again that Kommo refused with other settings, and returns them."""
    return [row["lead_id"] for row in await connection.fetch(RETRY_REFUSED, settings)]


async def mark_failed(connection: Connection, lead_id: int, reason: str) -> bool:
    """Returns False if the lead was neither claimed nor unclear."""
    return bool(await connection.fetchval(MARK_FAILED, lead_id, reason))


async def to_move(executor: Executor, limit: int) -> list[LeadToMove]:
    """Returns leads in Kommo whose stage there does not fit their bookings."""
    return [LeadToMove(**row) for row in await executor.fetch(SELECT_TO_MOVE, limit)]


async def set_stage(
    executor: Executor,
    lead_id: int,
    *,
    booked: bool,
    status_before: int | None = None,
    pipeline_before: int | None = None,
) -> None:
    """Stores the stage that Kommo has now. The wanted stage may have changed again since."""
    stage = "booked" if booked else "initial"
    await executor.fetch(SET_STAGE, lead_id, stage, status_before, pipeline_before)


async def refuse_move(connection: Connection, lead_id: int, reason: str, *, settings: str) -> bool:
    """Stores why Kommo refused the move, with these settings. Returns False if it is stored."""
    return bool(await connection.fetchval(REFUSE_MOVE, lead_id, reason, settings))


async def retry_refused_moves(connection: Connection, *, settings: str) -> list[int]:
    """Queues the moves again that Kommo refused with other settings, and returns their leads."""
    return [row["lead_id"] for row in await connection.fetch(RETRY_REFUSED_MOVES, settings)]


async def set_contact_due(executor: Executor, lead_id: int) -> None:
    """Has the lead's contact checked for the phones and emails of all its forms."""
    await executor.fetch(SET_CONTACT_DUE, lead_id)


async def contacts_due(executor: Executor, limit: int) -> list[ContactDue]:
    """Returns registered leads whose contact is to be checked, the oldest first."""
    return [ContactDue(**row) for row in await executor.fetch(SELECT_CONTACTS_DUE, limit)]


async def settle_contact(
    executor: Executor, lead_id: int, *, due_at: datetime, contact_id: int | None
) -> None:
    """Stores that the contact was checked, unless another form came after `due_at`."""
    await executor.fetch(SETTLE_CONTACT, lead_id, due_at, contact_id)


async def lock_addresses(connection: Connection, lead_id: int) -> AddressRow | None:
    """Locks the lead, and returns its addresses. None for an unknown lead."""
    row = await connection.fetchrow(LOCK_ADDRESSES, lead_id)
    return AddressRow(**row) if row is not None else None


async def erase(connection: Connection, lead_id: int, card: LeadCard) -> None:
    """Puts `card` in the place of the lead's own, and deletes its addresses."""
    await connection.execute(ERASE, lead_id, card.model_dump_json())
