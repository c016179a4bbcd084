"""Measures the scheduler alone with ten thousand and a million pending timers.

How late timers fire, and how fast a flood of them drains.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg

from bench.load import percentile, resident
from domain.journey.time_zones import Whereabouts
from pauta.running.compose_file import PROJECT
from pauta.running.native import Native
from pauta.running.servers import Process, free_ports
from services.scheduler.decisions.enrolment import Enrolment
from services.scheduler.decisions.lateness import LATE_SECONDS
from services.scheduler.repositories.timers import SELECT_PUNCTUAL

FEW = 10_000
MANY = 1_000_000
RATE = 100
SECONDS = 20
FLOOD = 50_000
JOURNEY = PROJECT / "tests" / "e2e" / "journey.yml"
Row = Callable[[str, str, str], None]

ENROL = """
insert into enrolments (lead_id, journey, person_id, facts)
select n, $1, n, jsonb_set($2::text::jsonb, '{lead_id}', to_jsonb(n))
from generate_series($3::bigint, $4) n"""
PLAN = """
insert into timers (lead_id, step, channel, due_at, planned_at)
select n, 'day_3', 'whatsapp', at, at
from generate_series($1::bigint, $2) n,
  lateral (select now() + interval '1 hour' + n * interval '1 second' as at) later"""
DUE_LATER = """
update timers set due_at = due.at, planned_at = due.at
from unnest($1::bigint[], $2::timestamptz[]) as due(lead, at)
where lead_id = due.lead"""
DUE_NOW = """
update timers set due_at = now(), planned_at = now()
where lead_id between $1 and $2"""
POSTPONE = """
update timers set state = 'pending', due_at = now() + interval '1 hour'
where state <> 'pending'"""


class Timers:
    """RabbitMQ, PostgreSQL and one or two schedulers. Their events are only counted."""

    def __init__(self, folder: Path, row: Row) -> None:
        scheduler_port, management_port = free_ports(2)
        ports = {
            "SCHEDULER_PORT": str(scheduler_port),
            "RABBITMQ_MANAGEMENT_PORT": str(management_port),
        }
        self.system = Native(folder, ports | {"JOURNEY_PATH": str(JOURNEY)})
        self._row = row
        self._arrived: dict[int, float] = {}
        self._replicas: list[Process] = []

    async def run(self) -> None:
        await asyncio.to_thread(self._start)
        self._database = await asyncpg.connect(**self._connection())
        async with await aio_pika.connect(
            f"amqp://pauta:rabbitmq-demo@127.0.0.1:{self.system.ports['amqp']}/"
        ) as broker:
            channel = await broker.channel()
            await channel.set_qos(prefetch_count=2000)
            queue = await channel.declare_queue("bench.due", exclusive=True)
            await queue.bind("events", "touch.due")
            await queue.consume(self._arrive, no_ack=True)
            plans = []
            for pending in (FEW, MANY):
                await self._fill(pending)
                plans.append(await self._plan())
                await self._lateness(pending)
            await self._flood(replicas=1)
            await asyncio.to_thread(self._add_replica)
            await self._flood(replicas=2)
        self._row(
            "claim query's plan, 10,000 and 1,000,000 pending",
            "the same" if plans[0] == plans[1] else "differs",
            plans[1],
        )
        await self._database.close()

    def _start(self) -> None:
        self.system.start_servers()
        self._add_replica()

    def _add_replica(self) -> None:
        port = self.system.ports["scheduler"] if not self._replicas else free_ports(1)[0]
        recipe = self.system.recipes()["scheduler"]
        name = f"scheduler-{len(self._replicas)}"
        self._replicas.append(self.system.start_service("scheduler", recipe, port, log_name=name))
        self.system.wait_for("scheduler", port)

    async def _arrive(self, message: Any) -> None:
        self._arrived[int(message.correlation_id)] = time.time()

    async def _fill(self, pending: int) -> None:
        """Adds leads and timers up to that number, all due in an hour or later."""
        last = await self._database.fetchval("select coalesce(max(lead_id), 0) from enrolments")
        content = JOURNEY.read_text()
        journey = hashlib.sha256(content.encode()).hexdigest()
        await self._database.execute(
            "insert into journeys values ($1, $2) on conflict do nothing", journey, content
        )
        where = Whereabouts("MX", ("America/Monterrey",), "America/Monterrey")
        lead = Enrolment(lead_id=0, entered_at=datetime.now(UTC), where=where)
        await self._database.execute(
            ENROL, journey, lead.model_dump_json(), last + 1, pending, timeout=300
        )
        await self._database.execute(PLAN, last + 1, pending, timeout=300)
        await self._database.execute("analyze", timeout=120)

    async def _plan(self) -> str:
        """Returns the claim query's plan, without its costs and counts."""
        query = SELECT_PUNCTUAL.replace("$1", "500").replace("$2", str(LATE_SECONDS))
        [explained] = await self._database.fetchrow(f"explain (format json) {query}")
        nodes: list[str] = []

        def walk(node: dict[str, Any]) -> None:
            nodes.append(f"{node['Node Type']} {node.get('Index Name', '')}".strip())
            for child in node.get("Plans", []):
                walk(child)

        walk(json.loads(explained)[0]["Plan"])
        return " > ".join(nodes)

    async def _lateness(self, pending: int) -> None:
        """Lets 100 timers a second fall due, and measures how late each touch.due is consumed."""
        self._arrived.clear()
        begins = datetime.now(UTC) + timedelta(seconds=3)
        due = {
            lead: begins + timedelta(seconds=lead / RATE) for lead in range(1, RATE * SECONDS + 1)
        }
        await self._database.execute(DUE_LATER, list(due), list(due.values()))
        await self._until(len(due), seconds=SECONDS + 30)
        late = [self._arrived[lead] - at.timestamp() for lead, at in due.items()]
        memory = sum(resident(replica.pid) for replica in self._replicas)
        self._row(
            f"timers, {pending:,} pending, {RATE} a second fall due: lateness",
            f"p50 {percentile(late, 50) * 1e3:.0f} ms",
            f"p99 {percentile(late, 99) * 1e3:.0f} ms (aim: 1 s); scheduler {memory:.0f} MB",
        )
        await self._database.execute(POSTPONE)

    async def _flood(self, *, replicas: int) -> None:
        """Lets 50,000 timers fall due at once, and measures when the last of them is published."""
        self._arrived.clear()
        first = MANY // 2 + replicas * FLOOD
        began = time.time()
        await self._database.execute(DUE_NOW, first, first + FLOOD - 1, timeout=120)
        due_at = time.time()
        await self._until(FLOOD, seconds=120)
        took = max(self._arrived.values()) - due_at
        self._row(
            f"timers, 1,000,000 pending, {FLOOD:,} due at once, "
            f"{replicas} scheduler{'s' * (replicas > 1)}",
            f"{FLOOD / took:,.0f}/s",
            f"all published after {took:.1f} s (made due in {due_at - began:.1f} s)",
        )

    async def _until(self, count: int, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while len(self._arrived) < count:
            assert time.monotonic() < deadline, f"{len(self._arrived)} of {count} were published"
            await asyncio.sleep(0.1)

    def _connection(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.system.ports["postgres"],
            "user": "postgres",
            "password": "postgres-demo",
            "database": "scheduler",
        }
