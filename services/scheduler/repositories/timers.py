"""Scheduler's SQL: one enrolment per lead, and the timers that it plans."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import structlog

from contracts.commands.lead import SkipStep
from contracts.events.base import Event
from contracts.events.cadence import BacklogHeld, BacklogReleased
from contracts.events.journey import JourneyPublished
from contracts.events.lead import LeadCreated, LeadUpdated
from contracts.events.touch import Channel, TouchDeferred
from domain.journey.model import Journey
from domain.journey.parser import stored_journey
from kit.database import Connection, Database
from kit.errors import Unavailable, describe
from kit.failed_work import FailedRows, publish_failed
from kit.messaging import outbox
from kit.messaging.inbox import first_time, forget_old
from services.scheduler.decisions.enrolment import Enrolment, erased
from services.scheduler.decisions.lateness import Drop, End, Fire, Move, SetAside
from services.scheduler.decisions.planning import Timer, plan
from services.scheduler.decisions.reconciliation import Changes, StoredTimer, reconcile, reopened

log = structlog.get_logger()

STATES: dict[type[Fire | Drop | SetAside], str] = {
    Fire: "fired",
    Drop: "dropped",
    SetAside: "failed",
}
KNOWN_JOURNEY = "select true from journeys where hash = $1"
LATE_SECONDS = (
    60.0  # what fell due so long before it could be fired is caught up with, one after another
)

ENROL = """
with fresh as (insert into inbox (consumer, event_id) values ('scheduler.leads', $1)
               on conflict do nothing returning 1),
entered as (insert into enrolments (lead_id, journey, person_id, facts)
            select $2, $3, $4, $5::text::jsonb from fresh on conflict do nothing returning lead_id)
insert into timers (lead_id, step, channel, booking, run, due_at, planned_at)
select lead_id, t.step, t.channel, t.booking, t.run, t.due_at, t.due_at
from entered, unnest($6::text[], $7::text[], $8::text[], $9::bigint[], $10::timestamptz[])
  as t(step, channel, booking, run, due_at)"""
LEAD = "select facts, journey, person_id from enrolments where lead_id = $1 for update"
KEEP_LEAD = """update enrolments set facts = $2::text::jsonb, journey = $3, dormant = false, updated_at = now()
               where lead_id = $1"""
OTHERS = """select lead_id from enrolments where person_id = (select person_id from enrolments where lead_id = $1)
            and lead_id <> $1 order by lead_id"""
TIMERS = """select id, step, channel, booking, run, due_at, planned_at, state from timers where lead_id = $1
            order by id"""
DELETE = "delete from timers where id = any($1::bigint[]) and state = 'pending'"
INSERT = """insert into timers (lead_id, step, channel, booking, run, due_at, planned_at)
            select $1, t.step, t.channel, t.booking, t.run, t.due_at, t.due_at
            from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
              as t(step, channel, booking, run, due_at) on conflict do nothing"""
PLAN = """update timers set due_at = planned.due_at, planned_at = planned.due_at, late = false, state = 'pending',
            settled_at = null, written_at = now()
          from unnest($1::bigint[], $2::timestamptz[]) as planned(id, due_at)
          where timers.id = planned.id and timers.state = $3"""
# since when timers are fired without a pause: what falls due in a pause is late, however many fall due at once is not
BEAT = """insert into firing (since, last) values (now(), now())
          on conflict (single) do update set last = now(), since = case
            when firing.last < now() - make_interval(secs => $1) then now() else firing.since end
          where firing.last < now() - interval '5 seconds'"""
SINCE = """with beat as (select coalesce((select since from firing
                           where last > now() - make_interval(secs => $2)), now()) as since)
