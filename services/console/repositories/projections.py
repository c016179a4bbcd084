"""Console's projections: folded from the audit log in batches, and rebuilt from it on demand.

They are rebuilt in tables of the same names in the schema `rebuilt`. When these have come as far
as the tables that the pages read, they replace them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from contracts.commands.failed_work import DiscardWork, FailedWorkCommand, RetryWork
from contracts.commands.submission import AcceptSubmission, DiscardSubmission
from contracts.events.booking import (
    BookingAssigned,
    BookingRescheduled,
    BookingUnmatched,
    LeadBooked,
)
from contracts.events.failed_work import WorkDiscarded, WorkFailed, WorkRetried
from contracts.events.lead import LeadUpdated
from contracts.events.submission import (
    SubmissionAccepted,
    SubmissionDiscarded,
    SubmissionHeld,
)
from contracts.events.touch import TouchesReleased, TouchEvent
from contracts.message import Message
from kit.database import Connection, Database, DatabaseBusy, unavailable
from kit.errors import Unavailable, describe
from services.console.decisions.erasure import addresses_in, erased
from services.console.decisions.held import MOVED_ON, HeldTouch, holding_events, still_held
from services.console.decisions.leads import Lead, fold, read
from services.console.decisions.provider_health import PROVIDERS, ProviderHealth, about, apply
from services.console.decisions.tallies import Cell, Counts, Tallies, add_change, changed, tallied
from services.console.repositories.erasures import Entry, Erasures

log = structlog.get_logger()

BATCH = 1000
# an event that could not be folded, as failed work
SERVICE = "console"
EVENT = "event"
# whose `lead_id` is the id of a submission, which may never become a lead
ABOUT_SUBMISSIONS = (
    AcceptSubmission,
    DiscardSubmission,
    SubmissionHeld,
    SubmissionAccepted,
    SubmissionDiscarded,
)

COLUMNS = (*(column.name for column in fields(Lead)), "state", "waited")
VALUES = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
NEW_VALUES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
UPSERT_LEAD = f"""
insert into leads ({", ".join(COLUMNS)})
values ({VALUES})
on conflict (lead_id) do update set {NEW_VALUES}
"""  # noqa: S608 - names of our own
UPSERT_PROVIDER = """
insert into providers (name, unavailable, unavailable_since, succeeded_at)
values ($1, $2, $3, $4)
on conflict (name) do update
set unavailable = $2, unavailable_since = $3, succeeded_at = $4
"""
UPSERT_BOOKING = """
insert into bookings (uid, starts_at, email, phone, reported_at)
values ($1, $2, $3, $4, $5)
on conflict (uid) do update
set starts_at = $2, email = $3, phone = $4, reported_at = $5
"""
DELETE_UNMATCHED_BOOKING = """
delete from bookings where uid = $1 and email = $2 and phone = $3 and lead_id is null"""
ASSIGN_BOOKING = """
insert into bookings (uid, email, phone, reported_at, lead_id)
values ($1, '', '', $2, $3)
on conflict (uid) do update
set lead_id = $3, email = '', phone = ''
"""
UPSERT_ALIAS = """
insert into aliases (submission_id, lead_id)
values ($1, $2)
on conflict (submission_id) do update
set lead_id = $2
"""
UPSERT_FAILED = """
insert into failed_work (service, kind, row_id, lead_id, reason, at)
values ($1, $2, $3, $4, $5, $6)
on conflict (service, kind, row_id) do update
set lead_id = $4, reason = $5, at = $6
where failed_work.at <= $6
"""
DELETE_FAILED = """
delete from failed_work
where service = $1 and kind = $2 and row_id = $3 and at <= $4
"""
DELETE_FAILED_EVENT = """
delete from failed_work
where service = $1 and kind = $2 and row_id = $3
returning row_id
"""
SELECT_HELD = """
select * from held_touches
where touch_id = any($1)
   or (reason, scope) in (select * from unnest($2::text[], $3::text[]))
"""
# A touch whose end arrived earlier, by another queue, is not held any more.
UPSERT_HELD = """
insert into held_touches (touch_id, lead_id, reason, scope, at)
select $1::uuid, $2::bigint, $3::text, $4::text, $5::timestamptz
where not exists (
  select 1 from actions
  where lead_id = $2
    and at > $5
    and topic = any($6::text[])
    and body->>'touch_id' = $1::uuid::text
)
on conflict (touch_id) do update
set reason = $3, scope = $4, at = $5
"""
SUMS = ", ".join(f"{name} = tallies.{name} + excluded.{name}" for name in Counts._fields)
ADD_TO_TALLIES = f"""
insert into tallies ({", ".join((*Cell._fields, *Counts._fields))})
select * from unnest(
  $1::text[], $2::timestamptz[], $3::text[], $4::text[],
  $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::int[]
)
on conflict ({", ".join(Cell._fields)}) do update
set {SUMS}
"""  # noqa: S608 - names of our own
SELECT_BATCH = """
select id, lead_id, at, received_at, body from actions
where id > $1 and id <= $2
order by id
limit $3
"""
SELECT_NEWEST_ID = "select coalesce(max(id), 0) from actions"
SELECT_PROGRESS = f"""
select until,
       ({SELECT_NEWEST_ID}) as newest,
       (select until from rebuilt.projected) as rebuilt
