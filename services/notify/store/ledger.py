"""Notify's SQL: the ledger of touches. A row is committed before the provider is called; every step is one commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from contracts.booking import Booking
from contracts.event import Event
from contracts.lead import LeadCard
from contracts.receipt import Receipt
from contracts.reply import ReplyReceived
from contracts.touch import (
    Channel,
    DeferReason,
    FailureKind,
    HoldReason,
    Kind,
    SkipReason,
    TouchDeferred,
    TouchFailed,
    TouchHeld,
    TouchLookedUp,
    TouchSent,
    TouchSkipped,
    TouchUncertain,
    TouchUnknown,
)
from kit import outbox, tracing
from kit.database import Connection, Database
from kit.failures import Unavailable
from services.notify.decisions.receipts import advance, said_by
from services.notify.decisions.sending import Facts, Standing
from services.notify.store.opting_out import opt_out
from services.notify.templates import NOTHING, Rendered
from services.notify.touches import State, Touch

log = structlog.get_logger()

HELD_CHECK = 1.0  # seconds; a held touch is looked at only while its company may be tried

KEEP_CARD = (
    """insert into leads (lead_id, phone, email, card) values ($1, $2, $3, $4::text::jsonb) on conflict do nothing"""
)
CARD = "select card from leads where lead_id = $1"
CLAIM = """
with card as (
  insert into leads (lead_id, phone, email, card) values ($2, $9, $10, $11::text::jsonb) on conflict do nothing),
claimed as (
  insert into touches (touch_id, lead_id, step, channel, template, address, state, attempts, sendings,
                       first_claimed_at, claimed_at, lease_until, kind, fallback, until, booking)
  select $1, $2, $3, $4, $5, $6, 'sending', 1, 1, now(), now(), now() + make_interval(secs => $7),
         $12, $13, $14, $15::text::jsonb
  where not exists (select 1 from leads where lead_id = $2 and erased)
  on conflict (touch_id) do update set state = 'sending', attempts = touches.attempts + 1, until = $14,
    sendings = touches.sendings + 1, lease_until = now() + make_interval(secs => $7), looks = 0, check_at = null,
    reason = null, claimed_at = now(),
    first_claimed_at = case when touches.sendings = 0 and $8 = 'planned' then now() else touches.first_claimed_at end
    where touches.state = $8 or ($8 = 'planned' and touches.state = 'skipped'
                                   and touches.reason in ('booked', 'booked_elsewhere'))
  returning attempts),
dialled as (  -- by whichever lead of this number came first within a day
  insert into welcome_calls (phone, touch_id)
  select $6, $1 from claimed where $4 = 'call' and $12 = 'first_contact' and $6::text is not null
  on conflict (phone) do update set touch_id = $1, at = now()
    where welcome_calls.touch_id = $1 or welcome_calls.at < now() - interval '1 day'
  returning 1)
select (select attempts from claimed) as attempt,
       $4 = 'call' and $12 = 'first_contact' and $6::text is not null
         and not exists (select 1 from dialled) as called_today,
       coalesce((select paused from switch), false) as paused,
       exists (select 1 from paused_leads where lead_id = $2 and paused) as lead_paused,
       (select reason from touches where touch_id = $1) as held_for,
       exists (select 1 from opt_outs where address in ($9, $10)) as opted_out,
       exists (select 1 from dead_addresses where address = $6) as dead,
       exists (select 1 from sessions where phone = $9
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
    check_at = now() + make_interval(secs => $6), lease_until = null, updated_at = now()
  where touch_id = $1 and attempts = $2 and state in ('sending', 'uncertain') returning lead_id)
