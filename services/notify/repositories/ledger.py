"""Notify's SQL: the ledger of touches. A row is committed before the provider is called; every step is one commit."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import structlog

from contracts.api.permits import ContactEligibility
from contracts.commands.touch import ReleaseTouches
from contracts.events.base import Event
from contracts.events.booking import Booking
from contracts.events.lead import LeadCard
from contracts.events.touch import (
    Channel,
    FailureKind,
    Kind,
    SkipReason,
    TouchChecked,
    TouchDeferred,
    TouchDelayed,
    TouchesReleased,
    TouchFailed,
    TouchHeld,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnresolved,
)
from domain.receipts import Receipt
from kit.clock import now
from kit.database import DATABASE_FAILURES, Connection, Database
from kit.errors import Unavailable
from kit.messaging import outbox
from kit.observability import tracing
from kit.retention import forget
from services.notify.decisions.limits import Limit
from services.notify.decisions.receipts import advance, events_for
from services.notify.decisions.sending import Defer, Facts, Hold
from services.notify.decisions.spending import Spending
from services.notify.templates import NOTHING, Rendered
from services.notify.touches import NOT_AGAIN, State, Touch

log = structlog.get_logger()

KEY_HEARD = "key-heard/"  # and the call's reference: the key of its callback
HOLDERS_FIRST = 3.0  # seconds
HELD_CHECK = 1.0  # seconds; a held touch is looked at only while its company may be tried

CLAIM = """
with card as (
  insert into leads (lead_id, phone, email, card, person_id)
  select $2::bigint, $9::text, $10::text, $11::text::jsonb, $2::bigint
  where $17::bigint = $2::bigint
  on conflict do nothing),
form as (
  insert into submissions (submission_id, lead_id, phone, email, card)
  select $17::bigint, $2::bigint, $9::text, $10::text, $11::text::jsonb where $17::bigint = $2::bigint
  on conflict do nothing),
claimed as (
  insert into touches (touch_id, lead_id, step, channel, template, address, state, attempts, sendings,
                       first_claimed_at, claimed_at, lease_until, kind, fallback, until, booking, run, submission_id,
                       country, source, visitor, claim)
  select $1::uuid, $2::bigint, $3::text, $4::text, $5::text, $6::text, 'sending', 1, 1, now(), now(),
         now() + make_interval(secs => $7), $12::text, $13::text[], $14::timestamptz, $15::text::jsonb, $16::bigint,
         $17::bigint, $18::text, $19::text, $25::text, $26::uuid
  where not exists (select 1 from leads where lead_id = $2 and erased)
  on conflict (touch_id) do update set state = 'sending', attempts = touches.attempts + 1, until = $14,
    sendings = touches.sendings + 1, lease_until = now() + make_interval(secs => $7), check_count = 0, check_at = null,
    reason = null, claimed_at = now(), claim = $26,
    first_claimed_at = case when touches.sendings = 0 and $8 = 'planned' then now() else touches.first_claimed_at end
    where touches.state = $8 or ($8 = 'planned' and touches.state = 'skipped'
                                   and touches.reason in ('booked', 'booked_elsewhere'))
  returning attempts),
-- whichever touch comes first has the address' place of the day
place as (
  insert into contacts (address, what, day, place, touch_id)
  select $24::text, $20::text, $21::date, free, $1::uuid from claimed, lateral (
    select free from generate_series(1, $22::int) as free
    where not exists (select 1 from contacts c where c.address = $24::text and c.what = $20::text and c.day = $21::date
                        and c.place = free and c.touch_id <> $1)
    order by free limit 1) as places
  where $20::text is not null
    and (select count(distinct touch_id) from contacts c
         where c.address = $24::text and c.what = $20::text and c.day > $21::date - 7
           and c.touch_id <> $1) < $23::int
  on conflict (address, what, day, place) do update set touch_id = $1 where contacts.touch_id = $1
  returning 1)
