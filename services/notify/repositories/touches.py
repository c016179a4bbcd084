"""notify's SQL: the ledger of touches. A row is committed before the provider is called."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, Kind
from domain.addresses import canonical
from kit.database import DATABASE_FAILURES, Connection, Database
from kit.errors import Unavailable
from kit.observability import tracing
from services.notify.claims import Claim, Settlement
from services.notify.touches import Others, State, Touch, TouchIdentity

CLAIM = """
with card as (
  insert into leads (lead_id, phone, email, card, person_id)
  select $2::bigint, $9::text, $10::text, $11::text::jsonb, $2::bigint
  where $17::bigint = $2::bigint
  on conflict do nothing),
form as (
  insert into submissions (submission_id, lead_id, phone, email, card, received_at)
  select $17::bigint, $2::bigint, $9::text, $10::text, $11::text::jsonb,
         coalesce($32::timestamptz, now())
  where $17::bigint = $2::bigint
  on conflict do nothing),
claimed as (
  insert into touches (touch_id, lead_id, step, channel, template, address, state, attempts,
                       sendings, first_claimed_at, claimed_at, lease_until, kind, fallback, until,
                       booking, run, submission_id, country, source, visitor, claim)
  select $1::uuid, $2::bigint, $3::text, $4::text, $5::text, $6::text, 'sending', 1,
         1, now(), now(), now() + make_interval(secs => $7), $12::text, $13::text[],
         $14::timestamptz, $15::text::jsonb, $16::bigint, $17::bigint, $18::text, $19::text,
         $25::text, $26::uuid
  where not exists (select 1 from leads where lead_id = $2 and erased)
  on conflict (touch_id) do update
  set state = 'sending',
      attempts = touches.attempts + 1,
      sendings = touches.sendings + 1,
      until = $14,
      lease_until = now() + make_interval(secs => $7),
      check_count = 0,
      check_at = null,
      reason = null,
      claimed_at = now(),
      claim = $26,
      first_claimed_at = case when touches.sendings = 0 and $8 = 'planned' then now()
                              else touches.first_claimed_at end
  where touches.state = $8
     or ($8 = 'planned' and touches.state = 'skipped' and touches.reason = any($27::text[]))
  returning attempts),
-- the first touch takes the address' place of the day
place as (
  insert into contacts (address, what, day, place, touch_id)
  select $24::text, $20::text, $21::date, free, $1::uuid
  from claimed, lateral (
    select free from generate_series(1, $22::int) as free
    where not exists (select 1 from contacts c
                      where c.address = $24::text and c.what = $20::text and c.day = $21::date
                        and c.place = free and c.touch_id <> $1)
    order by free limit 1) as places
  where $20::text is not null
    and (select count(distinct touch_id) from contacts c
         where c.address = $24::text and c.what = $20::text and c.day > $21::date - $31::int
           and c.touch_id <> $1) < $23::int
  on conflict (address, what, day, place) do update
  set touch_id = $1 where contacts.touch_id = $1
  returning 1)
