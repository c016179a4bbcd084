"""Intake's SQL: many submissions in one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.events.base import Event
from contracts.events.lead import LeadCard
from domain.addresses import canonical
from kit.database import Connection, Database
from kit.retention import forget

READ_SNAPSHOT = """
select
  (select version from turn) as version,
  (select version from current_journey) as journey,
  array(select nextval('lead_ids') from generate_series(1, $1)) as fresh,
  (select jsonb_agg(
     jsonb_build_array(lead_id, person_id, card, ended, recent, ended_at) order by submission_id)
   from (
     select s.submission_id, s.lead_id, l.person_id, s.card, l.ended, l.ended_at,
            l.answered_at > now() - make_interval(secs => $5) as recent
     from (
         select distinct on (matching.submission_id) matching.*
         from unnest($2::text[]) as searched (address),
           lateral (
             select * from submissions
             where phone = address or email = address
             order by submission_id desc
             limit 100
           ) as matching
       ) as s,
       lateral (select * from leads where lead_id = s.lead_id limit 1) as l
     where not l.suspect
     order by s.submission_id desc
     limit 1000
   ) as found) as earlier,
  (select jsonb_agg(jsonb_build_array(encode(content, 'hex'), submission_id))
   from (
     select content, submission_id, coalesce(stored_at, received_at) as stored_at
     from submissions where content = any($4)
     union all
     select content, submission_id, coalesce(stored_at, received_at)
     from held_submissions where content = any($4)
   ) as same
   where stored_at > now() - make_interval(secs => $6)) as contents,
  (select jsonb_agg(jsonb_build_array(key, encode(content, 'hex'), submission_id))
   from idempotency_keys
   where key = any($3)) as keys,
  (select jsonb_agg(jsonb_build_array(known.source, known.external_id, known.submission_id))
   from unnest($7::text[], $8::text[]) as searched (source, external_id)
   join external_ids as known using (source, external_id)) as external_ids,
  (select jsonb_agg(distinct jsonb_build_array(visitor, name))
   from (
     select card->>'visitor' as visitor, card->>'name' as name
     from submissions
     where card->>'visitor' = any($9)
       and received_at > now() - make_interval(secs => $10, hours => 1)
       and coalesce(stored_at, received_at) > now() - make_interval(secs => $10)
     union all
     select card->>'visitor', card->>'name'
     from held_submissions
     where card->>'visitor' = any($9)
       and received_at > now() - make_interval(secs => $10, hours => 1)
       and coalesce(stored_at, received_at) > now() - make_interval(secs => $10)
   ) as given) as names"""
# a row with a reason is held, and makes no lead
WRITE_SUBMISSIONS = """
with claimed as (
  update turn set version = version + 1 where version = $1 returning version),
received as materialized (
  select *
  from unnest(
      $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::text[], $10::text[], $11::text[], $12::text[], $13::bytea[], $14::text[], $15::text[],
      $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::timestamptz[],
      $22::text[], $23::bytea[])
    as r (submission_id, lead_id, person_id, ended, reason, source, external_id, door, journey,
      first_message, card, content, key, phone, email, fields, remote_address, user_agent, page,
      received_at, content_type, body)
  where exists (select from claimed)),
added as (
  insert into leads (lead_id, person_id, card, ended, answered_at)
  select lead_id, person_id, card::jsonb, ended,
    case when ended is null then now() else '-infinity' end
  from received
  where submission_id = lead_id and reason is null),
submitted as (
  insert into submissions
    (submission_id, lead_id, source, card, fields, phone, email, content, remote_address,
     user_agent, page, received_at)
  select submission_id, lead_id, source, card::jsonb, fields::jsonb, phone, email, content,
    remote_address, user_agent, page, received_at
  from received
  where reason is null),
held as (
  insert into held_submissions
    (submission_id, reason, source, door, journey, first_message, card, fields, phone, email,
     content, remote_address, user_agent, page, received_at)
  select submission_id, reason, source, door, journey, first_message, card::jsonb, fields::jsonb,
    phone, email, content, remote_address, user_agent, page, received_at
  from received
  where reason is not null),
keyed as (
  insert into idempotency_keys (key, content, submission_id)
  select key, content, submission_id from received where key is not null),
identified as (
  insert into external_ids (source, external_id, submission_id)
  select source, external_id, submission_id from received where external_id <> ''),
kept as (
  insert into raw_submissions (delivery_id, source, received_at, state, content_type, body)
  select submission_id, source, received_at, 'done', content_type, body
  from received
  where body is not null),
