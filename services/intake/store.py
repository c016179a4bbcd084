"""Intake's SQL: many submissions in one commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.event import Event
from contracts.lead import LeadCard, LeadCreated, LeadReturned
from kit import tracing
from kit.database import Database
from services.intake.decisions import Known, Quarantine, Return, Submission, Verdict, Welcome, settle
from services.intake.decisions import addresses as addresses_of

NOBODY = LeadCard(name="").model_dump_json()
READ = """
select (select version from turn) as version,
  array(select nextval('lead_ids') from generate_series(1, $1)) as fresh,
  (select jsonb_agg(jsonb_build_array(lead_id, phone, email) order by lead_id) from leads
   where (phone = any($2) or email = any($2)) and not suspect and created_at > now() - interval '1 day') as people,
  (select jsonb_agg(jsonb_build_array(key, encode(fingerprint, 'hex'), lead_id)) from idempotency_keys
   where key = any($3)) as keys"""
WRITE = """
with mine as (update turn set version = version + 1 where version = $1 returning version),
added as (
  insert into leads (lead_id, phone, email, suspect, card)
  select id, phone, email, suspect, card from unnest($2::bigint[], $3::text[], $4::text[], $5::boolean[], $6::boolean[],
    $7::text[]::jsonb[]) as s (id, phone, email, suspect, fresh, card) where fresh and exists (select from mine)),
submitted as (
  insert into submissions (lead_id, card, remote_address, user_agent)
  select * from unnest($2::bigint[], $7::text[]::jsonb[], $8::text[], $9::text[]) where exists (select from mine)),
keyed as (
  insert into idempotency_keys (key, fingerprint, lead_id)
  select * from unnest($10::text[], $11::bytea[], $2::bigint[]) as k (key, fingerprint, lead_id)
  where key is not null and exists (select from mine)),
said as (
  insert into outbox (event_id, topic, lead_id, body, traceparent)
  select * from unnest($12::uuid[], $13::text[], $14::bigint[], $15::bytea[], $16::text[])
  where exists (select from mine))
select version from mine"""
# a batch that has read them as somebody known must read again
ERASE = """
with anew as (update turn set version = version + 1),
person as (update leads set phone = null, email = null, card = $2::text::jsonb where lead_id = $1),
forms as (update submissions set card = $2::text::jsonb, remote_address = '', user_agent = '' where lead_id = $1)
delete from idempotency_keys where lead_id = $1"""
FORGET_KEYS = "delete from idempotency_keys where created_at < now() - make_interval(days => 7)"


@dataclass(frozen=True, slots=True)
class Received:
    """A submission with where and when it came from, which is the evidence of its consent."""

    submission: Submission
    remote_address: str
    user_agent: str
    received_at: datetime
    trace: str = field(default_factory=tracing.current)


class Store:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, batch: Sequence[Received]) -> list[Verdict]:
        """Stores the batch and its events in one commit, and says what became of each.

        One statement reads what is known, one writes, and it writes only if nobody has written in between: so two forms
        of one person, in two replicas, are one lead. Raises Unavailable when nothing was stored.
        """
        while True:
            known, version, fresh = await self._read(batch)
            verdicts = settle([received.submission for received in batch], known, fresh)
            stored = [
                (received, verdict)
                for received, verdict in zip(batch, verdicts, strict=True)
                if isinstance(verdict, Welcome | Return | Quarantine)
            ]
            if not stored or await self._write(stored, version):
                return verdicts

    async def _read(self, batch: Sequence[Received]) -> tuple[Known, int, Sequence[int]]:
        submissions = [received.submission for received in batch]
        people = [address for one in submissions for address in addresses_of(one.card)]
        keys = [one.key for one in submissions if one.key is not None]
        [row] = await self._database.fetch(READ, len(batch), people, keys)
        known = Known(
            keys={key: (bytes.fromhex(fingerprint), lead_id) for key, fingerprint, lead_id in row["keys"] or ()},
            people={a: lead_id for lead_id, *addresses in row["people"] or () for a in addresses if a},
        )
        return known, row["version"], row["fresh"]

    async def _write(self, stored: Sequence[tuple[Received, Welcome | Return | Quarantine]], version: int) -> bool:
        """False, and nothing done, when another batch was written since `version` was read."""
        said = [(event, received.trace) for received, verdict in stored if (event := _event(received, verdict))]
        forms = [received.submission for received, _ in stored]
        written = await self._database.write(
            WRITE,
            version,
            [verdict.lead_id for _, verdict in stored],
            [form.card.phone for form in forms],
            [form.card.email for form in forms],
            [isinstance(verdict, Quarantine) for _, verdict in stored],
            [not isinstance(verdict, Return) for _, verdict in stored],
            [form.card.model_dump_json() for form in forms],
            [received.remote_address for received, _ in stored],
            [received.user_agent for received, _ in stored],
            [form.key for form in forms],
            [form.fingerprint for form in forms],
            [event.event_id for event, _ in said],
            [event.topic for event, _ in said],
            [event.lead_id for event, _ in said],
            [event.model_dump_json().encode() for event, _ in said],
            [trace for _, trace in said],
        )
        return bool(written)

    async def erase(self, lead_id: int) -> None:
        """Overwrites what says who the lead is: who fills in a form again is somebody new. A repeat has no effect."""
        await self._database.fetch(ERASE, lead_id, NOBODY)

    async def forget_old_keys(self) -> None:
        """Idempotency keys count for a week."""
        async with self._database.transaction() as connection:
            await connection.execute(FORGET_KEYS)


def _event(received: Received, verdict: Verdict) -> Event | None:
    match verdict:
        case Welcome(lead_id):
            return LeadCreated(lead_id=lead_id, card=received.submission.card, received_at=received.received_at)
        case Return(lead_id):
            return LeadReturned(lead_id=lead_id, card=received.submission.card)
        case _:
            return None
