"""Measures every reading statement of pages, API, doctor and jobs with GROWTH=10000000 events.

Beside them it measures the same statements with a hundredth of the events. All of them are the
repositories' own functions. Then the projections are rebuilt, and the pages are read meanwhile.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg
import httpx

from bench.filling import fill_console, fill_others
from bench.load import percentile
from bench.pages import PAGES
from bench.timers import JOURNEY, Row
from contracts.commands.touch import ReleaseTouches
from contracts.events.touch import Channel, HoldReason
from domain.journey.parser import stored_journey
from kit.messaging.relay import COUNT_WAITING
from kit.migrations import upgrade
from pauta.restore import BATCH, REACH, SELECT_EVENTS
from pauta.running.compose_file import PROJECT
from pauta.running.native import WITH_DATABASES, Native
from pauta.running.servers import free_ports
from services.console.decisions.response_times import Objective
from services.console.decisions.tallies import GROUPS
from services.console.repositories.actions import Actions
from services.console.repositories.erasures import Erasures
from services.console.repositories.metrics import LeadFilter, Metrics
from services.console.repositories.projections import Projections
from services.console.repositories.sessions import EndedSessions
from services.crm.repositories import appointments, notes, registrations, webhooks
from services.crm.repositories.appointments import BookingLock
from services.crm.use_cases.match_booking import BookingMatcher, match_bookings
from services.notify.decisions.spending import (
    DAY,
    HOUR,
    NAMES_WITHIN,
    PREFIX_LENGTH,
    SOURCES_WITHIN,
)
from services.notify.repositories import checks, spending, touches
from services.notify.repositories import leads as notify_leads
from services.notify.touches import State
from services.notify.use_cases.release_touches import release_touches
from services.notify.use_cases.take_due import AT_ONCE, CHECK_LEASE
from services.scheduler.repositories import backlog
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.forget_old import forget_old
from services.scheduler.use_cases.show_plan import show_plan
from tests.plans import Node, Watched, nodes

EVENTS = int(os.environ.get("GROWTH") or 10_000_000)
FLOOR = max(20_000, EVENTS // 100)
TIMES = 7
AIM = 0.2  # seconds
ZONE = "America/Mexico_City"
REBUILDING = 60.0  # the most seconds of the rebuild that are observed
SEARCHES = (
    "",
    "nadie",
    "garza sofía",
    "Garza, Sofía",
    "maría",
    "hernández",
    "xolocotzi zuñiga íñigo",
    "xq",
    "a",
    "%",
    "sofia77@example.com",
    "@example.com",
    "55 1000 1234",
    "7777",
    "#1234",
)
SWAP = """
update rebuilt.projected spare set until = own.until, tallied = own.until
from public.projected own"""

Read = Callable[[], Awaitable[Any]]


class Sized:
    """One server's databases with so many events, and the repositories that read them.

    `prefix` is the beginning of the databases' names.
    """

    def __init__(self, server: str, prefix: str) -> None:
        self._server = server
        self._prefix = prefix
        self.leads = 0
        self.databases = {
            name: Watched(f"{server}/{prefix}{name}", scans=name == "console")
            for name in WITH_DATABASES
        }

    async def fill(self, events: int, report: Callable[[str], None]) -> None:
        async with AsyncExitStack() as closing:
            administrators = {}
            for name, database in self.databases.items():
                administrators[name] = await asyncpg.connect(database.dsn)
                closing.push_async_callback(administrators[name].close)
            self.leads = await fill_console(administrators["console"], events, report)
            await fill_others(administrators, self.leads, report)
            for administrator in administrators.values():
                await administrator.execute("vacuum analyze", timeout=1800)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[dict[str, Read]]:
        for database in self.databases.values():
            await database.open()
        try:
            yield self.reads()
        finally:
            for database in self.databases.values():
                await database.close()

    def reads(self) -> dict[str, Read]:
        """Returns every read, by its name in the table."""
        return (
            {"floor: select 1": self._select_1}
            | self._pages()
            | self._figures()
            | self._searches()
            | self._others()
        )

    async def _select_1(self) -> Any:
        return await self.databases["console"].fetch("select 1")

    def _pages(self) -> dict[str, Read]:
        database = self.databases["console"]
        lead = self.leads // 2
        store = Actions(database, Erasures("bench"))
        projections = Projections(database, Erasures("bench"))
        metrics = Metrics(database, ZONE)
        now = datetime.now(UTC)
        today = now.astimezone(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            "frame: progress": projections.progress,
            "frame: switch": store.switch,
            "frame: ended session": lambda: EndedSessions(database, lasts=1.0).ended("nobody's"),
            "now: newest": lambda: store.newest(40),
            "now: today": lambda: metrics.funnel(today, now),
            "now: week": lambda: metrics.funnel(today - timedelta(days=6), now),
            "now: names": lambda: metrics.names([*range(lead, lead + 40)]),
            "now: providers": metrics.providers,
            "now: held": metrics.held,
            "now: spending": metrics.spending_alarm,
            "letters: unknown": lambda: store.unknown_touches(limit=200),
            "letters: attention": lambda: metrics.in_need_of_attention(limit=200),
            "letters: failed": lambda: metrics.failed_work(limit=200),
            "letters: chosen": lambda: metrics.failed_work(limit=1000, letter_ids=["crm-note-5"]),
            "letters: unmatched": metrics.unmatched,
            "lead: lead": lambda: metrics.lead(lead),
            "lead: events": lambda: store.events_of(lead),
            "lead: own id": lambda: metrics.own_id(self.leads + 5),
            "feed: new": lambda: store.newest_projected(0, None),
            "feed: new of a lead": lambda: store.newest_projected(0, lead),
            "api: actions": lambda: store.actions(after=1000),
            "api: actions of a lead": lambda: store.actions(lead_id=lead),
            "log: newest id": store.newest_id,
            "restore: a batch of the day before": lambda: database.fetch(
                f"{SELECT_EVENTS} limit {BATCH}", now - REACH, now
            ),
        }

    def _figures(self) -> dict[str, Read]:
        metrics = Metrics(self.databases["console"], ZONE)
        objective = Objective(10, 0.95)
        found: dict[str, Read] = {}
        for days in (1, 7, 30, 90):  # the choices on the pages
            since = datetime.now(UTC) - timedelta(days=days)
            found |= {
                f"stopwatch: budget, {days} d": partial(metrics.budget, since, objective),
                f"stopwatch: missed, {days} d": partial(metrics.missed, since, objective),
                f"stopwatch: by day, {days} d": partial(metrics.waits_by_day, since, ZONE),
                f"stopwatch: by source, {days} d": partial(metrics.waits_by_source, since),
                f"stopwatch: Kommo's downtimes, {days} d": partial(
                    metrics.downtimes, "kommo", since, datetime.now(UTC)
                ),
            }
        for days in (30, 90, 366):
            since = datetime.now(UTC) - timedelta(days=days)
            found |= {
                f"journey: at step, {days} d": partial(metrics.at_step, since),
                f"journey: outcomes, {days} d": partial(metrics.outcomes, since),
            }
            found |= {
                f"sources: {group}, {days} d": partial(metrics.sources, since, group)
                for group in GROUPS
            }
        return found

    def _searches(self) -> dict[str, Read]:
        metrics = Metrics(self.databases["console"], ZONE)
        last_month = datetime.now(UTC).date() - timedelta(days=30)
        wanted = {f"q={text}": LeadFilter(text=text) for text in SEARCHES} | {
            "page 100": LeadFilter(page=100),
            "page 10000": LeadFilter(page=10_000),
            "state": LeadFilter(state="paused"),
            "source": LeadFilter(source="Fuente 3"),
            "source nobody has": LeadFilter(source="nobody's"),
            "step and state": LeadFilter(step="day_3", state="met"),
            "until a month ago": LeadFilter(until=last_month, source="Fuente 3", state="paused"),
            "q and state": LeadFilter(text="garza", state="paused"),
        }

        async def a_batch_of_csv() -> Any:
            return await anext(metrics.every_lead(LeadFilter(text="garza")))

        found: dict[str, Read] = {
            f"leads: {name}": partial(metrics.leads, query) for name, query in wanted.items()
        }
        found |= {"leads.csv: a batch": a_batch_of_csv, "leads: choices": metrics.choices}
        return found

    def _others(self) -> dict[str, Read]:
        notify = self.databases["notify"]
        crm = self.databases["crm"]
        scheduler = self.databases["scheduler"]
        lock = BookingLock(crm)
        matcher = BookingMatcher(secret="x" * 20, region="MX")
        content = JOURNEY.read_text()
        journeys = Journeys(stored_journey(content), version="bench", content=content)
        nowhere = ReleaseTouches(reason=HoldReason.CAPPED, scope="nowhere", by="bench")
        lead = self.leads // 2
        phone = f"+5255{10_000_000 + lead}"
        found: dict[str, Read] = {
            "notify: spendings": partial(
                spending.spendings, notify, prefix_length=PREFIX_LENGTH, day=DAY, hour=HOUR
            ),
            "notify: names": partial(spending.names_by_visitor, notify, within=NAMES_WITHIN),
            "notify: sources": partial(spending.count_sources, notify, within=SOURCES_WITHIN),
            "notify: due": partial(_due_calls, notify),
            "notify: expired": partial(_expired_leases, notify),
            "notify: held, to release": partial(release_touches, nowhere, notify),
            "notify: other touches": partial(
                touches.others_to, notify, phone, Channel.WHATSAPP, but=uuid4()
            ),
            "notify: forms of a lead": partial(notify_leads.forms_of, notify, lead),
            "crm: webhooks": lambda: webhooks.due(crm, 20),
            "crm: matched again": lambda: match_bookings(lock, matcher),
            "crm: unmatched": lambda: appointments.unmatched(crm, 200),
            "crm: lead in Kommo": lambda: registrations.by_kommo_lead(crm, lead),
            "crm: leads to check": lambda: registrations.unclear(crm, 20),
            "crm: notes to check": lambda: notes.unclear(crm, 20),
            "crm: leads to move": lambda: registrations.to_move(crm, 20),
            "crm: leads to add": lambda: registrations.claim(crm, 20, term=1),
            "crm: notes to add": lambda: notes.claim(crm, 20, term=1),
            "crm: contacts": lambda: registrations.known_contact(crm, lead),
            "crm: contacts to check": lambda: registrations.contacts_due(crm, 20),
            "crm: leads to ask about": lambda: registrations.to_ask(crm, 20),
            "scheduler: plan": lambda: show_plan(lead, scheduler, journeys),
            "scheduler: backlog": partial(backlog.get, scheduler),
            "scheduler: forget": partial(forget_old, scheduler),
        }
        for name, database in self.databases.items():
            found[f"{name}: outbox"] = partial(database.fetch, COUNT_WAITING)
        return found


async def _due_calls(database: Watched) -> Any:
    async with database.transaction() as connection:
        return await checks.take_due(
            connection, State.SENT, [Channel.CALL], lease=CHECK_LEASE, limit=AT_ONCE
        )


async def _expired_leases(database: Watched) -> Any:
    async with database.transaction() as connection:
        return await touches.expire_leases(connection, "lease expired", check_in=1.0)


class Growth:
    """RabbitMQ and PostgreSQL, and at the end one console."""

    def __init__(self, folder: Path, row: Row) -> None:
        console_port, management_port = free_ports(2)
        ports = {
            "CONSOLE_PORT": str(console_port),
            "RABBITMQ_MANAGEMENT_PORT": str(management_port),
        }
        self.system = Native(folder, ports | {"JOURNEY_PATH": str(JOURNEY)})
        self._row = row
        self._slow: list[str] = []

    async def run(self) -> None:
        await asyncio.to_thread(self.system.start_servers)
        server = f"postgresql://postgres:postgres-demo@127.0.0.1:{self.system.ports['postgres']}"
        grown = Sized(server, "")
        small = Sized(server, "small_")
        for name, database in small.databases.items():
            administrator = await asyncpg.connect(f"{server}/postgres")
            await administrator.execute(f"create database small_{name}")
            await administrator.close()
            await upgrade(PROJECT / "services" / name / "migrations", database.dsn)
        began = time.monotonic()

        def report(progress: str) -> None:
            print(f"{time.monotonic() - began:5.0f} s  {progress}", flush=True)

        await small.fill(FLOOR, lambda _: None)
        await grown.fill(EVENTS, report)
        self._row(
            f"growth: {EVENTS:,} events, {grown.leads:,} leads",
            "",
            f"beside {FLOOR:,} and {small.leads:,}",
        )
        async with grown.opened() as reads, small.opened() as floors:
            for name, read in reads.items():
                await self._measure(grown, name, read, floors[name])
        slow = ", ".join(self._slow) or "none"
        self._row(f"growth: statements over {AIM * 1e3:.0f} ms", slow, "aim: none")
        await self._rebuild(f"{server}/console", grown.leads // 2)

    async def _measure(self, grown: Sized, name: str, read: Read, floor: Read) -> None:
        for database in grown.databases.values():
            database.asked.clear()
        took, result = await timed(read)
        beside, _ = await timed(floor)
        if took > AIM:
            self._slow.append(name)
        plans = []
        for database in grown.databases.values():
            for query, arguments in dict(database.asked[: len(database.asked) // TIMES]).items():
                plans.append(condensed(await database.plan(query, arguments, run=True)))
        rows = f"{len(result):,} rows" if hasattr(result, "__len__") else "1 row"
        found = f"{rows}; {FLOOR:,} events: {beside * 1e3:.1f} ms; {' | '.join(plans)}"
        self._row(name, f"{took * 1e3:.1f} ms{' SLOW' if took > AIM else ''}", found)

    async def _rebuild(self, dsn: str, lead: int) -> None:
        """Rebuilds the projections while it reads the pages, for a minute at most.

        Then the new tables replace the old ones.
        """
        process = self.system.start_service(
            "console", self.system.recipes()["console"], self.system.ports["console"]
        )
        self.system.wait_for("console", self.system.ports["console"])
        took: list[float] = []
        async with httpx.AsyncClient(base_url=self.system.addresses.console, timeout=60) as http:
            (await http.post("/api/projections/rebuild")).raise_for_status()
            began = time.monotonic()
            rebuilt = 0
            while (seconds := time.monotonic() - began) < REBUILDING:
                state = (await http.get("/api/projections")).json()
                if state["rebuilt"] is None:
                    rebuilt = state["newest"]
                    break
                rebuilt = state["rebuilt"]
                for path in (*PAGES[:-1], f"/leads/{lead}"):
                    requested = time.perf_counter()
                    (await http.get(f"/console{path}")).raise_for_status()
                    took.append(time.perf_counter() - requested)
                    await asyncio.sleep(0.1)
        await asyncio.to_thread(process.stop)
        self._row(
            f"growth: rebuild, {rebuilt:,} events in {seconds:.0f} s",
            f"{rebuilt / seconds:,.0f}/s",
            f"{1e6 * seconds / max(rebuilt, 1):.0f} s for a million",
        )
        if took:
            self._row(
                f"growth: pages meanwhile, {len(took)} requests",
                f"p50 {percentile(took, 50) * 1e3:.0f} ms",
                f"p95 {percentile(took, 95) * 1e3:.0f} ms, most {max(took) * 1e3:.0f} ms",
            )
        await self._swap(dsn)

    async def _swap(self, dsn: str) -> None:
        """Measures how long pages may wait while the new tables replace the old ones, all large."""
        database = await asyncpg.connect(dsn)
        if not await database.fetchval("select 1 from rebuilt.projected"):
            await database.execute("select begin_rebuild()")
        await database.execute(SWAP)
        finished = False
        while not finished:
            began = time.perf_counter()
            try:
                finished = await database.fetchval("select finish_rebuild()")
            except asyncpg.LockNotAvailableError:  # autovacuum holds one of them
                await asyncio.sleep(0.25)
        took = (time.perf_counter() - began) * 1e3
        self._row("growth: the new tables replace the old ones", f"{took:.0f} ms", "")
        await database.close()


async def timed(read: Read) -> tuple[float, Any]:
    """Returns the median time in seconds, and the last result."""
    took: list[float] = []
    result = None
    for _ in range(TIMES):
        began = time.perf_counter()
        result = await read()
        took.append(time.perf_counter() - began)
    return median(took), result


def condensed(plan: Node) -> str:
    """Returns the plan on one line: its tables and indexes, and how many pages of 8 kB it read."""
    scans = [
        _scan(node) for node in nodes(plan) if node.get("Relation Name") or node.get("Index Name")
    ]
    pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return f"{' + '.join(dict.fromkeys(scans)) or plan['Node Type']}, {pages:,} pages"


def _scan(node: Node) -> str:
    name = node.get("Index Name") or node["Relation Name"]
    return f"{node['Node Type'].lower()} {name}"
