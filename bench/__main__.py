"""Measures throughput and delays beside their floors.

`python -m bench [intake] [timers] [pages] [strangers] [growth] [replies] [mapping]`

Everything runs on this machine: RabbitMQ, PostgreSQL, the gateway, every service and the load.
Traffic goes to loopback only. Each part is bounded in count or time.
"""

import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aio_pika
import asyncpg
import httpx
from rich.console import Console
from rich.table import Table

from bench.growth import Growth
from bench.load import Load, fire, percentile, post_all, resident
from bench.mapping import Mapping
from bench.pages import Pages
from bench.replies import Replies
from bench.strangers import Strangers
from bench.timers import JOURNEY, Timers
from pauta.running.compose_file import Recipe
from pauta.running.native import SERVICES, Native
from pauta.running.servers import free_ports

out = Console(soft_wrap=True, highlight=False)
CONNECTIONS = 64
SECONDS = 8.0
AT_REST = 100
BURST = 500
PROVIDER_LATENCY = {"kommo": 0.3, "brevo": 0.15, "twilio": 0.25}
INSERT_LEAD = """
insert into leads (lead_id, person_id, card)
values (nextval('lead_ids'), 0, '{}')"""
CAPS = ("DAILY_SPENDING_CAP", "CAP_DOOR_HOUR", "CAP_DOOR_DAY", "CAP_PREFIX_HOUR")


