"""A real HTTP server on loopback. A test sets its answers and reads the requests it got."""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

CHUNK = b"x" * 50_000


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """Gives one answer to every request, until a test sets another."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self._answer: bytes | None = b""
        self._hang = False
        self._pours = False
        self._queue: list[bytes] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    def answers(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self._answer = self._bytes(status, body, headers)

    def then(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        """Queues an answer that is given once, before the usual one."""
        self._queue.append(self._bytes(status, body, headers))

    def redirects(self, status: int, location: str) -> None:
        """Queues a redirect, which is given once."""
        self._queue.append(self._bytes(status, b"", {"Location": location}))

    def pours(self) -> None:
        """Answers with two gigabytes, as fast as they are read."""
        self._pours = True

    def hangs(self) -> None:
        self._hang = True

    def breaks(self) -> None:
        self._answer = None

    @staticmethod
    def _bytes(status: int, body: Any, headers: dict[str, str] | None) -> bytes:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/json" if not isinstance(body, bytes) else "text/html"
        usual = {"Content-Length": str(len(content)), "Content-Type": kind, "Connection": "close"}
        lines = [f"HTTP/1.1 {status} X"]
        lines += [f"{name}: {value}" for name, value in (usual | (headers or {})).items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.strip().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = first.split(" ")
        parts = urlsplit(target)
        self.requests.append(Asked(method, parts.path, dict(parse_qsl(parts.query)), headers, body))
        if self._hang:
            await reader.read()
        elif self._pours:
            writer.write(self._bytes(200, b"", {"Content-Length": "2000000000"}))
            with contextlib.suppress(ConnectionError):
                for _ in range(2_000_000_000 // len(CHUNK)):
                    writer.write(CHUNK)
                    await writer.drain()
        else:
            answer = self._queue.pop(0) if self._queue else self._answer
            if answer is not None:
                writer.write(answer)
                await writer.drain()
        writer.close()
