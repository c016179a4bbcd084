"""Sends thousands of bad inputs to every public path, and measures the answers and the delays."""

import asyncio
import hmac
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from bench.load import percentile
from bench.timers import Row
from pauta.running.native import Native
from pauta.running.servers import free_ports
from tests.unit.test_linear_time import LARGE, PATTERNS, SMALL, UNITS, seconds

INPUTS = 3_000
CONCURRENT = 16
HONEST = 60
CAPS = ("DAILY_SPENDING_CAP", "CAP_DOOR_HOUR", "CAP_DOOR_DAY", "CAP_PREFIX_HOUR")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PATHS = (
    "/api/lead",
    "/api/calcom",
    "/webhooks/kommo/kommo-webhook-demo",
    "/webhooks/brevo",
    "/webhooks/twilio/inbound",
    "/webhooks/twilio/call?touch=1",
    "/baja/1.x",
    "/a/abcdefgh",
    "/api/lead/",
    "/API/LEAD",
)
CONTENT_TYPES = (
    JSON,
    FORM,
    "text/plain",
    "multipart/form-data; boundary=x",
    f"{JSON}; charset=utf-16",
    "",
    "a/b;;=",
)
FIELDS = (
    "nombre",
    "email",
    "telefono",
    "empresa",
    "zona_horaria",
    "triggerEvent",
    "payload",
    "uid",
    "startTime",
    "event",
)
NO_TEXT: tuple[Any, ...] = (None, True, -1, 10**400, 1e308, [], {}, [[]] * 50, {"a": {"b": "c"}})
TEXTS = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "9999-12-31T23:59:59-12:00",
    "0000-00-00",
    "A" * 64_000,
    "a@" * 30_000,
    "+52" * 20_000,
    "{{7*7}}",
    "=1+1",
    "<Say>",
    "'; drop table leads; --",
    "\r\nX-Injected: 1",
    "BOOKING_CREATED",
    "MEETING_ENDED",
    "+528112345678",
    "ana@example.com",
)
VALUES = (*NO_TEXT, *TEXTS)
RAW = (
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe\x00",
    b"[" * 50_000,
    b'{"a":' * 5_000,
    b"a=%zz&b=%00&c=%ff",
    b"&" * 4_000,
    b"--x\r\n",
    b'--x\r\nContent-Disposition: form-data; name="nombre"\r\n\r\nA',
    b"a" * 900_000,
    b"\x1f\x8b\x08",
)


class Strangers:
    """One system without rate limits and spending caps."""

    def __init__(self, folder: Path, row: Row) -> None:
        names = (
            "GATEWAY_PORT",
            "CONSOLE_PORT",
            "SIMULATOR_PORT",
            "SCHEDULER_PORT",
            "RABBITMQ_MANAGEMENT_PORT",
        )
        ports = {name: str(port) for name, port in zip(names, free_ports(len(names)), strict=True)}
        caps = dict.fromkeys(CAPS, "100000000")
        self.system = Native(folder, ports | caps | {"LEAD_RATE_LIMIT": "100000000/minute"})
        self._row = row
        self._answers: Counter[int] = Counter()
        self._took: list[float] = []

    async def run(self) -> None:
        await asyncio.to_thread(self.system.start)
        async with httpx.AsyncClient(base_url=self.system.addresses.gateway, timeout=30) as http:
            alone = await self._honest(http, 1)
            _, beside = await asyncio.gather(self._strangers(http), self._honest(http, 2))
        status = ", ".join(f"{count:,} {code}" for code, count in sorted(self._answers.items()))
        worse = sum(count for code, count in self._answers.items() if code >= 500)
        self._row(f"bad inputs, {CONCURRENT} at once", f"{sum(self._answers.values()):,}", status)
        self._row("answered with 5xx", f"{worse}", "aim: 0")
        self._row(
            "slowest answer to one",
            f"{max(self._took) * 1e3:.0f} ms",
            f"p50 {statistics.median(self._took) * 1e3:.0f} ms",
        )
        self._row(
            "an honest form meanwhile",
            f"p50 {statistics.median(beside) * 1e3:.0f} ms",
            f"p99 {percentile(beside, 99) * 1e3:.0f} ms; "
            f"alone p50 {statistics.median(alone) * 1e3:.0f} ms",
        )
        self._patterns()

    async def _honest(self, http: httpx.AsyncClient, city: int) -> list[float]:
        took = []
        for number in range(HONEST):
            form = {
                "nombre": "Ana Prueba",
                "email": f"h{city}{number}@example.com",
                "telefono": f"55{city}{number:04d}123",
            }
            began = time.perf_counter()
            answer = await http.post("/api/lead", json=form)
            assert answer.status_code == 200, answer.text
            took.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)
        return took

    async def _strangers(self, http: httpx.AsyncClient) -> None:
        inputs = bad_inputs(random.Random(1))  # noqa: S311 - the same in every run

        async def one_after_another() -> None:
            for path, body, headers in inputs:
                began = time.perf_counter()
                try:
                    answer = await http.post(path, content=body, headers=headers)
                except httpx.RemoteProtocolError:  # the server closed the connection
                    self._answers[0] += 1
                else:
                    self._answers[answer.status_code] += 1
                self._took.append(time.perf_counter() - began)

        await asyncio.gather(*(one_after_another() for _ in range(CONCURRENT)))

    def _patterns(self) -> None:
        times: list[tuple[float, float, str]] = []
        for name, pattern in PATTERNS.items():
            for unit in UNITS:
                small = seconds(pattern.search, unit, SMALL)
                large = seconds(pattern.search, unit, LARGE)
                times.append((small, large, name))
        small, large, slowest = max(times)
        text = f"{small * 1e3:.1f} ms for {SMALL:,} characters, {large * 1e3:.0f} ms for {LARGE:,}"
        self._row(f"slowest of {len(PATTERNS)} patterns", slowest, text)


def bad_inputs(chance: random.Random) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Yields path, body and headers. Half of them carry Cal.com's signature and Brevo's token."""
    for _ in range(INPUTS):
        path = chance.choice(PATHS)
        if chance.random() < 0.2:
            body = chance.choice(RAW)
        else:
            fields = chance.sample(FIELDS, chance.randint(1, len(FIELDS)))
            body = json.dumps({field: chance.choice(VALUES) for field in fields}).encode()
        headers = {"Content-Type": chance.choice(CONTENT_TYPES)}
        if chance.random() < 0.05:
            headers["Content-Encoding"] = "gzip"
        if chance.random() < 0.5:
            headers["X-Cal-Signature-256"] = hmac.new(
                b"calcom-webhook-demo", body, "sha256"
            ).hexdigest()
            headers["Authorization"] = "Bearer brevo-webhook-demo"
        yield path, body, headers