select (select attempts from claimed) as attempt,
       $20::text is not null and not exists (select 1 from place) as over_limit,
       array(select distinct channel from touches
             where $12 = 'follow_up' and lead_id = $2 and kind = 'follow_up'
               and touch_id <> $1 and sent_at > now() - $28::interval) as channels_this_week,
       exists (select 1 from touches
               where $12 = 'follow_up' and lead_id = $2 and kind = 'follow_up'
                 and touch_id <> $1 and sent_at > now() - $29::interval) as followed_up_today,
       coalesce((select paused from switch), false) as paused,
       exists (select 1 from paused_leads where lead_id = $2 and paused) as lead_paused,
       exists (select 1
               from leads l join touches c using (lead_id)
               where $12 = 'attempt' and l.lead_id = $2 and c.channel = 'call' and c.run = $16
                 and l.reached_at >= c.first_claimed_at) as reached,
       (select reason from touches where touch_id = $1) as held_for,
       exists (select 1 from touches where lead_id = $2 and released) as released,
       exists (select 1 from opt_outs where address = $33) as opted_out,
       exists (select 1 from leads where lead_id = $2 and stopped) as stopped,
       exists (select 1
               from (select $9::text as phone, $10::text as email, $32::timestamptz as received_at
                     where $17::bigint = $2::bigint
                     union all
                     select phone, email, received_at from submissions where submission_id = $2) s
               join recent_stops r on r.address in (s.phone, s.email)
               where r.at > s.received_at
                 and not exists (select 1 from leads where lead_id = $2 and stopped)
              ) as recently_stopped,
       exists (select 1 from leads where lead_id = $2 and refused) as refused,
       exists (select 1 from undeliverable_addresses
               where address = $33 and not doubtful) as dead,
       exists (select 1 from undeliverable_addresses where address = $33 and doubtful) as doubtful,
       exists (select 1 from sessions
               where phone = $33 and wrote_at > now() - $30::interval) as in_session"""
SELECT_FIRST_CONTACT = """
select 1 from touches
where lead_id = $1 and run = $2 and kind = 'first_contact'
limit 1"""
SETTLE = """
with stored_text as (
  insert into texts (touch_id, lead_id, subject, text)
  select touch_id, lead_id, $12, $13
  from touches join leads using (lead_id)
  where touch_id = $1 and $13 <> '' and not erased
  on conflict (touch_id) do update
  set subject = excluded.subject, text = excluded.text, at = now()),
settled as (
  update touches
  set state = $3,
      provider_ref = coalesce(nullif($4, ''), provider_ref),
      reason = $5,
      sent_at = case when $3 = 'sent' then now() else sent_at end,
      sendings = sendings - $7,
      check_at = now() + make_interval(secs => $6),
      lease_until = null,
      scope = $14,
      updated_at = now(),
      claim = null
  where touch_id = $1 and claim = $2 and state in ('sending', 'uncertain')
  returning lead_id),
freed as (  -- a touch that was not made takes no place of the day
  delete from contacts using settled
  where contacts.touch_id = $1 and $3 in ('skipped', 'planned'))
insert into outbox (event_id, routing_key, lead_id, body, traceparent)
select $8, $9, lead_id, $10, $11
from settled
where $8::uuid is not null
returning true"""
SELECT_OTHERS = """
select coalesce(array_agg(provider_ref) filter (where provider_ref is not null), '{}') as refs,
       coalesce(bool_or(state = 'sending'), false) as is_sending
from touches
where address = $1 and channel = $2 and touch_id <> $3"""
EXPIRE_LEASES = """
update touches
set state = 'uncertain',
    reason = $2,
    lease_until = null,
    check_count = 0,
    check_at = now() + make_interval(secs => $1),
    updated_at = now()
where state = 'sending' and lease_until < now()
returning touch_id, lead_id, step, channel, run"""
SELECT_TOUCH = """
select t.*, coalesce(s.card, l.card) as card
from touches t
join leads l on l.lead_id = t.lead_id
left join submissions s on s.submission_id = t.submission_id
where t.touch_id = $1"""
LOCK_TOUCH = """
select touch_id, lead_id, step, channel, run, state, claimed_at, address, fallback, sendings,
       provider_ref
from touches
where touch_id = $1
for update"""
MOVE_TOUCH = """
update touches
set state = $2,
    provider_ref = coalesce(provider_ref, nullif($3, '')),
    sent_at = coalesce(sent_at, now()),
    lease_until = null,
    updated_at = now(),
    check_count = case when $2 = 'answered' then 0 else check_count end,
    check_at = case when not exists (select 1 from callbacks where key = $5)
                    then now() + make_interval(secs => $4) end