insert into outbox (event_id, topic, lead_id, body, traceparent)
select $8, $9, lead_id, $10, $11 from settled where $8::uuid is not null returning true"""
EXPIRE = """update touches set state = 'uncertain', reason = 'lease expired', lease_until = null, looks = 0,
              check_at = now() + make_interval(secs => $1), updated_at = now()
            where state = 'sending' and lease_until < now() returning touch_id, lead_id, step, channel"""
WROTE = "insert into sessions (phone) values ($1) on conflict (phone) do update set wrote_at = now()"
NOTED = """insert into callbacks (key, touch_id, body)
           select $1, $2, case when exists (select 1 from touches join leads using (lead_id)
                                            where touch_id = $2 and erased) then '{}' else $3::jsonb end
           on conflict do nothing returning true"""
FORGET = "delete from callbacks where received_at < now() - make_interval(days => 30)"


@dataclass(frozen=True, slots=True)
class Open:
    """A touch that waits for the provider to be asked; `looks` counts the one that is due."""

    touch: Touch
    card: LeadCard
    sendings: int
    looks: int
    first_claimed_at: datetime
    age_seconds: float
    provider_ref: str | None


class Store:
    """`lease` and `patience` are seconds: how long a sending may take, how long a receipt is awaited before asking."""

    def __init__(self, database: Database, *, lease: float, patience: float) -> None:
        self._database, self._lease, self._patience = database, lease, patience

    async def card_of(self, lead_id: int) -> LeadCard:
        """Raises Unavailable for a lead of whom nothing is known yet: its own event is still on the way."""
        rows = await self._database.fetch(CARD, lead_id)
        if not rows:
            raise Unavailable("the lead's card is not here yet")
        return LeadCard.model_validate(rows[0]["card"])

    async def claim(
        self,
        touch: Touch,
        card: LeadCard,
        *,
        from_state: State = State.PLANNED,
        standing: Standing,
    ) -> tuple[Facts, int]:
        """Takes the touch in hand: makes its row, or takes it over from `from_state`. Committed when this returns.

        The facts to decide by, and the attempt's number.
        """
        [row] = await self._database.fetch(
            CLAIM,
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
        )
        claimed = row["attempt"] is not None
        facts = Facts(
            claimed=claimed,
            opted_out=row["opted_out"],
            dead=row["dead"],
            in_session=row["in_session"],
            called_today=row["called_today"],
            paused=row["paused"],
            lead_paused=row["lead_paused"],
            held_for=row["held_for"],
            standing=standing,
        )
        return facts, row["attempt"] or 0

    async def sent(self, touch: Touch, attempt: int, ref: str, text: Rendered, *, asked_at: datetime) -> None:
        event = TouchSent(**_about(touch), provider_ref=ref or None, asked_at=asked_at)
        await self._settle(touch, attempt, State.SENT, event, text=text, ref=ref, check_in=self._patience)

    async def failed(self, touch: Touch, attempt: int, kind: FailureKind, reason: str) -> None:
        event = TouchFailed(**_about(touch), kind=kind, reason=reason)
        await self._settle(touch, attempt, State.FAILED, event, reason=reason)

    async def skipped(self, touch: Touch, attempt: int, reason: SkipReason) -> None:
        event = TouchSkipped(**_about(touch), reason=reason)
        await self._settle(touch, attempt, State.SKIPPED, event, reason=reason)

    async def deferred(self, touch: Touch, attempt: int, reason: DeferReason) -> None:
        """Nothing was sent; the scheduler is asked for a better hour."""
        event = TouchDeferred(**_about(touch), booking=touch.booking.uid if touch.booking else "", reason=reason)
        await self._settle(touch, attempt, State.PLANNED, event, reason="deferred", sendings=-1)

    async def held(self, touch: Touch, attempt: int, reason: HoldReason, *, to: State, known: bool) -> None:
        """It waits where it stood; said unless it is `known` already."""
        event = None if known else TouchHeld(**_about(touch), reason=reason)
        await self._settle(touch, attempt, to, event, reason=reason, check_in=HELD_CHECK, sendings=-1)

    async def unknown(self, touch: Touch) -> None:
        """Nobody can say whether it was sent: it stays uncertain, and a person must look."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(
                "update touches set check_at = null where touch_id = $1 and state = 'uncertain' returning true",
                touch.touch_id,
            ):
                await outbox.add(connection, [TouchUnknown(**_about(touch))])

    async def looked_up(self, one: Open, *, found: bool) -> None:
        """Says that the provider was asked."""
        await outbox.say(self._database, TouchLookedUp(**_about(one.touch), look=one.looks, found=found))

    async def not_looked(self, touch_id: UUID, *, check_in: float) -> None:
        """The provider could not be asked: this look does not count."""
        await self._database.fetch(
            """update touches set looks = looks - 1, check_at = now() + make_interval(secs => $2)
               where touch_id = $1 and state = 'uncertain'""",
            touch_id,
            check_in,
        )

    async def say(self, event: Event) -> None:
        """Says something that is about no touch."""
        await outbox.say(self._database, event)

    async def sent_today(self) -> dict[Channel, int]:
        """How many calls and messages were sent, or may have been, in the last 24 hours."""
        rows = await self._database.fetch(
            """select channel, sum(sendings) as count from touches
               where channel <> 'email' and first_claimed_at > now() - interval '1 day' group by channel"""
        )
        return {Channel(row["channel"]): row["count"] for row in rows}

    async def uncertain(
        self, touch: Touch, attempt: int, reason: str, text: Rendered, *, check_in: float, answered: bool
    ) -> None:
        """No clear answer came. Where the company `answered` that it failed, it does not count as a sending."""
        event = TouchUncertain(**_about(touch), reason=reason)
        sendings = -1 if answered else 0
        await self._settle(
            touch, attempt, State.UNCERTAIN, event, text=text, reason=reason, check_in=check_in, sendings=sendings
        )

    async def put_back(self, touch: Touch, attempt: int, reason: str, *, to: State, check_in: float | None) -> None:
        """This attempt sent nothing: the touch stands again where it was claimed from."""
        await self._settle(touch, attempt, to, None, reason=reason, check_in=check_in, sendings=-1)

    async def _settle(
        self,
        touch: Touch,
        attempt: int,
        state: State,
        event: Event | None,
        *,
        text: Rendered = NOTHING,
        ref: str = "",
        reason: str | None = None,
        check_in: float | None = None,
        sendings: int = 0,
    ) -> None:
        """Keeps what was told; else does nothing where a callback, or a later attempt, has already said more."""
        await self._database.write(
            SETTLE,
            touch.touch_id,
            attempt,
            state,
            ref,
            reason,
            check_in,
            -sendings,
            event.event_id if event else None,
            event.topic if event else None,
            event.model_dump_json().encode() if event else None,
            tracing.current(),
            text.subject,
            text.text,
        )

    async def hear(self, key: str, touch_id: UUID, receipt: Receipt | None, body: dict[str, Any]) -> None:
        """Keeps a callback and lets it move its touch. A repeat has no effect."""
        if receipt is None:
            await self._database.fetch(NOTED, key, touch_id, body)
            return
        async with self._database.transaction() as connection:
            if await connection.fetchval(NOTED, key, touch_id, body):
                await self._apply(connection, touch_id, receipt)

    async def learn(self, touch_id: UUID, receipt: Receipt) -> None:
        """Lets what the provider was asked for move the touch."""
        async with self._database.transaction() as connection:
            await self._apply(connection, touch_id, receipt)

    async def _apply(self, connection: Connection, touch_id: UUID, receipt: Receipt) -> None:
        row = await connection.fetchrow(
            "select touch_id, lead_id, step, channel, state, claimed_at from touches where touch_id = $1 for update",
            touch_id,
        )
        if row is None:
            log.warning("receipt.of_no_touch", touch_id=str(touch_id))
            return
        before = State(row["state"])
        after = advance(before, receipt)
        if after is None:
            return
        await connection.execute(
            """update touches set state = $2, provider_ref = coalesce(provider_ref, nullif($3, '')),
                 sent_at = coalesce(sent_at, now()), lease_until = null, updated_at = now(),
                 check_at = case when $2 = 'sent' then now() + make_interval(secs => $4) end
               where touch_id = $1""",
            touch_id,
            after,
            receipt.ref,
            self._patience,
        )
        events = said_by(
            receipt,
            before,
            touch_id=touch_id,
            lead_id=row["lead_id"],
            step=row["step"],
            channel=Channel(row["channel"]),
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
        """What was being sent when its worker vanished becomes uncertain."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(EXPIRE, check_in)
            events = [
                TouchUncertain(
                    touch_id=row["touch_id"],
                    lead_id=row["lead_id"],
                    step=row["step"],
                    channel=Channel(row["channel"]),
                    reason="lease expired",
                )
                for row in rows
            ]
            await outbox.add(connection, events)
        return len(rows)

    async def due(self, state: State, channels: Sequence[Channel], *, limit: int = 20) -> list[Open]:
        """Takes touches of `state` whose look-up is due; nobody else gets them for a minute."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                """with due as (select touch_id from touches where state = $1 and check_at <= now()
                                  and channel = any($3) order by check_at limit $2 for update skip locked)
                   update touches t set check_at = now() + interval '1 minute', looks = looks + 1
                   from due, leads where due.touch_id = t.touch_id and leads.lead_id = t.lead_id
                   returning t.*, leads.card, extract(epoch from now() - t.first_claimed_at)::float8 as age""",
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

    async def refs_at(self, address: str) -> set[str]:
        """The provider's references that touches to `address` already have."""
        rows = await self._database.fetch(
            "select provider_ref from touches where address = $1 and provider_ref is not null", address
        )
        return {row["provider_ref"] for row in rows}

    async def opt_out(
        self, key: str, addresses: Sequence[str], channel: str, reason: str, body: dict[str, Any]
    ) -> None:
        """The person behind any of these addresses is left alone on all of theirs. A repeat has no effect."""
        async with self._database.transaction() as connection:
            if not await connection.fetchval(NOTED, key, None, body):
                return
            await opt_out(connection, addresses, channel, reason)

    async def nobody_is_at(self, address: str) -> None:
        """Nothing more goes to an address that a provider says reaches nobody."""
        await self._database.fetch("insert into dead_addresses (address) values ($1) on conflict do nothing", address)

    async def opt_out_lead(self, lead_id: int, channel: str, reason: str) -> None:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow("select phone, email from leads where lead_id = $1", lead_id)
            if row is not None:
                await opt_out(connection, [a for a in (row["phone"], row["email"]) if a], channel, reason)

    async def reply(
        self, key: str, phone: str, body: dict[str, Any], replies: Sequence[ReplyReceived], *, opts_in: bool
    ) -> None:
        """Keeps what somebody wrote and says it of their leads; `opts_in` takes their stop back. Once per key."""
        async with self._database.transaction() as connection:
            if not await connection.fetchval(NOTED, key, None, body):
                return
            if phone:
                await connection.execute(WROTE, phone)
            if opts_in:
                await connection.execute(
                    """delete from opt_outs where address = $1 or address in
                         (select unnest(array[phone, email]) from leads where phone = $1)""",
                    phone,
                )
            await outbox.add(connection, replies)

    async def leads_at(self, phone: str) -> list[int]:
        """The leads with this phone, newest first."""
        rows = await self._database.fetch("select lead_id from leads where phone = $1 order by lead_id desc", phone)
        return [row["lead_id"] for row in rows]

    async def made(self, touch_id: UUID) -> tuple[Touch, LeadCard]:
        """A touch of the ledger, and whose it is. Raises LookupError for one that was never made."""
        rows = await self._database.fetch(
            "select touches.*, card from touches join leads using (lead_id) where touch_id = $1", touch_id
        )
        if not rows:
            raise LookupError(f"no touch {touch_id}")
        return _touch(rows[0]), LeadCard.model_validate(rows[0]["card"])

    async def touch_by_ref(self, ref: str) -> UUID | None:
        rows = await self._database.fetch("select touch_id from touches where provider_ref = $1", ref)
        return rows[0]["touch_id"] if rows else None

    async def forget_old_callbacks(self) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(FORGET)


def _about(touch: Touch) -> dict[str, Any]:
    return {"lead_id": touch.lead_id, "touch_id": touch.touch_id, "step": touch.step, "channel": touch.channel}


async def _leave_to_a_person(connection: Connection, rows: Sequence[asyncpg.Record]) -> None:
    """Looks at these touches no more by itself, and says so."""
    if not rows:
        return
    await connection.execute(
        "update touches set check_at = null where touch_id = any($1::uuid[])", [row["touch_id"] for row in rows]
    )
    events = [
        TouchUnknown(lead_id=r["lead_id"], touch_id=r["touch_id"], step=r["step"], channel=Channel(r["channel"]))
        for r in rows
    ]
    await outbox.add(connection, events)


def _open(row: asyncpg.Record) -> Open:
    return Open(
        touch=_touch(row),
        card=LeadCard.model_validate(row["card"]),
        sendings=row["sendings"],
        looks=row["looks"],
        first_claimed_at=row["first_claimed_at"],
        age_seconds=row["age"],
        provider_ref=row["provider_ref"],
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
    )