"""
RUN_OUT = """select t.id, t.lead_id, t.step, t.channel, t.booking, t.run, t.due_at, t.planned_at, t.fired_at,
                    now() as now, e.facts, e.journey,
                    exists (select 1 from timers o where o.lead_id = t.lead_id and o.channel = t.channel
                              and o.planned_at > t.planned_at and o.due_at <= now()
                              and o.state in ('pending', 'fired') and o.booking = t.booking and o.run = t.run)
                      as overtaken
             from timers t join enrolments e using (lead_id)
             where t.state = 'pending' and t.due_at <= now()"""
PUNCTUAL = f"""{SINCE}{RUN_OUT} and not t.late
                 and t.due_at > greatest(t.written_at, (select since from beat)) - make_interval(secs => $2)
               order by t.due_at, t.id limit $1 for update of t skip locked"""  # noqa: S608 - constants
OVERDUE = f"{RUN_OUT} and t.late order by t.due_at, t.id limit $1 for update of t"
MARK_LATE = f"""{SINCE}update timers set late = true where id in (
                  select id from timers where state = 'pending' and not late and due_at <= now()
                    and due_at <= greatest(written_at, (select since from beat)) - make_interval(secs => $2)
                  order by due_at, id limit $1 for update skip locked)"""  # noqa: S608 - constants
SETTLE = """update timers set state = done.state, reason = done.reason, settled_at = now(),
              fired_at = case when done.state = 'fired' then (array[now()] || fired_at)[1:5] else fired_at end
            from unnest($1::bigint[], $2::text[], $3::text[]) as done(id, state, reason)
            where timers.id = done.id"""
# a rescheduled timer is not late: it fires when its hours open
MOVE = """update timers set due_at = moved.due_at, late = false, written_at = now()
          from unnest($1::bigint[], $2::timestamptz[]) as moved(id, due_at) where timers.id = moved.id"""
OF_STEP = """select id, step, channel, booking, run, due_at from timers
             where lead_id = $1 and step = $2 and booking = $3 and state = 'pending' for update"""
TO_COME = """select step, channel, booking, run, due_at from timers
             where lead_id = $1 and state = 'pending' order by due_at, id"""
KEEP_FAILED = """insert into timers (lead_id, step, channel, booking, run, due_at, planned_at, state, reason)
                 values ($1, $2, $3, $4, $5, $6, $6, 'failed', $7)
                 on conflict (lead_id, step, channel, booking, run) do update set state = 'failed', reason = $7
                   where timers.state <> 'failed' returning id"""
ALIAS = "insert into aliases (submission_id, lead_id) values ($1, $2) on conflict do nothing"
RESOLVE = "select coalesce((select lead_id from aliases where submission_id = $1), $1)"
# a lead who comes back, or books, is served: only what its follow-up was is forgotten
FORGET = """with old as (select lead_id from enrolments where not dormant
                          and updated_at < now() - make_interval(days => 180)
                          and not exists (select 1 from timers t where t.lead_id = enrolments.lead_id
                                            and t.state in ('pending', 'failed')) limit 1000),
                 gone as (delete from timers using old where timers.lead_id = old.lead_id)
            update enrolments e set dormant = true, facts = e.facts
                || jsonb_build_object('follow_up_ended', coalesce(e.facts->>'follow_up_ended', 'forgotten'))
            from old where e.lead_id = old.lead_id"""
PUBLISH_JOURNEY = """
with kept as (insert into journeys (hash, content) values ($1, $2) on conflict do nothing)
insert into current_journey (version) values ($1)
on conflict (single) do update set version = $1 where current_journey.version <> $1 returning true"""

TIMER_ROWS = FailedRows(
    kind="timer",
    retry="""update timers set state = 'pending', reason = null, fired_at = '{}', due_at = now(), planned_at = now(),
               written_at = now(), late = false where id = $1 and state = 'failed'""",
    discard="update timers set state = 'dropped', settled_at = now() where id = $1 and state = 'failed'",
)


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that has run out, and its lead."""

    timer_id: int
    lead: Enrolment
    journey: Journey
    timer: Timer
    planned_at: datetime
    now: datetime
    overtaken: bool
    fired_at: Sequence[datetime]


@dataclass(frozen=True, slots=True)
class LeadPlan:
    """A lead's enrolment, the journey it is pinned to and its hash, and its touches to come, the soonest first."""

    lead: Enrolment
    version: str
    journey: Journey
    to_come: Sequence[Timer]