where touch_id = $1"""
# the partial index is on state = 'planned'
RELEASE_HELD = """
update touches
set released = true, check_at = now()
where state = 'planned' and reason = $1 and scope = $2"""
RESOLVE_TOUCH = """
update touches
set state = $2,
    reason = $3,
    check_at = case when $2 = 'planned' then now() end,
    updated_at = now()
where touch_id = $1 and state = 'uncertain' and check_at is null
  and (address is not null or $2 <> 'planned')
returning true"""
SELECT_ANSWERED = """
select lead_id, address, kind
from touches
where provider_ref = any($1)
limit 1"""
SELECT_LAST_KIND = """
select kind
from touches
where lead_id = any($1) and channel = any($2) and sent_at is not null
order by sent_at desc
limit 1"""
SKIP_PLANNED = """
update touches
set state = 'skipped', reason = $2, check_at = null
where lead_id = $1 and state = 'planned'
returning touch_id, lead_id, step, channel, run"""


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """The values of the rules that CLAIM applies.

    `reclaimable`: the reasons of skipped touches that may be claimed again.
    `week`, `follow_up_gap`: how far the follow-ups that a lead has had are counted back.
    `session`: how long after a message of the person WhatsApp takes free text.
    `limit_days`: the days that a weekly limit counts.
    """

    reclaimable: Sequence[str]
    week: timedelta
    follow_up_gap: timedelta
    session: timedelta
    limit_days: int


@dataclass(frozen=True, slots=True)
class Quota:
    """How many touches of the kind `what` one `place` may get on a `day`, and in a week."""

    place: str
    what: str
    day: date
    per_day: int
    per_week: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claim, and the facts that the ledger has about the touch, its lead and its address.

    `recently_stopped`: a stop overtook the lead's form, and has not reached the lead yet.
    """

    claim: Claim
    over_limit: bool = False
    channels_this_week: Sequence[str] = ()
    followed_up_today: bool = False
    paused: bool = False
    lead_paused: bool = False
    reached: bool = False
    held_for: str | None = None
    released: bool = False
    opted_out: bool = False
    stopped: bool = False
    recently_stopped: bool = False
    refused: bool = False
    dead: bool = False
    doubtful: bool = False
    in_session: bool = False


@dataclass(frozen=True, slots=True)
class LockedTouch:
    """A touch whose row the transaction has locked. `ref` is the provider's last reference."""

    identity: TouchIdentity
    state: State
    claimed_at: datetime
    address: str | None
    fallback: tuple[Channel, ...]
    sendings: int
    ref: str | None


@dataclass(frozen=True, slots=True)
class AnsweredTouch:
    """The touch that a person replied to."""

    lead_id: int
    address: str | None
    kind: Kind