class Bench:
    """One system without spending caps and without a limit on the leads of one address."""

    def __init__(self, folder: Path) -> None:
        names = (
            "GATEWAY_PORT",
            "CONSOLE_PORT",
            "SIMULATOR_PORT",
            "SCHEDULER_PORT",
            "RABBITMQ_MANAGEMENT_PORT",
        )
        ports = {name: str(port) for name, port in zip(names, free_ports(len(names)), strict=True)}
        slow = ",".join(f"{name}={seconds}" for name, seconds in PROVIDER_LATENCY.items())
        caps = dict.fromkeys(CAPS, "100000000")
        settings = {
            "JOURNEY_PATH": str(JOURNEY),
            "LEAD_RATE_LIMIT": "100000000/minute",
            "SIMULATOR_LATENCY": slow,
            "SIMULATOR_RING_SECONDS": "6",
            "SIMULATOR_TALK_SECONDS": "8",
            "SIMULATOR_MAIL_SECONDS": "8",
        }
        self.system = Native(folder, ports | caps | settings)
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        title = f"{machine}, Python {platform.python_version()}"
        self.table = Table("what", "value", "beside", title=title)

    def row(self, name: str, value: str, beside: str = "") -> None:
        self.table.add_row(name, value, beside)

    async def run(self) -> None:
        out.print("starting …")
        await asyncio.to_thread(self.system.start)
        await self.floors()
        # first, because the work of the other parts would slow it
        nothing = await self.nothing_stored()
        await self.delay_at_rest()
        await self.burst()
        await self.memory()
        await self.accepted(nothing)

    # ---- the machine

    async def floors(self) -> None:
        """Measures bare confirmed publishes, and bare commits of one lead row."""
        async with await aio_pika.connect(
            f"amqp://pauta:rabbitmq-demo@127.0.0.1:{self.system.ports['amqp']}/"
        ) as broker:
            channel = await broker.channel(publisher_confirms=True)
            queue = await channel.declare_queue(
                "bench.floor", durable=True, arguments={"x-queue-type": "quorum"}
            )
            message = aio_pika.Message(b"x" * 400, delivery_mode=2)
            published = 0
            began = time.perf_counter()
            while time.perf_counter() - began < 3:
                await asyncio.gather(
                    *(channel.default_exchange.publish(message, queue.name) for _ in range(50))
                )
                published += 50
            self.row(
                "floor: confirmed publishes, 50 in flight",
                f"{published / (time.perf_counter() - began):,.0f}/s",
            )
            await queue.delete(if_unused=False, if_empty=False)
        pool = await asyncpg.create_pool(**self._intake(), min_size=8, max_size=8)
        commits = 0
        began = time.perf_counter()

        async def commit() -> None:
            nonlocal commits
            while time.perf_counter() - began < 3:
                await pool.execute(INSERT_LEAD)
                commits += 1

        await asyncio.gather(*(commit() for _ in range(8)))
        self.row(
            "floor: commits of one lead row, 8 connections",
            f"{commits / (time.perf_counter() - began):,.0f}/s",
        )
        await pool.close()

    def _intake(self) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.system.ports["postgres"],
            "user": "postgres",
            "password": "postgres-demo",
            "database": "intake",
        }

    # ---- intake

    async def nothing_stored(self) -> Load:
        """Measures requests a second at 64 connections, which are validated but not stored."""
        bare_port = free_ports(1)[0]
        recipe = self.system.recipes()["intake"]
        command = tuple(
            "bench.bare:create_app" if "create_app" in word else word for word in recipe.command
        )
        bare = Recipe("bare", command, recipe.environment)
        process = self.system.start_service("bare", bare, bare_port)
        self.system.wait_for("bare", bare_port)
        nothing = await self._load(bare_port)
        await asyncio.to_thread(process.stop)
        self.row(
            "validated requests, nothing stored, 64 connections",
            f"{nothing.per_second:,.0f}/s",
            f"p50 {nothing.at(50):.1f} ms, p99 {nothing.at(99):.1f} ms",
        )
        return nothing

    async def accepted(self, nothing: Load) -> None:
        """Measures accepted leads a second at 64 connections, with every service busy with them."""
        # the providers should not slow this flood down
        await httpx.AsyncClient().put(
            f"{self.system.addresses.simulator}/simulator/latency",
            json=dict.fromkeys(PROVIDER_LATENCY, 0),
        )
        accepted = await self._load(self.system.ports["intake"])
        share = accepted.per_second / nothing.per_second
        self.row(
            "accepted leads, 64 connections, everything running",
            f"{accepted.per_second:,.0f}/s",
            f"p50 {accepted.at(50):.1f} ms, p99 {accepted.at(99):.1f} ms; "
            f"{share:.0%} of that (aim: 50 %, 800/s)",
        )

    async def _load(self, port: int) -> Load:
        await fire(port, connections=CONNECTIONS, seconds=1.0)
        return await fire(port, connections=CONNECTIONS, seconds=SECONDS)

    # ---- first contact

    async def delay_at_rest(self) -> None:
        """Measures from the form's answer to Twilio's receipt of the call request, lead by lead."""
        answered: dict[str, float] = {}
        async with httpx.AsyncClient() as http:
            for number in range(AT_REST + 5):
                phone = f"55{number:05d}123"
                await http.post(f"{self.system.addresses.gateway}/api/lead", json=_form(phone))
                answered[f"+52{phone}"] = time.time()
                await asyncio.sleep(0.15)
        delays = (await self._delays(answered))[5:]
        self.row(
            f"delay our side adds, at rest, {AT_REST} leads",
            f"p50 {statistics.median(delays) * 1e3:.1f} ms",
            f"p99 {percentile(delays, 99) * 1e3:.1f} ms, most {max(delays) * 1e3:.1f} ms "
            "(aim: 30, 100 ms)",
        )

    async def burst(self) -> None:
        """Measures 500 leads at once, with providers as slow as the real ones."""
        began = time.time()
        answered = await post_all(
            self.system.ports["gateway"],
            [_form(f"81{number:05d}123") for number in range(BURST)],
            CONNECTIONS,
        )
        took = time.time() - began
        delays = await self._delays(answered)
        median = statistics.median(delays)
        self.row(
            f"burst of {BURST} leads, accepted in {took:.1f} s: last call",
            f"{max(delays):.2f} s",
            f"after its form's answer, the longest of all; median {median:.2f} s (aim: 5 s)",
        )

    async def _delays(self, answered: dict[str, float]) -> list[float]:
        """Returns the seconds from each answer to its request to Twilio, sorted like the answers.

        Waits until every call was requested.
        """
        deadline = time.monotonic() + 60
        async with httpx.AsyncClient(timeout=30) as http:
            while True:
                url = f"{self.system.addresses.simulator}/simulator/calls/times"
                calls = (await http.get(url)).json()
                requested = {call["to"]: call["at"] for call in calls}
                missing = answered.keys() - requested.keys()
                if not missing:
                    break
                assert time.monotonic() < deadline, f"{len(missing)} calls never requested"
                await asyncio.sleep(0.5)
        return [requested[phone] - at for phone, at in answered.items()]

    async def memory(self) -> None:
        """Measures the resident memory of each of our processes, after the burst."""
        memory = {
            process.name: resident(process.pid)
            for process in self.system.processes
            if process.name in SERVICES
        }
        by_service = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in memory.items())
        self.row(
            "resident memory of our processes",
            f"{sum(memory.values()):.0f} MB",
            f"{by_service} (aim: 600 MB)",
        )


def _form(phone: str) -> dict[str, str]:
    return {
        "nombre": "Ana Prueba",
        "email": f"p{phone}@example.com",
        "telefono": phone,
        "empresa": "Demo",
        "fuente": "bench",
    }


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pauta-bench-") as folder:
        Path(folder).chmod(0o755)
        bench = Bench(Path(folder) / "system")
        parts: dict[str, Any] = {
            "intake": bench,
            "timers": Timers(Path(folder) / "timers", bench.row),
            "pages": Pages(Path(folder) / "pages", bench.row),
            "strangers": Strangers(Path(folder) / "strangers", bench.row),
            "growth": Growth(Path(folder) / "growth", bench.row),
            "replies": Replies(bench.row),
            "mapping": Mapping(bench.row),
        }
        for part in [parts[name] for name in sys.argv[1:] or parts]:
            try:
                asyncio.run(part.run())
            finally:
                if part.system is not None:
                    part.system.stop()
        out.print(bench.table)


if __name__ == "__main__":
    main()
