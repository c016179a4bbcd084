"""python -m bench [intake] [timers] [pages] [strangers] [growth]: what it takes, what we add, the floor, in one run.

Everything runs on this machine: RabbitMQ, PostgreSQL, the gateway, every service and the load. Traffic goes to loopback
only; each part is bounded in count or time.
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
from bench.pages import Pages
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
AS_SLOW_AS_THE_COMPANIES = {"kommo": 0.3, "brevo": 0.15, "twilio": 0.25}


CAPS = ("DAILY_SPENDING_CAP", "CAP_DOOR_HOUR", "CAP_DOOR_DAY", "CAP_PREFIX_HOUR")


class Bench:
    """One system without limits on how many leads an address may send."""

    def __init__(self, folder: Path) -> None:
        names = (
            "GATEWAY_PORT",
            "CONSOLE_PORT",
            "SIMULATOR_PORT",
            "SCHEDULER_PORT",
            "RABBITMQ_MANAGEMENT_PORT",
        )
        ports = {name: str(port) for name, port in zip(names, free_ports(len(names)), strict=True)}
        slow = ",".join(f"{name}={seconds}" for name, seconds in AS_SLOW_AS_THE_COMPANIES.items())
        self.system = Native(
            folder,
            ports
            | {
                "JOURNEY_PATH": str(JOURNEY),
                "LEAD_RATE_LIMIT": "100000000/minute",
                "SIMULATOR_LATENCY": slow,
            }
            | dict.fromkeys(CAPS, "100000000")
            | {
                "SIMULATOR_RING_SECONDS": "6",
                "SIMULATOR_TALK_SECONDS": "8",
                "SIMULATOR_MAIL_SECONDS": "8",
            },
        )
        self.table = Table(
            "what",
            "value",
            "beside",
            title=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        )

    def row(self, what: str, value: str, beside: str = "") -> None:
        self.table.add_row(what, value, beside)

    async def run(self) -> None:
        out.print("starting …")
        await asyncio.to_thread(self.system.start)
        await self.floors()
        nothing = await self.nothing_stored()  # before there is work that would slow it
        await self.delay_at_rest()
        await self.burst()
        await self.memory()
        await self.accepted(nothing)

    # ---- the machine

    async def floors(self) -> None:
        """Bare confirmed publishes, and bare commits of one lead row."""
        async with await aio_pika.connect(
            f"amqp://pauta:rabbitmq-demo@127.0.0.1:{self.system.ports['amqp']}/"
        ) as broker:
            channel = await broker.channel(publisher_confirms=True)
            queue = await channel.declare_queue(
                "bench.floor", durable=True, arguments={"x-queue-type": "quorum"}
            )
            message = aio_pika.Message(b"x" * 400, delivery_mode=2)
            began, published = time.perf_counter(), 0
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
        began, commits = time.perf_counter(), 0

        async def commit() -> None:
            nonlocal commits
            while time.perf_counter() - began < 3:
                await pool.execute(
                    "insert into leads (lead_id, person_id, suspect, card) values (nextval('lead_ids'), 0, true, '{}')"
                )
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
        } | {"database": "intake"}

    # ---- intake

    async def nothing_stored(self) -> Load:
        """Requests a second at 64 connections that the same server validates and answers, and does not store."""
        bare_port = free_ports(1)[0]
        recipe = self.system.recipes()["intake"]
        bare = Recipe(
            "bare",
            tuple(
                "bench.bare:create_app" if "create_app" in word else word for word in recipe.command
            ),
            recipe.environment,
        )
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
        """Accepted leads a second at 64 connections, everything running and as busy with them as it can."""
        # a flood that the companies should not slow down
        await httpx.AsyncClient().put(
            f"{self.system.addresses.simulator}/simulator/latency",
            json=dict.fromkeys(AS_SLOW_AS_THE_COMPANIES, 0),
        )
        accepted = await self._load(self.system.ports["intake"])
        share = accepted.per_second / nothing.per_second
        self.row(
            "accepted leads, 64 connections, everything running",
            f"{accepted.per_second:,.0f}/s",
            f"p50 {accepted.at(50):.1f} ms, p99 {accepted.at(99):.1f} ms; {share:.0%} of that (aim: 50 %, 800/s)",
        )

    async def _load(self, port: int) -> Load:
        await fire(port, connections=CONNECTIONS, seconds=1.0)
        return await fire(port, connections=CONNECTIONS, seconds=SECONDS)

    # ---- first contact

    async def delay_at_rest(self) -> None:
        """From the form's answer to the request for the call reaching Twilio, one lead at a time."""
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
            f"p99 {percentile(delays, 99) * 1e3:.1f} ms, most {max(delays) * 1e3:.1f} ms (aim: 30, 100 ms)",
        )

    async def burst(self) -> None:
        """500 leads at once, the companies as slow as in life."""
        began = time.time()
        answered = await post_all(
            self.system.ports["gateway"],
            [_form(f"81{n:05d}123") for n in range(BURST)],
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
        """Seconds from answer to Twilio's request, in the order of the answers; waits until every call is there."""
        deadline = time.monotonic() + 60
        async with httpx.AsyncClient(timeout=30) as http:
            while True:
                calls = (
                    await http.get(f"{self.system.addresses.simulator}/simulator/calls/times")
                ).json()
                requested = {call["to"]: call["at"] for call in calls}
                if answered.keys() <= requested.keys():
                    break
                assert time.monotonic() < deadline, (
                    f"{len(answered.keys() - requested.keys())} calls never requested"
                )
                await asyncio.sleep(0.5)
        return [requested[phone] - at for phone, at in answered.items()]

    async def memory(self) -> None:
        """Resident memory of each of our processes, after the burst."""
        ours = {p.name: resident(p.pid) for p in self.system.processes if p.name in SERVICES}
        self.row(
            "resident memory of our processes",
            f"{sum(ours.values()):.0f} MB",
            ", ".join(f"{k} {v:.0f}" for k, v in ours.items()) + " (aim: 600 MB)",
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
        }
        for part in [parts[name] for name in sys.argv[1:] or parts]:
            try:
                asyncio.run(part.run())
            finally:
                part.system.stop()
        out.print(bench.table)


if __name__ == "__main__":
    main()
