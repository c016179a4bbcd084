"""Posts leads over plain sockets, cheaply enough to share two cores with the measured system."""

import asyncio
import itertools
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

_people = itertools.count(10_000_000)


@dataclass(frozen=True)
class Load:
    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def at(self, percent: float) -> float:
        """Returns a percentile of the latencies, in milliseconds."""
        return percentile(self.latencies, percent) * 1e3


def percentile(values: list[float], percent: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


async def fire(port: int, *, connections: int, seconds: float) -> Load:
    """Posts leads for `seconds`, one after another on every connection, each of a new person."""
    ends = time.perf_counter() + seconds
    began = time.perf_counter()
    by_connection = await asyncio.gather(*(_connection(port, ends) for _ in range(connections)))
    return Load(time.perf_counter() - began, list(itertools.chain.from_iterable(by_connection)))


async def _connection(port: int, ends: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    latencies = []
    while (began := time.perf_counter()) < ends:
        person = next(_people)
        body = (
            b'{"nombre":"Ana Prueba","email":"q%d@example.com","telefono":"56%d",'
            b'"empresa":"Demo","fuente":"bench"}'
        )
        await _post(reader, writer, body % (person, person))
        latencies.append(time.perf_counter() - began)
    writer.close()
    return latencies


async def post_all(port: int, forms: list[dict[str, str]], connections: int) -> dict[str, float]:
    """Posts each form once, over so many connections.

    Returns the time of each answer (Unix seconds) by phone in E.164.
    """
    answered: dict[str, float] = {}
    waiting = iter(forms)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for form in waiting:
            await _post(reader, writer, json.dumps(form).encode())
            answered[f"+52{form['telefono']}"] = time.time()
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))
    return answered


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> None:
    head = (
        b"POST /api/lead HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    writer.write(head % len(body) + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200"), answer
    length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)


def resident(pid: int) -> float:
    """Returns a process's resident memory in MB (`nice` becomes the process that it starts)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE")) / 1e6
