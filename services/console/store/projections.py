"""Console's projections: folded from the audit log in its order, batch after batch, and made anew from it on demand."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import asyncpg

from contracts.booking import BookingAttached, BookingMoved, BookingUnmatched, LeadBooked
from contracts.event import Event
from kit.database import Connection, Database
from services.console.decisions.companies import COMPANIES, Company, about, heard
from services.console.decisions.erasing import erased
from services.console.decisions.leads import Lead, fold, read

BATCH = 1000
COLUMNS = (*(one.name for one in fields(Lead)), "state", "waited")
VALUES = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
PUT_LEAD = f"""insert into leads ({", ".join(COLUMNS)}) values ({VALUES})
               on conflict (lead_id) do update set {", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])}"""  # noqa: S608 - names of our own
PUT_COMPANY = """insert into companies (name, away, away_at, heard_at) values ($1, $2, $3, $4)
                 on conflict (name) do update set away = $2, away_at = $3, heard_at = $4"""
PUT_BOOKING = """insert into bookings (uid, starts_at, email, phone, said_at) values ($1, $2, $3, $4, $5)
                 on conflict (uid) do update set starts_at = $2, email = $3, phone = $4, said_at = $5"""
MATCH_BOOKING = """insert into bookings (uid, email, phone, said_at, lead_id) values ($1, '', '', $2, $3)
                   on conflict (uid) do update set lead_id = $3, email = '', phone = ''"""
FRESH = "select id, body from actions where id > $1 order by id limit $2"
OF_THE_ERASED = """select id, body from actions where lead_id = any($1) and id <= $2
                     and topic in ('lead.created', 'lead.returned', 'reply.received', 'lead.booked', 'booking.moved',
                                   'booking.cancelled', 'touch.due')
                   union all
                   select id, body from actions where topic = 'booking.unmatched' and id <= $2
                     and body->>'uid' in (select uid from bookings where lead_id = any($1))"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the projections have come, in ids of the audit log."""

    until: int
    newest: int


class Projections:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def follow(self) -> bool:
        """Folds the next batch into the projections, in one transaction; True when there was something."""
        async with self._database.transaction() as connection:
            until = await connection.fetchval("select until from projected for update")
            rows = await connection.fetch(FRESH, until, BATCH)
            if not rows:
                return False
            events = [event for row in rows if (event := read(row["body"])) is not None]
            await _fold_bookings(connection, events)
            await _fold_companies(connection, events)
            await _fold_leads(connection, events, rows[-1]["id"])
            await connection.execute("update projected set until = $1", rows[-1]["id"])
        return True

    async def progress(self) -> Progress:
        [row] = await self._database.fetch(
            "select until, coalesce((select max(id) from actions), 0) as newest from projected"
        )
        return Progress(row["until"], row["newest"])

    async def until(self) -> int:
        return (await self.progress()).until

    async def forget(self) -> None:
        """Has everything folded anew from the first event on; `follow` does it."""
        async with self._database.transaction() as connection:
            await connection.execute("update projected set until = 0")
            for table in ("leads", "companies", "bookings"):
                await connection.execute(f"delete from {table}")  # noqa: S608 - the names stand one line above


async def _fold_leads(connection: Connection, events: Iterable[Event], until: int) -> None:
    theirs = [event for event in events if event.lead_id > 0]
    ids = list({event.lead_id for event in theirs})
    leads = {
        row["lead_id"]: lead_of(row)
        for row in await connection.fetch("select * from leads where lead_id = any($1)", ids)
    }
    for event in theirs:
        leads[event.lead_id] = fold(leads.get(event.lead_id) or Lead(event.lead_id), event)
    await connection.executemany(PUT_LEAD, [_row(lead) for lead in leads.values()])
    gone = [lead.lead_id for lead in leads.values() if lead.erased_at is not None]
    if gone:
        await _erase(connection, gone, until)


async def _erase(connection: Connection, lead_ids: list[int], until: int) -> None:
    """Takes what is personal out of the audit log itself, also out of what arrives after the erasure."""
    rows = await connection.fetch(OF_THE_ERASED, lead_ids, until)
    emptied = [(row["id"], erased(row["body"])) for row in rows]
    changed = [(row_id, body) for (row_id, body), row in zip(emptied, rows, strict=True) if body != row["body"]]
    await connection.executemany("update actions set body = $2 where id = $1", changed)


async def _fold_companies(connection: Connection, events: Iterable[Event]) -> None:
    told = [(name, event) for event in events if (name := about(event)) in COMPANIES]
    if not told:
        return
    companies = {row["name"]: Company(**row) for row in await connection.fetch("select * from companies")}
    for name, event in told:
        assert name is not None
        companies[name] = heard(companies.get(name) or Company(name), event)
    await connection.executemany(PUT_COMPANY, [tuple(asdict(one).values()) for one in companies.values()])


async def _fold_bookings(connection: Connection, events: Iterable[Event]) -> None:
    """Bookings that are nobody's, until they are somebody's."""
    for event in events:
        match event:
            case BookingUnmatched():
                await connection.execute(
                    PUT_BOOKING, event.uid, event.starts_at, event.email or "", event.phone or "", event.at
                )
            case LeadBooked(booking=booking) | BookingMoved(booking=booking):
                await connection.execute(MATCH_BOOKING, booking.uid, event.at, event.lead_id)
            case BookingAttached(uid=uid):
                await connection.execute(MATCH_BOOKING, uid, event.at, event.lead_id)
            case _:
                pass


def lead_of(row: asyncpg.Record | Mapping[str, Any]) -> Lead:
    """The lead in a row of `leads`."""
    return Lead(**{one.name: row[one.name] for one in fields(Lead)})


def _row(lead: Lead) -> tuple[Any, ...]:
    return (*(getattr(lead, one.name) for one in fields(Lead)), str(lead.state), lead.waited)