select (select attempts from claimed) as attempt,
       $20::text is not null and not exists (select 1 from place) as over_limit,
       array(select distinct channel from touches where $12 = 'follow_up' and lead_id = $2 and kind = 'follow_up'
               and touch_id <> $1 and sent_at > now() - interval '7 days') as channels_this_week,
       exists (select 1 from touches where $12 = 'follow_up' and lead_id = $2 and kind = 'follow_up'
                 and touch_id <> $1 and sent_at > now() - interval '12 hours') as followed_up_today,
       coalesce((select paused from switch), false) as paused,
       exists (select 1 from paused_leads where lead_id = $2 and paused) as lead_paused,
       (select reason from touches where touch_id = $1) as held_for,
       exists (select 1 from touches where lead_id = $2 and released) as released,
       exists (select 1 from opt_outs where address = $6) as opted_out,
       exists (select 1 from leads where lead_id = $2 and stopped) as stopped,
       exists (select 1 from undeliverable_addresses where address = $6) as dead,
       exists (select 1 from sessions where phone = $6
                 and wrote_at > now() - interval '23 hours 55 minutes') as in_session"""
SETTLE = """
with told as (
  insert into texts (touch_id, lead_id, subject, text)
  select touch_id, lead_id, $12, $13 from touches join leads using (lead_id)
  where touch_id = $1 and $13 <> '' and not erased
  on conflict (touch_id) do update set subject = excluded.subject, text = excluded.text, at = now()),
settled as (
  update touches set state = $3, provider_ref = coalesce(nullif($4, ''), provider_ref), reason = $5,
    sent_at = case when $3 = 'sent' then now() else sent_at end, sendings = sendings - $7,
    check_at = now() + make_interval(secs => $6), lease_until = null, scope = $14, updated_at = now(), claim = null
  where touch_id = $1 and claim = $2 and state in ('sending', 'uncertain') returning lead_id),
freed as (  -- what was not made takes nobody's place
  delete from contacts using settled where contacts.touch_id = $1 and $3 in ('skipped', 'planned'))
insert into outbox (event_id, routing_key, lead_id, body, traceparent)
select $8, $9, lead_id, $10, $11 from settled where $8::uuid is not null returning true"""
EXPIRE = """update touches set state = 'uncertain', reason = 'lease expired', lease_until = null, check_count = 0,
              check_at = now() + make_interval(secs => $1), updated_at = now()
            where state = 'sending' and lease_until < now() returning touch_id, lead_id, step, channel, run"""
NOTED = """insert into callbacks (key, touch_id, body)
           select $1, $2, case when exists (select 1 from touches join leads using (lead_id)
                                            where touch_id = $2 and erased) then '{}' else $3::jsonb end
           on conflict do nothing returning true"""
RELEASE = """update touches set released = true, check_at = now()
             where state = 'planned' and reason = $1 and scope = $2"""
SPENDINGS = """select channel, coalesce(country, '') as country, left(address, 7) as prefix,
                 coalesce(source, '') as source, coalesce(visitor, '') as visitor,
                 kind = 'first_contact' as answers_form, sum(sendings)::int as day,
                 coalesce(sum(sendings) filter (where first_claimed_at > now() - interval '1 hour'), 0)::int as hour
               from touches where channel <> 'email' and first_claimed_at > now() - interval '1 day' and sendings > 0
               group by 1, 2, 3, 4, 5, 6"""
NAMES = """select visitor, array_agg(distinct lower(card->>'name')) as names from touches join leads using (lead_id)
           where channel <> 'email' and first_claimed_at > now() - interval '10 minutes' and kind = 'first_contact'
             and visitor is not null group by 1"""
MADE = """select t.*, coalesce(s.card, l.card) as card from touches t join leads l on l.lead_id = t.lead_id
          left join submissions s on s.submission_id = t.submission_id where t.touch_id = $1"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Whoever holds it may send the touch, and settles it; `attempt` counts from 1, 0 where it was not granted."""

    token: UUID
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where the claim's holder leaves the touch. `check_in` is in seconds; `sendings` is added to their count."""

    touch: Touch
    claim: Claim
    state: State
    event: Event | None = None
    text: Rendered = NOTHING
    ref: str = ""
    reason: str | None = None
    check_in: float | None = None
    sendings: int = 0
    scope: str | None = None

    def values(self) -> Sequence[Any]:
        """The parameters of SETTLE."""
        return (
            self.touch.touch_id,
            self.claim.token,
            self.state,
            self.ref,
            self.reason,
            self.check_in,
            -self.sendings,
            self.event.event_id if self.event else None,
            self.event.topic if self.event else None,
            self.event.model_dump_json().encode() if self.event else None,
            tracing.current(),
            self.text.subject,
            self.text.text,
            self.scope or None,
        )

    def later(self) -> "Settlement":
        """The same, where the message that would have tried again may be gone by the time it is written."""
        left_to_the_bus = (
            self.state is State.PLANNED
            and not isinstance(self.event, TouchDeferred)
            and not self.scope
        )
        return replace(self, check_in=0.0) if left_to_the_bus and self.check_in is None else self


