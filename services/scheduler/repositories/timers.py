"""The timers table: the planned touches of each lead, and how each of them ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import asyncpg

from kit.database import Connection, Database
from kit.failed_work import FailedRows

SELECT_OF_LEAD = """
select id, step, channel, booking, run, due_at, planned_at, state
from timers
where lead_id = $1
order by id"""
SELECT_PENDING = """
select id, step, channel, booking, run, due_at, planned_at, state
from timers
where lead_id = $1 and state = 'pending'
order by due_at, id"""
SELECT_STEP_FOR_UPDATE = """
select id, step, channel, booking, run, due_at, planned_at, state
from timers
where lead_id = $1 and step = $2 and booking = $3 and state = 'pending'
for update"""
DELETE = """
delete from timers
where id = any($1::bigint[]) and state = 'pending'"""
INSERT = """
insert into timers (lead_id, step, channel, booking, run, due_at, planned_at)
select $1, t.step, t.channel, t.booking, t.run, t.due_at, t.due_at
from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
  as t(step, channel, booking, run, due_at)
on conflict do nothing"""
REPLAN = """
update timers
set
  due_at = planned.due_at,
  planned_at = planned.due_at,
  late = false,
  state = 'pending',
  settled_at = null,
  written_at = now()
from unnest($1::bigint[], $2::timestamptz[]) as planned(id, due_at)
where timers.id = planned.id and timers.state = $3"""
SINCE = """
with beat as (
  select coalesce(
    (select since from firing where last > now() - make_interval(secs => $2)),
    now()) as since)
"""
SELECT_DUE = """
select
  t.id, t.lead_id, t.step, t.channel, t.booking, t.run, t.due_at, t.planned_at, t.fired_at,
  now() as now, e.facts, e.journey,
  exists (
    select 1
    from timers o
    where o.lead_id = t.lead_id
      and o.channel = t.channel
      and o.planned_at > t.planned_at
      and o.due_at <= now()
      and o.state in ('pending', 'fired')
      and o.booking = t.booking
      and o.run = t.run) as overtaken
from timers t
join enrolments e using (lead_id)
where t.state = 'pending' and t.due_at <= now()"""
SELECT_PUNCTUAL = f"""{SINCE}{SELECT_DUE}
  and not t.late
  and t.due_at > greatest(t.written_at, (select since from beat)) - make_interval(secs => $2)
order by t.due_at, t.id
limit $1
for update of t skip locked"""  # noqa: S608 - constants
SELECT_OVERDUE = f"""{SELECT_DUE}
  and t.late
order by t.due_at, t.id
limit $1
for update of t"""
MARK_LATE = f"""{SINCE}
update timers
set late = true
where id in (
  select id
  from timers
  where state = 'pending'
    and not late
    and due_at <= now()
    and due_at <= greatest(written_at, (select since from beat)) - make_interval(secs => $2)
  order by due_at, id
  limit $1
  for update skip locked)"""  # noqa: S608 - constants
SETTLE = """
update timers
set
  state = done.state,
  reason = done.reason,
  settled_at = now(),
  fired_at = case
    when done.state = 'fired' then (array[now()] || fired_at)[1:$4::int]
    else fired_at
  end
from unnest($1::bigint[], $2::text[], $3::text[]) as done(id, state, reason)
where timers.id = done.id"""
# A moved timer is not late: it fires when its hours open.
MOVE = """
update timers
set due_at = moved.due_at, late = false, written_at = now()
from unnest($1::bigint[], $2::timestamptz[]) as moved(id, due_at)
where timers.id = moved.id"""
INSERT_FAILED = """
insert into timers (lead_id, step, channel, booking, run, due_at, planned_at, state, reason)
values ($1, $2, $3, $4, $5, $6, $6, 'failed', $7)
on conflict (lead_id, step, channel, booking, run) do update
set state = 'failed', reason = $7
where timers.state <> 'failed'
returning id"""

FAILED_TIMERS = FailedRows(
    kind="timer",
    retry="""
    update timers
    set
      state = 'pending',
      reason = null,
      fired_at = '{}',
      due_at = now(),
      planned_at = now(),
      written_at = now(),
      late = false
    where id = $1 and state = 'failed'""",
    discard="""
    update timers
    set state = 'dropped', settled_at = now()
    where id = $1 and state = 'failed'""",
)


class PlannedTimer(Protocol):
    """The columns of a timer that the caller decides."""

    @property
    def step(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def booking(self) -> str: ...
    @property
    def run(self) -> int: ...
    @property
    def due_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer. `state` is pending, fired, dropped or failed."""

    timer_id: int
    step: str
    channel: str
    booking: str
    run: int
    due_at: datetime
    planned_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class DueRow:
    """A pending timer that has fallen due, with its lead's facts and the version of its journey.

    `overtaken` is whether a later touch on the same channel is due too.
    """

    timer_id: int
    lead_id: int
    step: str
    channel: str
    booking: str
    run: int
    due_at: datetime
    planned_at: datetime
    fired_at: Sequence[datetime]
    now: datetime
    facts: dict[str, Any]
    journey: str
    overtaken: bool