Decide = Callable[[Due], End]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many touches are overdue, and whether an operator has been asked, or has said that they go out."""

    overdue: int
    held: bool
    released: bool


class Store:
    """`journey` is what new leads enter with; those who came before keep theirs, which is kept here."""

    def __init__(
        self,
        database: Database,
        journey: Journey,
        *,
        journey_hash: str,
        content: str,
        spread: timedelta,
    ) -> None:
        self._database, self._hash, self._content, self._spread = (
            database,
            journey_hash,
            content,
            spread,
        )
        self._journeys: dict[str, Journey] = {journey_hash: journey}
        self._published = False

    async def publish_journey(self) -> None:
        """Keeps the file that new leads enter with, and publishes it where another was the last one."""
        if self._published:
            return
        async with self._database.transaction() as connection:
            if await connection.fetchval(PUBLISH_JOURNEY, self._hash, self._content):
                await outbox.add(
                    connection, [JourneyPublished(version=self._hash, content=self._content)]
                )
        self._published = True

    async def enrol(self, event: LeadCreated, lead: Enrolment) -> None:
        """The lead's one enrolment, with its timers, by the version of the journey that the event names."""
        await self.publish_journey()
        version, journey = await self._entered_with(event.journey)
        timers = plan(lead, journey, self._spread)
        await self._database.fetch(
            ENROL,
            event.event_id,
            lead.lead_id,
            version,
            event.person_id or lead.lead_id,
            lead.model_dump_json(),
            *_columns(timers),
        )

    async def _entered_with(self, version: str | None) -> tuple[str, Journey]:
        """The version that the event names; this process's own where it names none, or one that nobody here knows."""
        if version is not None and version not in self._journeys:
            rows = await self._database.fetch(
                "select content from journeys where hash = $1", version
            )
            if rows:
                self._journeys[version] = stored_journey(rows[0]["content"])
        known = version if version in self._journeys else None
        return (known or self._hash), self._journeys[known or self._hash]

    async def change(
        self,
        event: Event,
        decide: Callable[[Enrolment, Journey], Enrolment],
        *,
        version: str | None = None,
        elsewhere: Callable[[Enrolment, Journey], Enrolment] | None = None,
        publish: bool = False,
    ) -> None:
        """Folds the event into its lead's enrolment and plans its touches, in one transaction. A repeat has no effect.

        `version` is the journey's version that the lead goes on with, where the event names one; `elsewhere` changes
        the enrolments of the person's other leads. Raises Unavailable while the lead is not known yet: its own event
        is still on the way.
        """
        async with self._database.transaction() as connection:
            if not await first_time(connection, "scheduler.changes", event.event_id):
                return
            if not await self._rewrite(connection, event.lead_id, decide, version=version):
                raise Unavailable("the lead is not enrolled yet")
            if publish:
                await outbox.add(connection, [event])
            if elsewhere is None:
                return
            for row in await connection.fetch(OTHERS, event.lead_id):
                await self._rewrite(connection, row["lead_id"], elsewhere)

    async def defer(
        self,
        event: TouchDeferred,
        decide: Callable[[Enrolment, Journey], Enrolment],
        missing: Callable[[Journey], str | None],
    ) -> None:
        """As `change`; a touch that is `missing` from the lead's journey is set aside, and shown."""
        async with self._database.transaction() as connection:
            if not await first_time(connection, "scheduler.changes", event.event_id):
                return
            row = await connection.fetchrow(LEAD, event.lead_id)
            if row is None:
                raise Unavailable("the lead is not enrolled yet")
            reason = missing(await self._journey(connection, row["journey"]))
            if reason is None:
                await self._rewrite(connection, event.lead_id, decide)
                return
            named = (event.lead_id, event.step, event.channel, event.booking, event.run, event.at)
            timer_id = await connection.fetchval(KEEP_FAILED, *named, reason)
            if timer_id is not None:
                await self._say_failed(connection, timer_id, event.lead_id, reason)

    async def also_known_as(self, event: LeadUpdated) -> None:
        """Notes the id that a further form of the lead was answered with."""
        await self._database.fetch(ALIAS, event.submission_id, event.lead_id)

    async def skip(
        self, command: SkipStep, decide: Callable[[Enrolment, Journey, Timer], Drop]
    ) -> None:
        """Settles the step's pending timers, and says so, in one transaction. A repeat has no effect.

        Raises Unavailable while the lead is not known yet.
        """
        async with self._database.transaction() as connection:
            if not await first_time(connection, "scheduler.commands", command.event_id):
                return
            row = await connection.fetchrow(LEAD, command.lead_id)
            if row is None:
                raise Unavailable("the lead is not enrolled yet")
            lead, journey = (
                Enrolment.model_validate(row["facts"]),
                await self._journey(connection, row["journey"]),
            )
            timers = await connection.fetch(OF_STEP, command.lead_id, command.step, command.booking)
            ends = [(timer, decide(lead, journey, _timer(timer))) for timer in timers]
            await self._settle(connection, ends)

    async def erase(self, lead_id: int) -> None:
        """Nothing more is planned. A repeat has no effect.

        Raises Unavailable while the lead is not known yet.
        """
        async with self._database.transaction() as connection:
            if not await self._rewrite(connection, lead_id, lambda lead, _: erased(lead)):
                raise Unavailable("the lead is not enrolled yet")

    async def outlook(self, lead_id: int) -> LeadPlan | None:
        """None for a lead who is not enrolled. `lead_id` may be any id that one of its forms was answered with."""
        lead_id = (await self._database.fetch(RESOLVE, lead_id))[0][0]
        rows = await self._database.fetch(
            "select facts, journey from enrolments where lead_id = $1", lead_id
        )
        if not rows:
            return None
        timers, version = await self._database.fetch(TO_COME, lead_id), rows[0]["journey"]
        async with self._database.transaction() as connection:
            journey = await self._journey(connection, version)
        lead = Enrolment.model_validate(rows[0]["facts"])
        return LeadPlan(lead, version, journey, [_timer(timer) for timer in timers])

    async def _rewrite(
        self,
        connection: Connection,
        lead_id: int,
        decide: Callable[[Enrolment, Journey], Enrolment],
        *,
        version: str | None = None,
    ) -> bool:
        row = await connection.fetchrow(LEAD, lead_id)
        if row is None:
            return False
        before, pinned = Enrolment.model_validate(row["facts"]), str(row["journey"])
        after = decide(before, await self._journey(connection, pinned))
        if version is not None and after.run != before.run:
            pinned = version if await connection.fetchval(KNOWN_JOURNEY, version) else pinned
        await connection.execute(KEEP_LEAD, lead_id, after.model_dump_json(), pinned)
        rows = [_row(timer) for timer in await connection.fetch(TIMERS, lead_id)]
        planned = plan(after, await self._journey(connection, pinned), self._spread)
        await _apply(connection, lead_id, reconcile(rows, planned, reopened(before, after)))
        return True

    async def fire(self, decide: Decide, *, limit: int) -> int:
        """Settles timers that have just run out, and says so, in one transaction; how many there were."""
        fired = await self._run_out(PUNCTUAL, decide, limit, LATE_SECONDS)
        await self._database.fetch(BEAT, LATE_SECONDS)
        return fired

    async def drain_backlog(self, decide: Decide, *, limit: int) -> int:
        """The same for overdue ones. Only one replica at a time may do this: it compares a lead's touches."""
        return await self._run_out(OVERDUE, decide, limit)

    async def _run_out(self, query: str, decide: Decide, *arguments: float) -> int:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(query, *arguments)
            if not rows:
                return 0
            ends = [(row, await self._decided(connection, row, decide)) for row in rows]
            moved = [(row["id"], end.due_at) for row, end in ends if isinstance(end, Move)]
            await self._settle(
                connection, [(row, end) for row, end in ends if not isinstance(end, Move)]
            )
            if moved:
                await connection.execute(
                    MOVE, [timer for timer, _ in moved], [due_at for _, due_at in moved]
                )
        return len(rows)

    async def _decided(self, connection: Connection, row: asyncpg.Record, decide: Decide) -> End:
        """What becomes of one timer; one that cannot be decided is set aside, and the others go on."""
        try:
            return decide(await self._due(connection, row))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            raise
        except Exception as bug:
            log.error("timer.failed", timer=row["id"], lead_id=row["lead_id"], exc_info=bug)
            return SetAside(describe(bug))

    async def _settle(
        self, connection: Connection, ends: Sequence[tuple[asyncpg.Record, Fire | Drop | SetAside]]
    ) -> None:
        if not ends:
            return
        timers = [row["id"] for row, _ in ends]
        reasons = [end.reason if isinstance(end, Drop | SetAside) else None for _, end in ends]
        await connection.execute(SETTLE, timers, [STATES[type(end)] for _, end in ends], reasons)
        await outbox.add(
            connection, [e for _, end in ends if isinstance(end, Fire | Drop) for e in end.events]
        )
        for row, end in ends:
            if isinstance(end, SetAside):
                await self._say_failed(connection, row["id"], row["lead_id"], end.reason)

    async def _say_failed(
        self, connection: Connection, timer_id: int, lead_id: int, reason: str
    ) -> None:
        await publish_failed(
            connection,
            service="scheduler",
            kind=TIMER_ROWS.kind,
            row_id=timer_id,
            lead_id=lead_id,
            reason=reason,
        )

    async def _due(self, connection: Connection, row: asyncpg.Record) -> Due:
        return Due(
            timer_id=row["id"],
            lead=Enrolment.model_validate(row["facts"]),
            journey=await self._journey(connection, row["journey"]),
            timer=_timer(row),
            planned_at=row["planned_at"],
            now=row["now"],
            overtaken=row["overtaken"],
            fired_at=row["fired_at"],
        )

    async def _journey(self, connection: Connection, journey_hash: str) -> Journey:
        if journey_hash not in self._journeys:
            content = await connection.fetchval(
                "select content from journeys where hash = $1", journey_hash
            )
            self._journeys[journey_hash] = stored_journey(content)
        return self._journeys[journey_hash]

    async def mark_late(self) -> None:
        """Sets overdue timers aside, for `backlog`."""
        await self._database.fetch(MARK_LATE, 5000, LATE_SECONDS)

    async def backlog(self) -> Backlog:
        [row] = await self._database.fetch(
            """select (select count(*) from timers where state = 'pending' and late and due_at <= now()) as overdue,
                      coalesce((select held from backlog), false) as held,
                      coalesce((select released from backlog), false) as released"""
        )
        return Backlog(row["overdue"], row["held"], row["released"])

    async def hold(self, overdue: int) -> None:
        """Waits for an operator, and says so once."""
        await self._note(held=True, released=False, said=BacklogHeld(overdue=overdue))

    async def release(self, overdue: int) -> None:
        """An operator's word: what is overdue goes out."""
        await self._note(held=True, released=True, said=BacklogReleased(overdue=overdue))

    async def caught_up(self) -> None:
        """The next outage is asked about anew."""
        await self._note(held=False, released=False)

    async def _note(self, *, held: bool, released: bool, said: Event | None = None) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                """insert into backlog (single, held, released) values (true, $1, $2)
                   on conflict (single) do update set held = $1, released = $2""",
                held,
                released,
            )
            await outbox.add(connection, [said] if said else [])

    async def forget_old(self) -> None:
        await forget_old(self._database)
        await self._database.fetch(FORGET)


Columns = tuple[list[str], list[str], list[str], list[int], list[datetime]]


def _columns(timers: Sequence[Timer]) -> Columns:
    return (
        [timer.step for timer in timers],
        [timer.channel for timer in timers],
        [timer.booking for timer in timers],
        [timer.run for timer in timers],
        [timer.due_at for timer in timers],
    )


async def _apply(connection: Connection, lead_id: int, changes: Changes) -> None:
    if changes.delete:
        await connection.execute(DELETE, list(changes.delete))
    if changes.insert:
        await connection.execute(INSERT, lead_id, *_columns(changes.insert))
    for planned, state in ((changes.move, "pending"), (changes.reopen, "fired")):
        if planned:
            await connection.execute(
                PLAN, [timer for timer, _ in planned], [due_at for _, due_at in planned], state
            )


def _timer(row: asyncpg.Record) -> Timer:
    return Timer(row["step"], Channel(row["channel"]), row["booking"], row["run"], row["due_at"])


def _row(row: asyncpg.Record) -> StoredTimer:
    return StoredTimer(row["id"], _timer(row), row["planned_at"], row["state"])
