"""Intake's SQL: many submissions in one commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.commands.lead import EraseLead
from contracts.events.base import Event
from contracts.events.journey import JourneyPublished
from contracts.events.lead import LeadCard, LeadCreated, LeadErased, LeadSuperseded, LeadUpdated
from kit.database import Database
from kit.messaging import outbox
from kit.observability import tracing
from kit.retention import forget
from services.intake.decisions import (
    Earlier,
    Existing,
    Join,
    NewLead,
    Quarantine,
    Submission,
    Verdict,
    carried,
    classify,
)
from services.intake.decisions import addresses as addresses_of

ANONYMOUS_CARD = LeadCard(name="").model_dump_json()
READ = """
select (select version from turn) as version, (select version from current_journey) as journey,
  array(select nextval('lead_ids') from generate_series(1, $1)) as fresh,
  (select jsonb_agg(jsonb_build_array(lead_id, person_id, card, ended, recent) order by submission_id) from (
     select s.submission_id, s.lead_id, l.person_id, s.card, l.ended,
            l.answered_at > now() - make_interval(secs => $5) as recent
     from (select distinct on (mine.submission_id) mine.* from unnest($2::text[]) as asked (address), lateral (
             select * from submissions where phone = address or email = address
             order by submission_id desc limit 100) as mine) as s,
       lateral (select * from leads where lead_id = s.lead_id limit 1) as l
     where not l.suspect order by s.submission_id desc limit 1000) as found) as earlier,
  (select jsonb_agg(jsonb_build_array(encode(content, 'hex'), submission_id)) from submissions
   where content = any($4) and received_at > now() - make_interval(secs => $6)) as contents,
  (select jsonb_agg(jsonb_build_array(key, encode(content, 'hex'), submission_id)) from idempotency_keys
   where key = any($3)) as keys"""
WRITE = """
with mine as (update turn set version = version + 1 where version = $1 returning version),
added as (
  insert into leads (lead_id, person_id, suspect, card)
  select lead_id, person_id, suspect, card
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[]::jsonb[])
    as s (submission_id, lead_id, person_id, suspect, card)
  where submission_id = lead_id and exists (select from mine)),
submitted as (
  insert into submissions (submission_id, lead_id, card, phone, email, content, remote_address, user_agent)
  select * from unnest($2::bigint[], $3::bigint[], $6::text[]::jsonb[], $7::text[], $8::text[], $9::bytea[],
    $10::text[], $11::text[]) where exists (select from mine)),
keyed as (
  insert into idempotency_keys (key, content, submission_id)
  select * from unnest($12::text[], $9::bytea[], $2::bigint[]) as k (key, content, submission_id)
  where key is not null and exists (select from mine)),
answered as (
  update leads set answered_at = now() where lead_id = any($13::bigint[]) and exists (select from mine)),
ended as (
  update leads set ended = coalesce(ended, 'superseded')
  where lead_id = any($14::bigint[]) and exists (select from mine)),
said as (
  insert into outbox (event_id, routing_key, lead_id, body, traceparent)
  select * from unnest($15::uuid[], $16::text[], $17::bigint[], $18::bytea[], $19::text[])
  where exists (select from mine))
select version from mine"""
MERGE = """update leads set person_id = m.person from unnest($1::bigint[], $2::bigint[]) as m (merged, person)
           where person_id = m.merged"""
# a batch that has read them as somebody known must read again
ERASE = """
with anew as (update turn set version = version + 1),
person as (update leads set card = $2::text::jsonb, ended = 'erased' where lead_id = $1),
forms as (update submissions set card = $2::text::jsonb, phone = null, email = null, content = null,
            remote_address = '', user_agent = '' where lead_id = $1)