class Touches:
    """Claims and settles touches. `lease` is how many seconds a sending may take.

    A settlement that cannot be written is kept in memory until the database answers.
    """

    def __init__(self, database: Database, *, lease: float, rules: ClaimRules) -> None:
        self._database = database
        self._lease = lease
        self._rules = rules
        self._unwritten: deque[Settlement] = deque()

    async def claim(
        self,
        touch: Touch,
        card: LeadCard,
        *,
        from_state: State = State.PLANNED,
        quota: Quota | None = None,
        country: str | None = None,
        form_arrived_at: datetime | None = None,
    ) -> Claimed:
        """Claims the touch: inserts its row, or takes it over from `from_state`.

        `form_arrived_at` is stored with the lead's first form.
        It is committed when this returns. Raises Unavailable; a claim that was granted all the
        same is released later.
        """
        claim = Claim(uuid4())
        values = (
            touch.touch_id,
            touch.lead_id,
            touch.step,
            touch.channel,
            touch.template,
            touch.address,
            self._lease,
            from_state,
            canonical(card.phone) if card.phone else None,
            canonical(card.email) if card.email else None,
            card.model_dump_json(),
            touch.kind,
            list(touch.fallback),
            touch.until,
            touch.booking.model_dump_json() if touch.booking else None,
            touch.run,
            touch.submission_id or touch.lead_id,
            country,
            card.source,
            quota.what if quota else None,
            quota.day if quota else None,
            quota.per_day if quota else None,
            quota.per_week if quota else None,
            quota.place if quota else None,
            card.visitor,
            claim.token,
            list(self._rules.reclaimable),
            self._rules.week,
            self._rules.follow_up_gap,
            self._rules.session,
            self._rules.limit_days,
            form_arrived_at,
            canonical(touch.address) if touch.address else None,
        )
        try:
            [row] = await self._database.fetch(CLAIM, *values)
        except DATABASE_FAILURES as outage:
            if outage.perhaps_committed:
                release = Settlement(
                    touch, claim, from_state, reason="claim unclear", check_in=0.0, sendings=-1
                )
                self._unwritten.append(release)
            raise
        facts = dict(row)
        attempt = facts.pop("attempt") or 0
        return Claimed(replace(claim, attempt=attempt), **facts)

    async def settle(self, settlement: Settlement) -> None:
        """Stores the settlement, its text and its event.

        Only the text is stored where a callback, or a later claim, has already settled the touch.
        Raises Unavailable; the settlement is written later, as long as this process lives.
        """
        try:
            await self._database.write(SETTLE, *_values(settlement))
        except Unavailable:
            self._unwritten.append(settlement.written_late())
            raise

    async def write_unwritten(self) -> None:
        """Writes the settlements that an outage of the database kept. Raises Unavailable."""
        while self._unwritten:
            settlement = self._unwritten.popleft()
            try:
                await self._database.write(SETTLE, *_values(settlement))
            except Unavailable:
                self._unwritten.append(settlement)
                raise


def _values(settlement: Settlement) -> Sequence[Any]:
    """Returns the parameters of SETTLE."""
    event = settlement.event
    return (
        settlement.touch.touch_id,
        settlement.claim.token,
        settlement.state,
        settlement.ref,
        settlement.reason,
        settlement.check_in,
        -settlement.sendings,
        event.event_id if event else None,
        event.topic if event else None,
        event.model_dump_json().encode() if event else None,
        tracing.current(),
        settlement.subject,
        settlement.text,
        settlement.scope or None,
    )


async def get_touch(database: Database | Connection, touch_id: UUID) -> tuple[Touch, LeadCard]:
    """Returns a touch and the card whose words it has. Raises LookupError for an unknown id."""
    rows = await database.fetch(SELECT_TOUCH, touch_id)
    if not rows:
        raise LookupError(f"no touch {touch_id}")
    return read_touch(rows[0]), LeadCard.model_validate(rows[0]["card"])


async def exists(database: Database, touch_id: UUID) -> bool:
    """Returns whether the ledger has the touch."""
    return bool(await database.fetch("select 1 from touches where touch_id = $1", touch_id))


async def has_first_contact(database: Database, lead_id: int, run: int) -> bool:
    """Returns whether the ledger has a touch that answers the form with which the run began."""
    return bool(await database.fetch(SELECT_FIRST_CONTACT, lead_id, run))


async def address_of(database: Database, touch_id: UUID) -> str | None:
    """Returns the address of the touch; None where the ledger has neither."""
    rows = await database.fetch("select address from touches where touch_id = $1", touch_id)
    return rows[0]["address"] if rows else None


async def find_by_ref(database: Database, ref: str) -> UUID | None:
    """Returns the id of the touch with the provider's reference."""
    rows = await database.fetch("select touch_id from touches where provider_ref = $1", ref)
    return rows[0]["touch_id"] if rows else None


async def answered(database: Database, refs: Sequence[str]) -> AnsweredTouch | None:
    """Returns the touch that one of the provider's references names; None for unknown ones."""
    rows = await database.fetch(SELECT_ANSWERED, list(refs))
    if not rows:
        return None
    return AnsweredTouch(rows[0]["lead_id"], rows[0]["address"], Kind(rows[0]["kind"]))