answered as (
  update leads set answered_at = now()
  where lead_id = any($24::bigint[]) and exists (select from claimed)),
superseded as (
  update leads set ended = coalesce(ended, 'superseded')
  where lead_id = any($25::bigint[]) and exists (select from claimed)),
published as (
  insert into outbox (event_id, routing_key, lead_id, body, traceparent)
  select * from unnest($26::uuid[], $27::text[], $28::bigint[], $29::bytea[], $30::text[])
  where exists (select from claimed))
select version from claimed"""
MERGE_PERSONS = """
update leads set person_id = m.person
from unnest($1::bigint[], $2::bigint[]) as m (merged, person)
where person_id = m.merged"""
# advances the version, so that a batch that has read the person as known must read again
ANONYMIZE_LEAD = """
with version as (
  update turn set version = version + 1),
person as (
  update leads set card = $2::text::jsonb, ended = 'erased' where lead_id = $1),
forms as (
  update submissions
  set card = $2::text::jsonb, fields = null, phone = null, email = null, content = null,
      remote_address = '', user_agent = '', page = ''
  where lead_id = $1),
bodies as (
  delete from raw_submissions
  where delivery_id in (select submission_id from submissions where lead_id = $1))
delete from idempotency_keys
where submission_id in (select submission_id from submissions where lead_id = $1)"""
SELECT_CARDS = "select card from submissions where lead_id = $1"
END_JOURNEY = """
update leads set ended = $2, ended_at = $3
where lead_id = $1 and (ended is null or ($2 = 'opted_out' and ended <> 'erased'))"""
RESUME_JOURNEY = """
update leads set ended = null, ended_at = null
where lead_id = $1 and ended = 'opted_out'"""
SET_CURRENT_JOURNEY = """
insert into current_journey (version, at) values ($1, $2)
on conflict (single) do update set version = $1, at = $2
where current_journey.at < $2"""


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """A stored submission and its lead."""

    lead_id: int
    person_id: int
    card: Mapping[str, Any]
    ended: str | None
    recent: bool
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The stored state that concerns a batch, at one `version` of the tables.

    `fresh_ids` are new lead ids, one for each submission. `keys` maps each Idempotency-Key to its
    content and submission id, `contents` each recent content to its submission id, `external_ids`
    each source and its own id. `names` are pairs of a visitor and a name that they gave lately.
    """

    version: int
    journey: str | None
    fresh_ids: Sequence[int]
    earlier: Sequence[EarlierRow]
    contents: Mapping[bytes, int]
    keys: Mapping[str, tuple[bytes, int]]
    external_ids: Mapping[tuple[str, str], int]
    names: Sequence[tuple[str, str]]


@dataclass(slots=True)  # not frozen: that takes three times as long to make, for each submission
class SubmissionRow:
    """A submission to store. It makes a new lead where its id is also the lead's.

    With a `reason` it is held, and makes none. `ended` is why a new lead is not followed up.
    `fields` is the JSON of what was sent. `body` is None where it is stored already.
    """

    submission_id: int
    lead_id: int
    person_id: int
    ended: str | None
    reason: str | None
    source: str
    external_id: str
    door: str
    journey: str | None
    first_message: str
    card: LeadCard
    content: bytes
    key: str | None
    fields: str
    remote_address: str
    user_agent: str
    page: str
    received_at: datetime
    content_type: str
    body: bytes | None


@dataclass(slots=True)
class NewRows:
    """The rows of one batch, written where the tables still have `version`.

    `merges` are pairs of an old and a new person id. `events` are pairs of an event and its trace.
    """

    version: int
    submissions: list[SubmissionRow] = field(default_factory=list)
    answered_lead_ids: list[int] = field(default_factory=list)
    superseded_lead_ids: list[int] = field(default_factory=list)
    merges: list[tuple[int, int]] = field(default_factory=list)
    events: list[tuple[Event, str]] = field(default_factory=list)