from projected
"""  # noqa: S608 - a constant
UPDATE_PROGRESS = "update projected set until = $1, tallied = $1"
SELECT_ACTION = "select id, lead_id, at, received_at, body from actions where id = $1"
SELECT_OF_ERASED_LEADS = """
select id, lead_id, body from actions
where lead_id = any($1)
  and id <= $2
union all
select id, lead_id, body from actions
where topic = 'booking.unmatched'
  and id <= $2
  and body->>'uid' in (select uid from bookings where lead_id = any($1))
"""
UPDATE_BODY = "update actions set body = $2 where id = $1"
SELECT_OF_NO_LEAD = """
select id, at, body from actions
where topic in (
    'reply.unmatched', 'booking.unmatched', 'inquiry.received', 'address.restore',
    'address.restored'
  )
  and id <= $1
"""
ERASE_BOOKINGS = """
update bookings set email = '', phone = ''
where lead_id = any($1) or uid = any($2)
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the projections have come, in ids of the audit log.

    `rebuilt` is the progress of a rebuild, None where there is none.
    """

    until: int
    newest: int
    rebuilt: int | None


@dataclass(frozen=True, slots=True)
class Folding:
    """The transaction in which events are folded, the newest of them with the id `until`."""

    connection: Connection
    until: int
    erasures: Erasures


class Projections:
    """The projections. Only one replica at a time may call `follow`."""

    def __init__(self, database: Database, erasures: Erasures) -> None:
        self._database = database
        self._erasures = erasures

    async def follow(self) -> bool:
        """Folds the next batch into the projections, and the next of a rebuild.

        Returns True when there are more events.
        """
        more = await self._follow()
        return await self._rebuild() or more

    async def _follow(self) -> bool:
        async with self._database.transaction() as connection:
            done = await connection.fetchrow("select until, tallied from projected for update")
            assert done is not None
            if done["tallied"] < done["until"]:  # an older version without tallies was running
                log.warning("projections.not_tallied", events=done["until"] - done["tallied"])
                await connection.execute("select begin_rebuild()")
            newest = await connection.fetchval(SELECT_NEWEST_ID)
            folded = await _fold_batch(connection, done["until"], newest, self._erasures)
        return folded == BATCH

    async def _rebuild(self) -> bool:
        """Folds the next batch of a rebuild, as far as the pages have come; then swaps the tables.

        Where a page or a backup reads them at that moment, the next run tries again.
        """
        if not await self._database.fetch("select 1 from rebuilt.projected"):
            return False
        async with self._database.transaction() as connection:
            await connection.execute("set local search_path = rebuilt, public")
            until = await connection.fetchval("select until from projected for update")
            shown = await connection.fetchval("select until from public.projected")
            if await _fold_batch(connection, until, shown, self._erasures):
                return True
        try:
            [row] = await self._database.fetch("select finish_rebuild() as finished")
        except DatabaseBusy:
            return False
        if row["finished"]:
            log.info("projections.rebuilt", until=until)
        return False

    async def progress(self) -> Progress:
        [row] = await self._database.fetch(SELECT_PROGRESS)
        return Progress(**row)

    async def until(self) -> int:
        return (await self.progress()).until

    async def rebuild(self) -> None:
        """Starts a rebuild from the first event on, which `follow` carries out.

        A running rebuild starts over.
        """
        await self._database.fetch("select begin_rebuild()")


async def _fold_batch(connection: Connection, until: int, limit: int, erasures: Erasures) -> int:
    """Folds the next events after `until`, and none after `limit`, in the caller's transaction.

    Returns how many there were. An event that cannot be folded stops no other: it becomes failed
    work, for an operator to retry or discard.
    """
    rows = await connection.fetch(SELECT_BATCH, until, limit, BATCH)
    newest = rows[-1]["id"] if rows else until
    folding = Folding(connection, newest, erasures)
    if await _bug_in(folding, rows) is not None:
        for row in rows:
            await _fold_or_set_aside(folding, row)
    await connection.execute(UPDATE_PROGRESS, newest)
    return len(rows)


async def _bug_in(folding: Folding, rows: Sequence[asyncpg.Record]) -> Exception | None:
    """Folds the rows, all or none. Returns the exception of a bug; raises that of an outage."""
    try:
        async with folding.connection.transaction():
            await _fold(folding, rows)
    except Unavailable:
        raise
    except Exception as bug:  # an odd event may break the code anywhere
        if unavailable(bug) is not None:
            raise
        return bug
    return None


async def _fold_or_set_aside(folding: Folding, row: asyncpg.Record) -> None:
    bug = await _bug_in(folding, [row])
    if bug is None:
        return
    log.error(
        "projection.set_aside",
        action_id=row["id"],
        lead_id=row["lead_id"],
        reason=type(bug).__name__,
    )
    failed = (SERVICE, EVENT, row["id"], row["lead_id"], describe(bug), row["received_at"])
    await folding.connection.execute(UPSERT_FAILED, *failed)


async def _fold(folding: Folding, rows: Sequence[asyncpg.Record]) -> None:
    connection = folding.connection
    bodies = await _without_erased(folding, rows)
    events = [event for body in bodies if (event := read(body)) is not None]
    await _fold_aliases(connection, events)
    await _fold_bookings(connection, events)
    await _fold_providers(connection, events)
    await _fold_held(connection, events)
    await _fold_failed(folding, events)
    await _fold_leads(folding, events)


async def _without_erased(folding: Folding, rows: Sequence[asyncpg.Record]) -> list[dict[str, Any]]:
    """Erases what came late of persons who are erased, also in the audit log. Returns the bodies.

    It was stored before their erasure was folded.
    """
    entries = [Entry(row["lead_id"], row["at"], row["body"]) for row in rows]
    bodies = await folding.erasures.without_data(folding.connection, entries)
    changed = [
        (row["id"], body) for row, body in zip(rows, bodies, strict=True) if body != row["body"]
    ]
    await folding.connection.executemany(UPDATE_BODY, changed)
    return bodies


async def _fold_aliases(connection: Connection, events: Iterable[Message]) -> None:
    """Stores which lead a later form joined."""
    joined = [event for event in events if isinstance(event, LeadUpdated)]
    await connection.executemany(
        UPSERT_ALIAS, [(event.submission_id, event.lead_id) for event in joined]
    )


async def _fold_held(connection: Connection, events: Iterable[Message]) -> None:
    changes = holding_events(events)
    if not changes:
        return
    touch_ids = {event.touch_id for event in changes if isinstance(event, TouchEvent)}
    released = [event for event in changes if isinstance(event, TouchesReleased)]
    reasons = [str(event.reason) for event in released]
    scopes = [event.scope for event in released]
    rows = await connection.fetch(SELECT_HELD, list(touch_ids), reasons, scopes)
    before = {row["touch_id"]: HeldTouch(**row) for row in rows}
    after = still_held(before, changes)
    gone = [touch_id for touch_id in before if touch_id not in after]
    changed_touches = [touch for touch_id, touch in after.items() if before.get(touch_id) != touch]
    ends = [event.topic_name() for event in MOVED_ON]
    await connection.execute("delete from held_touches where touch_id = any($1)", gone)
    await connection.executemany(
        UPSERT_HELD, [(*astuple(touch), ends) for touch in changed_touches]
    )


async def _fold_failed(folding: Folding, events: Iterable[Message]) -> None:
    """Stores the failed rows of services, until an operator has them retried or discarded."""
    connection = folding.connection
    for event in events:
        match event:
            case WorkFailed():
                row = (
                    event.service,
                    event.kind,
                    event.row_id,
                    event.lead_id,
                    event.reason,
                    event.at,
                )
                await connection.execute(UPSERT_FAILED, *row)
            case RetryWork() | DiscardWork() if (event.service, event.kind) == (SERVICE, EVENT):
                await _resolve_failed_event(folding, event)
            case WorkRetried() | WorkDiscarded():
                await connection.execute(
                    DELETE_FAILED, event.service, event.kind, event.row_id, event.at
                )
            case _:
                pass


async def _resolve_failed_event(folding: Folding, command: FailedWorkCommand) -> None:
    """Folds an event that could not be folded once more, or discards it."""
    connection = folding.connection
    row_id = await connection.fetchval(DELETE_FAILED_EVENT, SERVICE, EVENT, command.row_id)
    if row_id is None or isinstance(command, DiscardWork):
        return
    row = await connection.fetchrow(SELECT_ACTION, command.row_id)
    if row is not None:
        await _fold_or_set_aside(folding, row)


async def _fold_leads(folding: Folding, events: Iterable[Message]) -> None:
    connection = folding.connection
    about_leads = [event for event in events if not isinstance(event, ABOUT_SUBMISSIONS)]
    lead_events = [event for event in about_leads if event.lead_id > 0]
    ids = list({event.lead_id for event in lead_events})
    rows = await connection.fetch("select * from leads where lead_id = any($1)", ids)
    before = {row["lead_id"]: lead_of(row) for row in rows}
    leads = dict(before)
    for event in lead_events:
        leads[event.lead_id] = fold(leads.get(event.lead_id) or Lead(event.lead_id), event)
    await connection.executemany(UPSERT_LEAD, [_row(lead) for lead in leads.values()])
    await _tally(connection, before, leads)
    gone = {lead.lead_id: lead.erased_at for lead in leads.values() if lead.erased_at is not None}
    if gone:
        await _erase(folding, gone)


async def _tally(
    connection: Connection, before: Mapping[int, Lead], after: Mapping[int, Lead]
) -> None:
    changes: Tallies = {}
    for lead_id, lead in after.items():
        known = before.get(lead_id)
        add_change(changes, tallied(known) if known is not None else {}, tallied(lead))
    rows = [(*cell, *counts) for cell, counts in changed(changes)]
    if rows:
        await connection.execute(ADD_TO_TALLIES, *map(list, zip(*rows, strict=True)))


async def _erase(folding: Folding, leads: Mapping[int, datetime]) -> None:
    """Erases personal data in the audit log too, of leads that were erased at these times.

    What came from the person's addresses without a lead is theirs too.
    """
    connection = folding.connection
    lead_ids = list(leads)
    of_leads = await connection.fetch(SELECT_OF_ERASED_LEADS, lead_ids, folding.until)
    addresses: dict[str, datetime] = {}
    for row in of_leads:
        erased_at = leads.get(row["lead_id"], max(leads.values()))
        addresses |= dict.fromkeys(addresses_in(row["body"]), erased_at)
    await folding.erasures.remember(connection, addresses)
    of_no_lead = await connection.fetch(SELECT_OF_NO_LEAD, folding.until) if addresses else []
    unmatched = [row for row in of_no_lead if _came_before_erasure(row, addresses)]
    rows = {row["id"]: row["body"] for row in [*of_leads, *unmatched]}
    emptied = {row_id: erased(body) for row_id, body in rows.items()}
    changed = [(row_id, body) for row_id, body in emptied.items() if body != rows[row_id]]
    await connection.executemany(UPDATE_BODY, changed)
    uids = [row["body"]["uid"] for row in unmatched if "uid" in row["body"]]
    await connection.execute(ERASE_BOOKINGS, lead_ids, uids)
    await connection.execute("update failed_work set reason = '' where lead_id = any($1)", lead_ids)


def _came_before_erasure(row: asyncpg.Record, erased_at: Mapping[str, datetime]) -> bool:
    """Returns whether a message of no lead came from one of these addresses before its erasure."""
    found = addresses_in(row["body"])
    return any(address in erased_at and row["at"] <= erased_at[address] for address in found)


async def _fold_providers(connection: Connection, events: Iterable[Message]) -> None:
    changes = [(name, event) for event in events if (name := about(event)) in PROVIDERS]
    if not changes:
        return
    rows = await connection.fetch("select * from providers")
    providers = {row["name"]: ProviderHealth(**row) for row in rows}
    for name, event in changes:
        assert name is not None
        providers[name] = apply(providers.get(name) or ProviderHealth(name), event)
    await connection.executemany(
        UPSERT_PROVIDER, [tuple(asdict(provider).values()) for provider in providers.values()]
    )


async def _fold_bookings(connection: Connection, events: Iterable[Message]) -> None:
    """Stores bookings of no lead, until they are assigned to one."""
    for event in events:
        match event:
            case BookingUnmatched(cancelled=True):
                await connection.execute(
                    DELETE_UNMATCHED_BOOKING, event.uid, event.email or "", event.phone or ""
                )
            case BookingUnmatched():
                await connection.execute(
                    UPSERT_BOOKING,
                    event.uid,
                    event.starts_at,
                    event.email or "",
                    event.phone or "",
                    event.at,
                )
            case LeadBooked(booking=booking) | BookingRescheduled(booking=booking):
                await connection.execute(ASSIGN_BOOKING, booking.uid, event.at, event.lead_id)
            case BookingAssigned(uid=uid):
                await connection.execute(ASSIGN_BOOKING, uid, event.at, event.lead_id)
            case _:
                pass


def lead_of(row: asyncpg.Record | Mapping[str, Any]) -> Lead:
    """Returns the lead in a row of `leads`."""
    return Lead(**{column.name: row[column.name] for column in fields(Lead)})


def _row(lead: Lead) -> tuple[Any, ...]:
    values = [getattr(lead, column.name) for column in fields(Lead)]
    return (*values, str(lead.state), lead.waited)
