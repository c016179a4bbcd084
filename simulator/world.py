"""The parts that all simulated providers share: faults on demand, latency and callbacks."""

import asyncio
import gzip
import json
import random
import re
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

import aiohttp
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.types import Message, Receive, Scope, Send

Provider = Literal["kommo", "brevo", "twilio", "calcom", "meta"]
PREFIXES: dict[str, Provider] = {
    "/api/v4": "kommo",
    "/oauth2": "kommo",
    "/v3/": "brevo",
    "/2010-04-01/": "twilio",
    "/v1/Content/": "twilio",
    "/v2/Channels/": "twilio",
    "/v2/": "calcom",
}
GRAPH_VERSION = re.compile(r"/v\d+\.\d+/")  # Meta's, such as /v24.0/

FaultKind = Literal[
    "status",  # answer `status` without doing anything
    "refuse",  # close the connection without doing anything
    "lose",  # do it, then close the connection without an answer
    "hang",  # do nothing for `seconds`, then close
    "stall",  # do it, answer nothing for `seconds`, then close
    "slow",  # do it, answer `seconds` later
    "empty",  # do it, answer 201 with no body
    "html",  # do nothing, answer 200 with a page
    "cut",  # do it, answer half the body
    "trickle",  # do it, answer one byte a second for `seconds`, then close
    "huge",  # do it, answer 100 MB
    "endless",  # do it, answer 2 GB
    "bomb",  # do it, answer 600 KB that unpack to 600 MB
    "brackets",  # do it, answer 200,000 opening brackets
    "nested",  # do it, answer lists in lists
    "nonsense",  # do it, answer anything that is no answer
]
HUGE_CHUNK = b" " * 1_000_000
HUGE_CHUNKS = {"huge": 100, "endless": 2000}
BRACKETS = b"[" * 200_000
NESTED = b"[[[[null]]]]"
NONSENSE = (
    b"",
    b"null",
    b"7",
    b"{}",
    b"[]",
    NESTED,
    BRACKETS,
    b"<html></html>",
    b"\xff\xfe\x00",
    b'{"sid": ["CA1"], "messageId": {}, "_embedded": [7], "data": {"a": null}}',
)
JSON_TYPE = [(b"content-type", b"application/json")]


class Fault(BaseModel):
    """Makes `times` requests to `provider`, whose path contains `path`, fail in this way.

    `code` is Meta's own, which says what is wrong.
    """

    provider: Provider
    kind: FaultKind
    times: int = 1
    path: str = ""
    method: str = ""
    status: int = 503
    code: int = 0
    seconds: float = 0.0
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that a simulated provider received."""

    at: float
    provider: str
    method: str
    path: str
    status: int
    fault: str | None


@dataclass
class World:
    """The state that the simulated providers share. Times are Unix seconds."""

    latency: dict[str, float] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: deque[Seen] = field(default_factory=lambda: deque(maxlen=20_000))
    errors: dict[Provider, Callable[[Fault], tuple[bytes, dict[str, str]]]] = field(
        default_factory=dict
    )

    def take_fault(self, provider: str, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if (
                fault.provider == provider
                and fault.path in path
                and fault.method in ("", method)
                and fault.times > 0
            ):
                fault.times -= 1
                return fault
        return None

    def requests(self) -> list[dict[str, Any]]:
        return [asdict(request) for request in self.seen]


class FaultInjectionMiddleware:
    """The ASGI layer through which every request to a simulated provider passes."""

    def __init__(self, app: FastAPI, world: World) -> None:
        self.inner = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        provider = _provider_of(path)
        if scope["type"] != "http" or provider is None:
            await self.inner(scope, receive, send)
            return
        arrived = time.time()
        fault = self._world.take_fault(provider, scope["method"], path)
        answer = await self._answer(scope, receive, provider, fault)
        # the request has been carried out already, so a callback may overtake its answer
        await asyncio.sleep(self._world.latency.get(provider, 0.0))
        status = answer[0] if answer else 0
        self._world.seen.append(
            Seen(arrived, provider, scope["method"], path, status, fault.kind if fault else None)
        )
        if answer is None:
            _hang_up(send)
        elif fault is not None and fault.kind == "trickle":
            await _trickle(send, *answer, seconds=fault.seconds)
        elif fault is not None and fault.kind in HUGE_CHUNKS:
            await _reply_hugely(send, *answer, chunks=HUGE_CHUNKS[fault.kind])
        else:
            await _reply(send, *answer)

    async def _answer(
        self, scope: Scope, receive: Receive, provider: Provider, fault: Fault | None
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        match fault:
            case Fault(kind="status"):
                body, named = self._world.errors[provider](fault)
                headers = [(name.encode(), value.encode()) for name, value in named.items()]
                return fault.status, headers, body
            case Fault(kind="refuse"):
                return None
            case Fault(kind="hang"):
                await asyncio.sleep(fault.seconds)
                return None
            case Fault(kind="html"):
                headers = [(b"content-type", b"text/html")]
                return 200, headers, b"<html><body>Service page</body></html>"
        status, headers, body = await self._carry_out(scope, receive)
        match fault:
            case Fault(kind="lose"):
                return None
            case Fault(kind="stall"):
                await asyncio.sleep(fault.seconds)
                return None
            case Fault(kind="slow"):
                await asyncio.sleep(fault.seconds)
            case Fault(kind="empty"):
                return 201, [], b""
            case Fault(kind="cut"):
                return status, _without_length(headers), body[: len(body) // 2]
            case Fault(kind="bomb"):
                return status, [*JSON_TYPE, (b"content-encoding", b"gzip")], _bomb()
            case Fault(kind="brackets"):
                return status, JSON_TYPE, BRACKETS
            case Fault(kind="nested"):
                return status, JSON_TYPE, NESTED
            case Fault(kind="nonsense"):
                return status, JSON_TYPE, random.choice(NONSENSE)
        return status, headers, body

    async def _carry_out(
        self, scope: Scope, receive: Receive
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        started: dict[str, Any] = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))

        await self.inner(scope, receive, collect)
        return started["status"], list(started["headers"]), bytes(body)


def _provider_of(path: str) -> Provider | None:
    if GRAPH_VERSION.match(path):
        return "meta"
    return next((name for prefix, name in PREFIXES.items() if path.startswith(prefix)), None)


async def _reply(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    if not any(name == b"content-length" for name, _ in headers) and status != 204:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _trickle(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, *, seconds: float
) -> None:
    """Sends one byte a second: a client whose timeout restarts at every byte waits for ever."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for byte in body[: int(seconds)]:
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await asyncio.sleep(1)
    _hang_up(send)


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * 600_000_000, 9)