delete from idempotency_keys where submission_id in (select submission_id from submissions where lead_id = $1)"""
END = """update leads set ended = $2 where lead_id = $1
           and (ended is null or ($2 = 'opted_out' and ended <> 'erased'))"""
ENTER_WITH = """insert into current_journey (version, at) values ($1, $2)
                on conflict (single) do update set version = $1, at = $2 where current_journey.at < $2"""


JOINS = timedelta(days=1)  # a form joins its lead silently for so long after the lead was answered
REPEATS = timedelta(minutes=10)  # the same content is the same form


@dataclass(frozen=True, slots=True)
class Received:
    """A submission with where and when it came from, which is the evidence of its consent."""

    submission: Submission
    remote_address: str
    user_agent: str
    received_at: datetime
    trace: str = field(default_factory=tracing.current)


Stored = tuple[Received, NewLead | Join | Quarantine]


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
            verdicts = classify([received.submission for received in batch], known, fresh)
            stored = [
                (received, verdict)
                for received, verdict in zip(batch, verdicts, strict=True)
                if isinstance(verdict, NewLead | Join | Quarantine)
            ]
            if not stored or await self._write(stored, version, known.journey):
                return verdicts

    async def _read(self, batch: Sequence[Received]) -> tuple[Existing, int, Sequence[int]]:
        submissions = [received.submission for received in batch]
        people = [
            address for submission in submissions for address in addresses_of(submission.card)
        ]
        keys = [submission.key for submission in submissions if submission.key is not None]
        contents = [submission.content for submission in submissions]
        [row] = await self._database.fetch(
            READ, len(batch), people, keys, contents, JOINS.total_seconds(), REPEATS.total_seconds()
        )
        known = Existing(
            keys={
                key: (bytes.fromhex(content), answer) for key, content, answer in row["keys"] or ()
            },
            contents={bytes.fromhex(content): answer for content, answer in row["contents"] or ()},
            earlier=[_earlier(*found) for found in row["earlier"] or ()],
            journey=row["journey"],
        )
        return known, row["version"], row["fresh"]

    async def _write(self, stored: Sequence[Stored], version: int, journey: str | None) -> bool:
        """False, and nothing done, when another batch was written since `version` was read."""
        said = [
            (event, received.trace)
            for received, verdict in stored
            for event in _events(received, verdict, journey)
        ]
        verdicts = [verdict for _, verdict in stored]
        forms = [received.submission for received, _ in stored]
        joins = [verdict for verdict in verdicts if isinstance(verdict, Join)]
        merges = [(merged, join.person_id) for join in joins for merged in join.merges]
        arguments = (
            version,
            [verdict.submission_id for verdict in verdicts],
            [verdict.lead_id for verdict in verdicts],
            [
                verdict.lead_id if isinstance(verdict, Quarantine) else verdict.person_id
                for verdict in verdicts
            ],
            [isinstance(verdict, Quarantine) for verdict in verdicts],
            [form.card.model_dump_json() for form in forms],
            [form.card.phone for form in forms],
            [form.card.email for form in forms],
            [form.content for form in forms],
            [received.remote_address for received, _ in stored],
            [received.user_agent for received, _ in stored],
            [form.key for form in forms],
            [join.lead_id for join in joins if join.returned],
            [
                lead
                for verdict in verdicts
                if not isinstance(verdict, Quarantine)
                for lead in verdict.supersedes
            ],
            [event.event_id for event, _ in said],
            [event.topic for event, _ in said],
            [event.lead_id for event, _ in said],
            [event.model_dump_json().encode() for event, _ in said],
            [trace for _, trace in said],
        )
        if not merges:
            return bool(await self._database.write(WRITE, *arguments))
        async with self._database.transaction() as connection:
            written = await connection.fetch(WRITE, *arguments)
            if written:
                await connection.execute(
                    MERGE, [merged for merged, _ in merges], [person for _, person in merges]
                )
        return bool(written)

    async def erase(self, command: EraseLead) -> None:
        """Overwrites the lead's personal data, and publishes `lead.erased`. A repeat has no effect.

        The same person's next form makes a new lead.
        """
        fact = LeadErased(event_id=command.fact_id, lead_id=command.lead_id, by=command.by)
        async with self._database.transaction() as connection:
            await connection.execute(ERASE, command.lead_id, ANONYMOUS_CARD)
            await outbox.add(connection, [fact])

    async def end(self, lead_id: int, reason: str) -> None:
        """Notes that the lead's journey is over: a form after that is a new lead. A repeat has no effect."""
        await self._database.fetch(END, lead_id, reason)

    async def enter_with(self, event: JourneyPublished) -> None:
        """Has new leads enter with this version of the journey; an older word than the last changes nothing."""
        await self._database.fetch(ENTER_WITH, event.version, event.at)

    async def forget_old_keys(self) -> None:
        """Idempotency keys count for a week."""
        await forget(self._database, "idempotency_keys", "created_at < now() - interval '7 days'")


def _earlier(
    lead_id: int, person_id: int, card: dict[str, Any], ended: str | None, recent: bool
) -> Earlier:
    return Earlier(lead_id, person_id, LeadCard.model_validate(card), ended, recent)


def _events(
    received: Received, verdict: NewLead | Join | Quarantine, journey: str | None
) -> list[Event]:
    card = carried(received.submission.card)
    match verdict:
        case Quarantine():
            return []
        case NewLead(lead_id, person_id):
            made: Event = LeadCreated(
                lead_id=lead_id,
                card=card,
                received_at=received.received_at,
                person_id=person_id,
                journey=journey,
            )
        case Join(submission_id, lead_id, person_id, changed, returned):
            made = LeadUpdated(
                lead_id=lead_id,
                submission_id=submission_id,
                person_id=person_id,
                card=card,
                changed=changed,
                returned=returned,
                received_at=received.received_at,
                journey=journey,
            )
    superseded = [
        LeadSuperseded(lead_id=lead, by_lead_id=verdict.lead_id, person_id=verdict.person_id)
        for lead in verdict.supersedes
    ]
    return [made, *superseded]