async def read_snapshot(
    database: Database | Connection,
    *,
    count: int,
    addresses: Sequence[str],
    keys: Sequence[str],
    contents: Sequence[bytes],
    external_ids: Sequence[tuple[str, str]],
    visitors: Sequence[str],
    join_window: timedelta,
    repeat_window: timedelta,
    names_window: timedelta,
) -> Snapshot:
    """Reads, in one statement, all that is stored about a batch of `count` submissions."""
    [row] = await database.fetch(
        READ_SNAPSHOT,
        count,
        addresses,
        keys,
        contents,
        join_window.total_seconds(),
        repeat_window.total_seconds(),
        [source for source, _ in external_ids],
        [external_id for _, external_id in external_ids],
        visitors,
        names_window.total_seconds(),
    )
    return Snapshot(
        version=row["version"],
        journey=row["journey"],
        fresh_ids=row["fresh"],
        earlier=[_earlier(*found) for found in row["earlier"] or ()],
        contents={bytes.fromhex(content): answer for content, answer in row["contents"] or ()},
        keys={key: (bytes.fromhex(content), answer) for key, content, answer in row["keys"] or ()},
        external_ids={
            (source, external_id): answer
            for source, external_id, answer in row["external_ids"] or ()
        },
        names=[(visitor, name) for visitor, name in row["names"] or ()],
    )


def _earlier(
    lead_id: int,
    person_id: int,
    card: Mapping[str, Any],
    ended: str | None,
    recent: bool,
    ended_at: str | None,
) -> EarlierRow:
    at = datetime.fromisoformat(ended_at) if ended_at else None
    return EarlierRow(lead_id, person_id, card, ended, recent, at)


async def write(database: Database, rows: NewRows) -> bool:
    """Stores a batch that merges no persons, in one statement.

    Returns False, with no effect, if the version has changed since it was read.
    """
    return bool(await database.write(WRITE_SUBMISSIONS, *_arguments(rows)))


async def write_and_merge(connection: Connection, rows: NewRows) -> bool:
    """Stores a batch, and gives the leads of each merged person their new person id.

    Returns False, with no effect, if the version has changed since it was read.
    """
    written = await connection.fetch(WRITE_SUBMISSIONS, *_arguments(rows))
    if written:
        await connection.execute(
            MERGE_PERSONS,
            [merged for merged, _ in rows.merges],
            [person for _, person in rows.merges],
        )
    return bool(written)


def _arguments(rows: NewRows) -> tuple[Any, ...]:
    submissions = rows.submissions
    events = rows.events
    return (
        rows.version,
        [row.submission_id for row in submissions],
        [row.lead_id for row in submissions],
        [row.person_id for row in submissions],
        [row.ended for row in submissions],
        [row.reason for row in submissions],
        [row.source for row in submissions],
        [row.external_id for row in submissions],
        [row.door for row in submissions],
        [row.journey for row in submissions],
        [row.first_message for row in submissions],
        [row.card.model_dump_json() for row in submissions],
        [row.content for row in submissions],
        [row.key for row in submissions],
        [canonical(row.card.phone) if row.card.phone else None for row in submissions],
        [canonical(row.card.email) if row.card.email else None for row in submissions],
        [row.fields for row in submissions],
        [row.remote_address for row in submissions],
        [row.user_agent for row in submissions],
        [row.page for row in submissions],
        [row.received_at for row in submissions],
        [row.content_type for row in submissions],
        [row.body for row in submissions],
        rows.answered_lead_ids,
        rows.superseded_lead_ids,
        [event.event_id for event, _ in events],
        [event.topic for event, _ in events],
        [event.lead_id for event, _ in events],
        [event.model_dump_json().encode() for event, _ in events],
        [trace for _, trace in events],
    )


async def anonymize(connection: Connection, lead_id: int, card: LeadCard) -> None:
    """Puts `card` in the place of the lead's cards, and deletes addresses, origins and keys."""
    await connection.execute(ANONYMIZE_LEAD, lead_id, card.model_dump_json())


async def cards_of(connection: Connection, lead_id: int) -> list[Mapping[str, Any]]:
    """Returns the cards of the lead's submissions."""
    return [row["card"] for row in await connection.fetch(SELECT_CARDS, lead_id)]


async def end_journey(database: Database, lead_id: int, reason: str, at: datetime) -> None:
    """Records why the lead's journey is over. A repeat has no effect.

    The first reason is kept, except that `opted_out` replaces any other but `erased`.
    """
    await database.fetch(END_JOURNEY, lead_id, reason, at)


async def resume_journey(database: Database, lead_id: int) -> None:
    """Records that the lead's journey goes on after a stop that was taken back."""
    await database.fetch(RESUME_JOURNEY, lead_id)


async def set_current_journey(database: Database, version: str, at: datetime) -> None:
    """Sets the version of the journey that new leads start with. An older `at` has no effect."""
    await database.fetch(SET_CURRENT_JOURNEY, version, at)


async def forget_old_keys(database: Database, age: timedelta) -> None:
    """Deletes idempotency keys older than `age`."""
    is_old = f"created_at < now() - make_interval(secs => {age.total_seconds()})"
    await forget(database, "idempotency_keys", is_old)