@dataclass(frozen=True, slots=True)
class Open:
    """A touch that waits for the provider to be asked; check_count counts the one that is due.

    `not_again`: it must not be sent once more, whatever the provider says.
    """

    touch: Touch
    card: LeadCard
    sendings: int
    check_count: int
    first_claimed_at: datetime
    age_seconds: float
    provider_ref: str | None
    not_again: bool = False


class Store:
    """`lease` is how long a sending may take; `patience` and `key_timeout` how long a receipt, and the key of a call,
    are awaited before Twilio is asked. Seconds.
    """

    def __init__(
        self, database: Database, *, lease: float, patience: float, key_timeout: float
    ) -> None:
        self._database, self._lease = database, lease
        self._patience, self._key_timeout = patience, key_timeout
        self._unwritten: deque[Settlement] = deque()

    async def claim(
        self,
        touch: Touch,
        card: LeadCard,
        *,
        from_state: State = State.PLANNED,
        standing: ContactEligibility,
        limit: Limit | None = None,
        country: str | None = None,
    ) -> tuple[Facts, Claim]:
        """Claims the touch: makes its row, or takes it over from `from_state`. Committed when this returns.

        The facts to decide by, and the claim. Raises Unavailable; a claim that was granted all the same is given back.
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
            card.phone,
            card.email,
            card.model_dump_json(),
            touch.kind,
            list(touch.fallback),
            touch.until,
            touch.booking.model_dump_json() if touch.booking else None,
            touch.run,
            touch.submission_id or touch.lead_id,
            country,
            card.source,
            limit.what if limit else None,
            limit.day if limit else None,
            limit.per_day if limit else None,
            limit.per_week if limit else None,
            limit.place if limit else None,
            card.visitor,
            claim.token,
        )
        try:
            [row] = await self._database.fetch(CLAIM, *values)
        except DATABASE_FAILURES as outage:
            if outage.perhaps_committed:
                given_back = Settlement(
                    touch, claim, from_state, reason="claim unclear", check_in=0.0, sendings=-1
                )
                self._unwritten.append(given_back)
            raise
        claimed = row["attempt"] is not None
        facts = Facts(
            claimed=claimed,
            opted_out=row["opted_out"],
            dead=row["dead"],
            in_session=row["in_session"],
            stopped=row["stopped"],
            again_at=limit.again_at if limit is not None and row["over_limit"] else None,
            channels_this_week=frozenset(Channel(channel) for channel in row["channels_this_week"]),
            followed_up_today=row["followed_up_today"],
            released=row["released"],
            paused=row["paused"],
            lead_paused=row["lead_paused"],
            held_for=row["held_for"],
            standing=standing,
        )
        return facts, replace(claim, attempt=row["attempt"] or 0)

    async def sent(
        self, touch: Touch, claim: Claim, ref: str, text: Rendered, *, asked_at: datetime
    ) -> None:
        event = TouchSent(**touch.about(), provider_ref=ref or None, asked_at=asked_at)
        await self._settle(
            Settlement(touch, claim, State.SENT, event, text=text, ref=ref, check_in=self._patience)
        )

    async def failed(self, touch: Touch, claim: Claim, kind: FailureKind, reason: str) -> None:
        event = TouchFailed(**touch.about(), kind=kind, reason=reason)
        await self._settle(Settlement(touch, claim, State.FAILED, event, reason=reason))

    async def skipped(self, touch: Touch, claim: Claim, reason: SkipReason) -> None:
        event = TouchSkipped(**touch.about(), reason=reason)
        await self._settle(Settlement(touch, claim, State.SKIPPED, event, reason=reason))

    async def deferred(self, touch: Touch, claim: Claim, defer: Defer) -> None:
        """Nothing was sent; the scheduler is asked for a better hour."""
        event = TouchDeferred(
            **touch.about(),
            booking=touch.booking.uid if touch.booking else "",
            reason=defer.reason,
            not_before=defer.not_before,
        )
        await self._settle(
            Settlement(touch, claim, State.PLANNED, event, reason="deferred", sendings=-1)
        )

    async def held(self, touch: Touch, claim: Claim, hold: Hold, *, to: State, known: bool) -> None:
        """It waits where it stood; said unless it is `known` already. The clock does not try what has a scope."""
        event = None if known else TouchHeld(**touch.about(), reason=hold.reason, scope=hold.scope)
        check_in = None if hold.scope else HELD_CHECK
        if hold.until is not None:
            check_in = max(HELD_CHECK, (hold.until - now()).total_seconds())
        await self._settle(
            Settlement(
                touch,
                claim,
                to,
                event,
                reason=hold.reason,
                check_in=check_in,
                sendings=-1,
                scope=hold.scope,
            )
        )

    async def release_held(self, command: ReleaseTouches) -> None:
        """Releases the touches held for this reason in this scope, for a job to send.

        A repeated command has no effect.
        """
        fact = TouchesReleased(
            event_id=command.fact_id,
            at=command.at,
            reason=command.reason,
            scope=command.scope,
            by=command.by,
        )
        async with self._database.transaction() as connection:
            await connection.execute(RELEASE, command.reason, command.scope)
            await outbox.add(connection, [fact])

    async def unknown(self, touch: Touch) -> None:
        """Nobody can say whether it was sent: it stays uncertain, and a person must look."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(
                "update touches set check_at = null where touch_id = $1 and state = 'uncertain' returning true",
                touch.touch_id,
            ):
                await outbox.add(connection, [TouchUnresolved(**touch.about())])

    async def leave_to_a_person(self, touch: Touch, card: LeadCard, reason: str) -> None:
        """Nobody can say whether the touch is wanted: it stands in the ledger, uncertain, and a person decides."""
        facts, claim = await self.claim(touch, card, standing=ContactEligibility())
        if facts.claimed:
            await self.release(touch, claim, reason, to=State.UNCERTAIN, check_in=None)
            await self.unknown(touch)

    async def record_check(self, one: Open, *, found: bool) -> None:
        """Says that the provider was asked."""
        await outbox.publish(
            self._database,
            TouchChecked(**one.touch.about(), check_count=one.check_count, found=found),
        )

    async def postpone_check(self, touch_id: UUID, *, check_in: float) -> None:
        """The provider could not be asked: this look does not count."""
        await self._database.fetch(
            """update touches set check_count = check_count - 1, check_at = now() + make_interval(secs => $2)
               where touch_id = $1 and state = 'uncertain'""",
            touch_id,
            check_in,
        )

    async def publish(self, event: Event) -> None:
        """Says something that is about no touch."""
        await outbox.publish(self._database, event)

    async def spendings(self) -> list[Spending]:
        """The calls and messages of the last 24 hours that were sent, or may have been."""
        return [Spending(**row) for row in await self._database.fetch(SPENDINGS)]

    async def names(self) -> dict[str, set[str]]:
        """The names that each visitor gave in the last ten minutes, of those who are called or written to."""
        return {row["visitor"]: set(row["names"]) for row in await self._database.fetch(NAMES)}

    async def sources(self) -> int:
        """How many sources brought leads in the last seven days."""
        rows = await self._database.fetch(
            """select count(distinct coalesce(card->>'source', '')) as count from leads
               where created_at > now() - interval '7 days'"""
        )
        return int(rows[0]["count"])

    async def uncertain(
        self,
        touch: Touch,
        claim: Claim,
        reason: str,
        text: Rendered,
        *,
        check_in: float,
        answered: bool,
    ) -> None:
        """No clear answer came. Where the company `answered` that it failed, it does not count as a sending."""
        event = TouchUncertain(**touch.about(), reason=reason)
        sendings = -1 if answered else 0
        await self._settle(
            Settlement(
                touch,
                claim,
                State.UNCERTAIN,
                event,
                text=text,
                reason=reason,
                check_in=check_in,
                sendings=sendings,
            )
        )

    async def release(
        self,
        touch: Touch,
        claim: Claim,
        reason: str,
        *,
        to: State,
        check_in: float | None,
        event: TouchDelayed | None = None,
    ) -> None:
        """This attempt sent nothing: the touch stands again where it was claimed from."""
        await self._settle(
            Settlement(touch, claim, to, event, reason=reason, check_in=check_in, sendings=-1)
        )

    async def _settle(self, settlement: Settlement) -> None:
        """Keeps the text; else does nothing where a callback, or a later claim, has already settled more.

        Raises Unavailable; it is written later all the same, as long as this process lives.
        """
        try:
            await self._database.write(SETTLE, *settlement.values())
        except Unavailable:
            self._unwritten.append(settlement.later())
            raise

    async def write_unwritten(self) -> None:
        """Writes what could not be written while the database was unavailable. Raises Unavailable."""
        while self._unwritten:
            settlement = self._unwritten.popleft()
            try:
                await self._database.write(SETTLE, *settlement.values())
            except Unavailable:
                self._unwritten.append(settlement)
                raise

    async def record_callback(
        self, key: str, touch_id: UUID, receipt: Receipt | None, body: dict[str, Any]
    ) -> None:
        """Keeps a callback and lets it move its touch. A repeat has no effect."""
        if receipt is None:
            await self._database.fetch(NOTED, key, touch_id, body)
            return
        async with self._database.transaction() as connection:
            if await connection.fetchval(NOTED, key, touch_id, body):
                await self._apply(connection, touch_id, receipt)

    async def hear_key(
        self, ref: str, touch_id: UUID, receipt: Receipt | None, body: dict[str, Any]
    ) -> None:
        """Keeps that a call's key was heard, or that none was pressed: nobody need be asked. A repeat has no effect."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(NOTED, f"{KEY_HEARD}{ref}", touch_id, body):
                if receipt is not None:
                    await self._apply(connection, touch_id, receipt)
                await connection.execute(
                    "update touches set check_at = null where touch_id = $1 and state = 'answered'",
                    touch_id,
                )

    async def apply_receipt(self, touch_id: UUID, receipt: Receipt) -> None:
        """Lets what the provider was asked for move the touch."""
        async with self._database.transaction() as connection:
            await self._apply(connection, touch_id, receipt)

    async def _apply(self, connection: Connection, touch_id: UUID, receipt: Receipt) -> None:
        row = await connection.fetchrow(
            """select touch_id, lead_id, step, channel, run, state, claimed_at from touches
               where touch_id = $1 for update""",
            touch_id,
        )
        if row is None:
            log.warning("receipt.unmatched", touch_id=str(touch_id))
            return
        before = State(row["state"])
        after = advance(before, receipt)
        if after is None:
            return
        await connection.execute(
            """update touches set state = $2, provider_ref = coalesce(provider_ref, nullif($3, '')),
                 sent_at = coalesce(sent_at, now()), lease_until = null, updated_at = now(),
                 check_count = case when $2 = 'answered' then 0 else check_count end,
                 check_at = case when $2 = 'sent' then now() + make_interval(secs => $4)
                   when $2 = 'answered' and not exists (select 1 from callbacks where key = $6)
                     then now() + make_interval(secs => $5) end
               where touch_id = $1""",
            touch_id,
            after,
            receipt.ref,
            self._patience,
            self._key_timeout,
            f"{KEY_HEARD}{receipt.ref}",
        )
        events = events_for(
            receipt,
            before,
            touch_id=touch_id,
            lead_id=row["lead_id"],
            step=row["step"],
            channel=Channel(row["channel"]),
            run=row["run"],
            asked_at=row["claimed_at"],
        )
        await outbox.add(connection, events)
        log.info(
            "touch.moved",
            touch_id=str(touch_id),
            lead_id=row["lead_id"],
            channel=row["channel"],
            before=before,
            now=after,
        )

    async def expire_leases(self, *, check_in: float) -> int:
        """What was being sent when its worker vanished becomes uncertain.

        After an outage of the database its holders come first: they write what they know as soon as it answers.
        """
        if not self._database.steady(HOLDERS_FIRST):
            return 0
        async with self._database.transaction() as connection:
            rows = await connection.fetch(EXPIRE, check_in)
            events = [
                TouchUncertain(
                    touch_id=row["touch_id"],
                    lead_id=row["lead_id"],
                    step=row["step"],
                    channel=Channel(row["channel"]),
                    run=row["run"],
                    reason="lease expired",
                )
                for row in rows
            ]
            await outbox.add(connection, events)
        return len(rows)

    async def due(
        self, state: State, channels: Sequence[Channel], *, limit: int = 20
    ) -> list[Open]:
        """Takes touches of `state` whose look-up is due; nobody else gets them for a minute."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                """with due as (select touch_id from touches where state = $1 and check_at <= now()
                                  and channel = any($3) order by check_at limit $2 for update skip locked)
                   update touches t set check_at = now() + interval '1 minute', check_count = check_count + 1
                   from due, leads where due.touch_id = t.touch_id and leads.lead_id = t.lead_id
                   returning t.*, extract(epoch from now() - t.first_claimed_at)::float8 as age,
                     coalesce((select s.card from submissions s where s.submission_id = t.submission_id),
                              leads.card) as card""",
                state,
                limit,
                list(channels),
            )
            readable, broken = [], []
            for row in rows:
                try:
                    readable.append(_open(row))
                except ValueError as bug:  # a card or a booking that nobody can read
                    log.error("touch.unreadable", touch_id=str(row["touch_id"]), exc_info=bug)
                    broken.append(row)
            await _leave_to_a_person(connection, broken)
        return readable

    async def check_again(self, touch_id: UUID, state: State, *, check_in: float | None) -> None:
        """Plans the next look; none when `check_in` is None."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "update touches set check_at = now() + make_interval(secs => $3) where touch_id = $1 and state = $2",
                touch_id,
                state,
                check_in,
            )

    async def known_refs(self, address: str) -> set[str]:
        """The provider's references that touches to `address` already have."""
        rows = await self._database.fetch(
            "select provider_ref from touches where address = $1 and provider_ref is not null",
            address,
        )
        return {row["provider_ref"] for row in rows}

    async def get_touch(self, touch_id: UUID) -> tuple[Touch, LeadCard]:
        """A touch of the ledger, and whose it is. Raises LookupError for one that was never made."""
        rows = await self._database.fetch(MADE, touch_id)
        if not rows:
            raise LookupError(f"no touch {touch_id}")
        return _touch(rows[0]), LeadCard.model_validate(rows[0]["card"])

    async def knows(self, touch_id: UUID) -> bool:
        """Whether the touch was ever taken in hand."""
        return bool(
            await self._database.fetch("select 1 from touches where touch_id = $1", touch_id)
        )

    async def touch_by_ref(self, ref: str) -> UUID | None:
        rows = await self._database.fetch(
            "select touch_id from touches where provider_ref = $1", ref
        )
        return rows[0]["touch_id"] if rows else None

    async def forget_old_callbacks(self) -> None:
        await forget(self._database, "callbacks", "received_at < now() - interval '30 days'")


async def _leave_to_a_person(connection: Connection, rows: Sequence[asyncpg.Record]) -> None:
    """Looks at these touches no more by itself, and says so."""
    if not rows:
        return
    await connection.execute(
        "update touches set check_at = null where touch_id = any($1::uuid[])",
        [row["touch_id"] for row in rows],
    )
    events = [
        TouchUnresolved(
            lead_id=row["lead_id"],
            touch_id=row["touch_id"],
            step=row["step"],
            channel=Channel(row["channel"]),
            run=row["run"],
        )
        for row in rows
    ]
    await outbox.add(connection, events)


def _open(row: asyncpg.Record) -> Open:
    return Open(
        touch=_touch(row),
        card=LeadCard.model_validate(row["card"]),
        sendings=row["sendings"],
        check_count=row["check_count"],
        first_claimed_at=row["first_claimed_at"],
        age_seconds=row["age"],
        provider_ref=row["provider_ref"],
        not_again=row["reason"] == NOT_AGAIN,
    )


def _touch(row: asyncpg.Record) -> Touch:
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
