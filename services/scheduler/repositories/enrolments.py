"""The enrolments table: one row for each lead, with its facts and the journey it is pinned to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from kit.database import Connection, Database
from services.scheduler.repositories.timers import PlannedTimer, columns

# One statement for the event, the lead and its timers, because a burst of leads enrols with it.
INSERT_WITH_TIMERS = """
with fresh as (
  insert into inbox (consumer, event_id)
  values ($1, $2)
  on conflict do nothing
  returning 1),
entered as (
  insert into enrolments (lead_id, journey, person_id, facts)
  select $3, $4, $5, $6::text::jsonb
  from fresh
  on conflict do nothing
  returning lead_id)
insert into timers (lead_id, step, channel, booking, run, due_at, planned_at)
select lead_id, t.step, t.channel, t.booking, t.run, t.due_at, t.due_at
from
  entered,
  unnest($7::text[], $8::text[], $9::text[], $10::bigint[], $11::timestamptz[])
    as t(step, channel, booking, run, due_at)"""
SELECT = """
select facts, journey
from enrolments
where lead_id = $1"""
SELECT_FOR_UPDATE = """
select facts, journey
from enrolments
where lead_id = $1
for update"""
UPDATE = """
update enrolments
set facts = $2::text::jsonb, journey = $3, dormant = false, updated_at = now()
where lead_id = $1"""
SELECT_OTHERS = """
select lead_id
from enrolments
where person_id = (select person_id from enrolments where lead_id = $1)
  and lead_id <> $1
order by lead_id"""
# A lead that returns or books is served again, because only its follow-up is forgotten. The numbers
# are literals, because plans are generic: for a parameter PostgreSQL would expect a third of all
# leads to be idle, and read the whole table where few are.
FORGET = """
with old as (
  select lead_id
  from enrolments
  where not dormant
    and updated_at < now() - make_interval(days => {days:d})
    and not exists (
      select 1
      from timers t
      where t.lead_id = enrolments.lead_id and t.state in ('pending', 'failed'))
  limit 1000),
gone as (
  delete from timers
  using old
  where timers.lead_id = old.lead_id)
update enrolments e
set
  dormant = true,
  facts = e.facts || jsonb_build_object(
    'follow_up_ended', coalesce(e.facts->>'follow_up_ended', $1::text))
from old
where e.lead_id = old.lead_id"""


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """A lead's facts, and the version of its journey."""

    facts: dict[str, Any]
    journey: str


async def insert_with_timers(
    database: Database,
    *,
    consumer: str,
    event_id: UUID,
    lead_id: int,
    journey: str,
    person_id: int,
    facts: str,
    timers: Sequence[PlannedTimer],
) -> None:
    """Stores the lead's one enrolment and its timers. A repeated event or lead has no effect."""
    steps, channels, bookings, runs, due_at = columns(timers)
    await database.fetch(
        INSERT_WITH_TIMERS,
        consumer,
        event_id,
        lead_id,
        journey,
        person_id,
        facts,
        steps,
        channels,
        bookings,
        runs,
        due_at,
    )


async def find(database: Database, lead_id: int) -> EnrolmentRow | None:
    rows = await database.fetch(SELECT, lead_id)
    return EnrolmentRow(rows[0]["facts"], rows[0]["journey"]) if rows else None


async def lock(connection: Connection, lead_id: int) -> EnrolmentRow | None:
    """Returns the enrolment, its row locked until the transaction ends."""
    row = await connection.fetchrow(SELECT_FOR_UPDATE, lead_id)
    return EnrolmentRow(row["facts"], row["journey"]) if row is not None else None


async def update(connection: Connection, lead_id: int, *, facts: str, journey: str) -> None:
    await connection.execute(UPDATE, lead_id, facts, journey)


async def other_leads_of_person(connection: Connection, lead_id: int) -> list[int]:
    """Returns the person's other leads in the order in which their rows are to be locked."""
    return [row["lead_id"] for row in await connection.fetch(SELECT_OTHERS, lead_id)]


async def forget(database: Database, *, after: timedelta, reason: str) -> None:
    """Deletes the timers of leads idle for `after`, in whole days, and ends their follow-up.

    `reason` is stored where the follow-up had not ended before. At most a thousand leads at a time.
    """
    await database.fetch(FORGET.format(days=after.days), reason)