async def _reply_hugely(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes, *, chunks: int
) -> None:
    """Sends the right answer, and then so many megabytes of blanks, which JSON allows."""
    headers = _without_length(headers)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for chunk in (body, *[HUGE_CHUNK] * chunks):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _without_length(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name != b"content-length"]


def _hang_up(send: Send) -> None:
    """Closes the connection without an answer.

    uvicorn's `send` is a method of the object that holds the transport.
    """
    send.__self__.transport.abort()  # type: ignore[attr-defined]


class CallbackProfile(BaseModel):
    """How receipts reach us: `copies` of each (0: lost), each up to `late` seconds later.

    Late receipts arrive in any order. Every callback to a URL that contains `lost` is lost, retries
    included.
    """

    copies: int = 1
    late: float = 0.0
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Our answer to a callback."""

    status: int
    content_type: str
    content: bytes


class Callbacks:
    """Posts the callbacks of the simulated providers.

    `deliver_to` replaces scheme and host where the public address is not reachable from here. The
    signature is still of the public address.
    """

    def __init__(self, deliver_to: str | None) -> None:
        self._deliver_to = urlsplit(deliver_to) if deliver_to else None
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15, connect=5))
        self._running: set[asyncio.Task[Any]] = set()
        self.lost: list[str] = []
        self.profile = CallbackProfile()

    def go(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Runs a coroutine in the background, beyond the answer to the request."""
        task = asyncio.create_task(coroutine)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def send_receipt(
        self, url: str, body: bytes, headers: dict[str, str], *, tries: int = 1
    ) -> None:
        """Posts a receipt as the profile demands. The answer is ignored."""
        if self.profile == CallbackProfile():
            await self.post(url, body, headers, tries=tries)
            return
        for _ in range(self.profile.copies):
            pause = random.uniform(0.8, 1) * self.profile.late
            self.go(self._post_late(pause, url, body, headers, tries))

    async def _post_late(
        self, pause: float, url: str, body: bytes, headers: dict[str, str], tries: int
    ) -> None:
        await asyncio.sleep(pause)
        await self.post(url, body, headers, tries=tries)

    async def post(
        self, url: str, body: bytes, headers: dict[str, str], *, tries: int = 1, pause: float = 0.5
    ) -> Answer | None:
        """Posts a callback, and returns the answer to the last try. None where none came.

        A refusal (4xx) is an answer, and is not retried.
        """
        response = None
        lost = self.profile.lost and self.profile.lost in url
        for attempt in range(0 if lost else tries):
            if attempt:
                await asyncio.sleep(pause * 2**attempt)
            try:
                async with self._http.post(self._address(url), data=body, headers=headers) as got:
                    response = Answer(
                        got.status, got.headers.get("content-type", ""), await got.read()
                    )
            except (aiohttp.ClientError, TimeoutError):
                continue
            if response.status < 500 and response.status != 429:
                return response
        self.lost.append(url)
        return response

    async def get(self, url: str) -> Answer | None:
        """Asks our webhook for something. None where no answer came."""
        try:
            async with self._http.get(self._address(url)) as got:
                return Answer(got.status, got.headers.get("content-type", ""), await got.read())
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._http.close()

    def _address(self, url: str) -> str:
        parts = urlsplit(url)
        if self._deliver_to is None:
            return urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))
        return urlunsplit(
            (self._deliver_to.scheme, self._deliver_to.netloc, parts.path, parts.query, "")
        )


def json_error(
    body: dict[str, Any], kind: str = "application/json"
) -> tuple[bytes, dict[str, str]]:
    return json.dumps(body).encode(), {"content-type": kind}