async def last_kind(
    database: Database, lead_ids: Sequence[int], channels: Sequence[Channel]
) -> Kind | None:
    """Returns the purpose of the last touch that these leads were sent on these channels."""
    rows = await database.fetch(SELECT_LAST_KIND, list(lead_ids), list(channels))
    return Kind(rows[0]["kind"]) if rows else None


async def others_to(database: Database, address: str, channel: Channel, *, but: UUID) -> Others:
    """Returns the touches to an address on a channel, but for one."""
    [row] = await database.fetch(SELECT_OTHERS, address, channel, but)
    return Others(frozenset(row["refs"]), is_sending=row["is_sending"])


async def lock(connection: Connection, touch_id: UUID) -> LockedTouch | None:
    """Locks the touch for the transaction; None for an unknown id."""
    row = await connection.fetchrow(LOCK_TOUCH, touch_id)
    if row is None:
        return None
    return LockedTouch(
        identity=read_identity(row),
        state=State(row["state"]),
        claimed_at=row["claimed_at"],
        address=row["address"],
        fallback=tuple(Channel(channel) for channel in row["fallback"]),
        sendings=row["sendings"],
        ref=row["provider_ref"],
    )


async def move(
    connection: Connection,
    touch_id: UUID,
    state: State,
    ref: str,
    *,
    check_in: float | None,
    unless: str | None,
) -> None:
    """Moves a locked touch to `state`.

    A job takes it up in `check_in` seconds, unless there is a callback with the key `unless`.
    """
    await connection.execute(MOVE_TOUCH, touch_id, state, ref, check_in, unless)


async def expire_leases(
    connection: Connection, reason: str, *, check_in: float
) -> list[TouchIdentity]:
    """Makes touches uncertain whose lease is over, and returns them."""
    rows = await connection.fetch(EXPIRE_LEASES, check_in, reason)
    return [read_identity(row) for row in rows]


async def release_held(connection: Connection, reason: str, scope: str) -> None:
    """Releases the touches that are held for this reason in this scope, for a job to send."""
    await connection.execute(RELEASE_HELD, reason, scope)


async def resolve(connection: Connection, touch_id: UUID, state: State, reason: str | None) -> bool:
    """Moves an unresolved touch to `state`; returns False where the touch is not unresolved."""
    return bool(await connection.fetchval(RESOLVE_TOUCH, touch_id, state, reason))


async def is_sending(connection: Connection, lead_id: int) -> bool:
    """Returns whether a touch of the lead is being sent."""
    statement = "select exists (select 1 from touches where lead_id = $1 and state = 'sending')"
    return bool(await connection.fetchval(statement, lead_id))


async def skip_planned(connection: Connection, lead_id: int, reason: str) -> list[TouchIdentity]:
    """Skips the planned touches of the lead, and returns them."""
    return [read_identity(row) for row in await connection.fetch(SKIP_PLANNED, lead_id, reason)]


def read_identity(row: asyncpg.Record) -> TouchIdentity:
    """Returns the identity of the row's touch."""
    return TouchIdentity(
        lead_id=row["lead_id"],
        touch_id=row["touch_id"],
        step=row["step"],
        channel=Channel(row["channel"]),
        run=row["run"],
    )


def read_touch(row: asyncpg.Record) -> Touch:
    """Returns the touch of a whole row. Raises ValueError for a booking that cannot be read."""
    return Touch(
        touch_id=row["touch_id"],
        lead_id=row["lead_id"],
        step=row["step"],
        channel=Channel(row["channel"]),
        template=row["template"],
        address=row["address"],
        kind=Kind(row["kind"]),
        fallback=tuple(Channel(channel) for channel in row["fallback"]),
        until=row["until"],
        booking=Booking.model_validate(row["booking"]) if row["booking"] else None,
        run=row["run"],
        submission_id=row["submission_id"] or row["lead_id"],
    )
