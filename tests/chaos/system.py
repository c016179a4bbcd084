"""The whole system with proxies on every connection, and the ways to break its processes."""

import asyncio
import contextlib
import os
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from pauta.running.compose_file import Recipe
from pauta.running.servers import Process
from tests.chaos.proxies import Amqp, Http, Postgres, Reader, Tripwire, Wire
from tests.clocks import clock
from tests.memory import resident_peak
from tests.system import REPLICATED, System, e164

STATEMENTS = {
    "intake": {"row written": r"insert into leads"},
    "crm": {"row written": r"insert into registrations", "commit": r"state = 'registered'"},
    "notify": {"row written": r"insert into touches", "commit": r"sent_at = case when"},
    "scheduler": {"row written": r"update timers\s+set\s+state = done"},
    "console": {"row written": r"insert into actions"},
}
SPRINGS_WITHIN = 40.0


class WiredSystem(System):
    """A `System` with a proxy between each replica and PostgreSQL, RabbitMQ and the providers."""

    def __init__(self, folder: Path, *, docker: bool) -> None:
        super().__init__(folder, docker=docker)
        self.tripwires: dict[str, Tripwire] = {}
        self.remarks: list[str] = []  # measurements of faults
        self._ports: dict[str, dict[int, int]] = {}
        self._wires: list[Wire] = []

    async def open(self) -> None:
        """Opens the proxies, then starts everything."""
        ports = self.native.ports
        for service in REPLICATED:
            statements = {point: re.compile(text) for point, text in STATEMENTS[service].items()}
            for number in range(2):
                replica = f"{service}-{number}"
                self.tripwires[replica] = Tripwire()
                self._ports[replica] = {}
                readers: dict[str, Any] = {
                    "postgres": lambda statements=statements: Postgres(statements),
                    "amqp": Amqp,
                    "simulator": Http,
                }
                for server, reader in readers.items():
                    await self._lay(replica, ports[server], reader)
        await asyncio.to_thread(self.start)

    async def _lay(self, replica: str, port: int, reader: type[Reader]) -> None:
        wire = Wire(port, reader, lambda: self.tripwires[replica])
        self._ports[replica][port] = await wire.open()
        self._wires.append(wire)

    def recipe_of(self, replica: str, recipe: Recipe) -> Recipe:
        environment = dict(recipe.environment)
        for port, own in self._ports.get(replica, {}).items():
            environment = {
                k: v.replace(f"127.0.0.1:{port}", f"127.0.0.1:{own}")
                for k, v in environment.items()
            }
            environment |= {
                k: str(own)
                for k in ("DATABASE_PORT", "AMQP_PORT")
                if environment.get(k) == str(port)
            }
        return Recipe(recipe.name, recipe.command, environment)

    async def close(self) -> None:
        await self.http.aclose()
        await asyncio.to_thread(self.stop)
        for wire in self._wires:
            await wire.close()

    # ---- faults

    @asynccontextmanager
    async def killing(
        self, service: str, point: str, *, before: bool, chance: random.Random
    ) -> AsyncIterator[None]:
        """Kills each replica at its next `point`, and restarts it at once, as Docker would."""
        restarts: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()

        def kill(number: int) -> None:
            process, _ = self.replicas[service][number]
            os.killpg(process.pid, signal.SIGKILL)
            restarts.append(loop.create_task(self._restart_replica(service, number)))

        async with self._trapped(service, point, before, chance, kill):
            yield
        await asyncio.gather(*restarts)

    @asynccontextmanager
    async def stalling(
        self, service: str, point: str, *, seconds: float, chance: random.Random
    ) -> AsyncIterator[None]:
        """Freezes each replica at its next `point`, for longer than any lease."""
        resumptions: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()

        def stall(number: int) -> None:
            process, _ = self.replicas[service][number]
            os.killpg(process.pid, signal.SIGSTOP)
            resumptions.append(loop.create_task(self._resume_process(process.pid, seconds)))

        async with self._trapped(service, point, False, chance, stall):
            yield
        await asyncio.gather(*resumptions)

    @asynccontextmanager
    async def _trapped(
        self,
        service: str,
        point: str,
        before: bool,
        chance: random.Random,
        act: Callable[[int], None],
    ) -> AsyncIterator[None]:
        traps = []
        for number in range(2):
            # in a burst only one timer falls due
            nth = 1 if service == "scheduler" else chance.randint(1, 2)
            trap = Tripwire(point, nth, before, partial(act, number))
            self.tripwires[f"{service}-{number}"] = trap
            traps.append(trap)
        yield
        waiting = [asyncio.create_task(trap.sprung.wait()) for trap in traps]
        done, late = await asyncio.wait(
            waiting, timeout=SPRINGS_WITHIN, return_when=asyncio.FIRST_COMPLETED
        )
        for task in late:
            task.cancel()
        for number in range(2):
            self.tripwires[f"{service}-{number}"] = Tripwire()
        assert done, f"{service} never came to: {point}"

    async def _restart_replica(self, service: str, number: int) -> None:
        process, port = self.replicas[service][number]
        await asyncio.to_thread(process.kill)
        await asyncio.to_thread(process.start)
        await asyncio.to_thread(self.native.wait_for, service, port)

    @staticmethod
    async def _resume_process(pid: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        os.killpg(pid, signal.SIGCONT)

    async def roll(self, service: str) -> None:
        """Stops and restarts one replica after the other."""
        for process, port in self.replicas[service]:
            await asyncio.to_thread(process.stop)
            await asyncio.to_thread(process.start)
            await asyncio.to_thread(self.native.wait_for, service, port)

    async def wait_for_all(self) -> None:
        for service in REPLICATED:
            await asyncio.to_thread(self.wait_for, service)

    async def restart_server(self, server: Any) -> None:
        for step in (server.kill, server.start, server.wait):
            await asyncio.to_thread(step)

    async def unbind(self, key: str, queue: str = "") -> None:
        """Removes the bindings with this routing key (`#` for all), or only those to `queue`.

        The audit log's binding goes last. An event that only the audit log misses is not
        unroutable, and could never be republished.
        """
        bound = (await self.management("GET", "/exchanges/%2F/events/bindings/source")).json()
        for binding in sorted(bound, key=lambda binding: binding["routing_key"] == "#"):
            if key in ("#", binding["routing_key"]) and queue in ("", binding["destination"]):
                name = binding["properties_key"].replace("#", "%23")
                await self.management(
                    "DELETE", f"/bindings/%2F/e/events/q/{binding['destination']}/{name}"
                )

    async def administer(self, *statements: str) -> None:
        """Runs statements as PostgreSQL's administrator, always allowed to write."""
        connection = await asyncpg.connect(
            self.database_url("postgres"),
            timeout=10,
            server_settings={"default_transaction_read_only": "off"},
        )
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def set_clock(self, service: str, *, ahead: float) -> None:
        """Restarts the service's replicas with a clock that is ahead by so many seconds."""
        for process, _ in self.replicas[service]:
            await asyncio.to_thread(process.stop)
            environment = {**process.environment, **clock(ahead)}
            if not ahead:
                environment.pop("LD_PRELOAD")
            process.environment = environment
            process.start()
        await asyncio.to_thread(self.wait_for, service)

    def forget_peaks(self) -> None:
        """Lets every service's processes count their peak of memory from now on."""
        for process in self._processes():
            with contextlib.suppress(OSError):
                Path(f"/proc/{process.pid}/clear_refs").write_text("5")

    def peak_memory(self) -> int:
        """Returns the most megabytes that one process of a service held since `forget_peaks`."""
        return max((resident_peak(process.pid) for process in self._processes()), default=0)

    def _processes(self) -> list[Process]:
        processes: list[Process] = []
        for replicas in self.replicas.values():
            processes += [process for process, _ in replicas]
        return processes

    async def dead_letters(self) -> int:
        """Returns the number of messages in the dead-letter queues."""
        queues = (await self.management("GET", "/queues?columns=name")).json()
        names = [queue["name"] for queue in queues if queue["name"].endswith(".dead")]
        return sum(await self._depths_of(names))

    async def _depths_of(self, names: list[str]) -> list[int]:
        import aio_pika

        async with await aio_pika.connect(self.broker_url()) as connection:
            channel = await connection.channel()
            declared = [await channel.declare_queue(name, passive=True) for name in names]
        return [queue.declaration_result.message_count or 0 for queue in declared]

    async def until_up(self, seconds: float = 120) -> None:
        """Waits until every service answers."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(Exception):
                await self.wait_for_all()
                return
            assert time.monotonic() < deadline, "not everything recovered"

    async def until_called(self, form: dict[str, Any], seconds: float = 120) -> float:
        """Resends the form. Returns the seconds until it was accepted and its call placed."""
        began = time.monotonic()
        key = {"Idempotency-Key": str(uuid4())}
        accepted = False
        while time.monotonic() - began < seconds:
            with contextlib.suppress(httpx.HTTPError):
                if not accepted:
                    response = await self.post(form, headers=key)
                    accepted = response.status_code == 200
                if accepted and await self.simulator("calls", e164(form)):
                    return time.monotonic() - began
            await asyncio.sleep(0.1)
        raise AssertionError(
            "a form was never accepted" if not accepted else "its call was never placed"
        )