@dataclass(frozen=True, slots=True)
class SettledRow:
    """The end of a timer: its final state, and the reason where it was not fired."""

    timer_id: int
    state: str
    reason: str | None


Columns = tuple[list[str], list[str], list[str], list[int], list[datetime]]


def columns(timers: Sequence[PlannedTimer]) -> Columns:
    """Returns the timers' steps, channels, bookings, runs and due times."""
    return (
        [timer.step for timer in timers],
        [timer.channel for timer in timers],
        [timer.booking for timer in timers],
        [timer.run for timer in timers],
        [timer.due_at for timer in timers],
    )


async def of_lead(connection: Connection, lead_id: int) -> list[TimerRow]:
    return [_timer_row(row) for row in await connection.fetch(SELECT_OF_LEAD, lead_id)]


async def pending_of_lead(database: Database, lead_id: int) -> list[TimerRow]:
    """Returns the lead's timers to come, the soonest first."""
    return [_timer_row(row) for row in await database.fetch(SELECT_PENDING, lead_id)]


async def lock_step(
    connection: Connection, lead_id: int, *, step: str, booking: str
) -> list[TimerRow]:
    """Returns the step's pending timers, locked until the transaction ends."""
    rows = await connection.fetch(SELECT_STEP_FOR_UPDATE, lead_id, step, booking)
    return [_timer_row(row) for row in rows]


async def delete(connection: Connection, timer_ids: Sequence[int]) -> None:
    """Deletes those of the timers that are still pending."""
    await connection.execute(DELETE, list(timer_ids))


async def insert(connection: Connection, lead_id: int, timers: Sequence[PlannedTimer]) -> None:
    """Stores the timers. A timer that the lead has already is not changed."""
    steps, channels, bookings, runs, due_at = columns(timers)
    await connection.execute(INSERT, lead_id, steps, channels, bookings, runs, due_at)


async def replan(
    connection: Connection, moves: Sequence[tuple[int, datetime]], *, state: str
) -> None:
    """Plans those of the timers again that are in `state`: each is pending, for its new time."""
    timer_ids = [timer_id for timer_id, _ in moves]
    due_at = [due_at for _, due_at in moves]
    await connection.execute(REPLAN, timer_ids, due_at, state)


async def move(connection: Connection, moves: Sequence[tuple[int, datetime]]) -> None:
    """Postpones the timers. Their lateness still counts from the time they were planned for."""
    timer_ids = [timer_id for timer_id, _ in moves]
    due_at = [due_at for _, due_at in moves]
    await connection.execute(MOVE, timer_ids, due_at)


async def settle(connection: Connection, rows: Sequence[SettledRow], *, kept_firings: int) -> None:
    """Records how the timers ended. Each keeps the instants of its last `kept_firings` firings."""
    await connection.execute(
        SETTLE,
        [row.timer_id for row in rows],
        [row.state for row in rows],
        [row.reason for row in rows],
        kept_firings,
    )


async def insert_failed(
    connection: Connection, lead_id: int, timer: PlannedTimer, *, reason: str
) -> int | None:
    """Stores the timer as failed. Returns its id; None where it had failed before."""
    timer_id: int | None = await connection.fetchval(
        INSERT_FAILED,
        lead_id,
        timer.step,
        timer.channel,
        timer.booking,
        timer.run,
        timer.due_at,
        reason,
    )
    return timer_id


async def lock_punctual(connection: Connection, *, limit: int, late_seconds: float) -> list[DueRow]:
    """Returns timers that fell due less than `late_seconds` before they could be fired, locked."""
    rows = await connection.fetch(SELECT_PUNCTUAL, limit, late_seconds)
    return [_due_row(row) for row in rows]


async def lock_overdue(connection: Connection, *, limit: int) -> list[DueRow]:
    """Returns timers that are marked late, locked until the transaction ends."""
    return [_due_row(row) for row in await connection.fetch(SELECT_OVERDUE, limit)]


async def mark_late(database: Database, *, limit: int, late_seconds: float) -> None:
    """Marks overdue timers as late, which puts them into the backlog."""
    await database.fetch(MARK_LATE, limit, late_seconds)


def _timer_row(row: asyncpg.Record) -> TimerRow:
    return TimerRow(
        timer_id=row["id"],
        step=row["step"],
        channel=row["channel"],
        booking=row["booking"],
        run=row["run"],
        due_at=row["due_at"],
        planned_at=row["planned_at"],
        state=row["state"],
    )


def _due_row(row: asyncpg.Record) -> DueRow:
    return DueRow(
        timer_id=row["id"],
        lead_id=row["lead_id"],
        step=row["step"],
        channel=row["channel"],
        booking=row["booking"],
        run=row["run"],
        due_at=row["due_at"],
        planned_at=row["planned_at"],
        fired_at=row["fired_at"],
        now=row["now"],
        facts=row["facts"],
        journey=row["journey"],
        overtaken=row["overtaken"],
    )
