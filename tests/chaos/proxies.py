"""Proxies between one process and its servers, which can act at the instant a message passes.

The process does not know of them: they parse the protocols of PostgreSQL, RabbitMQ and HTTP on the
way.
"""

import asyncio
import contextlib
import random
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

CHUNK = 65536
AMQP_POINTS = {
    ("sent", 60, 40): "outbox publish",
    ("sent", 60, 80): "acknowledgement",
    ("received", 60, 60): "event received",
    ("received", 60, 80): "confirm",
}
SSL_REQUEST = 80877103


@dataclass
class Tripwire:
    """Acts once, at the `nth` occurrence of `point`.

    With `before`, it acts before the point passes, which then never arrives. Else just after.
    """

    point: str = ""
    nth: int = 1
    before: bool = False
    act: Callable[[], None] = lambda: None
    sprung: asyncio.Event = field(default_factory=asyncio.Event)

    def is_due(self, points: list[str]) -> bool:
        """Counts the points, and returns whether this is the instant to act."""
        if self.sprung.is_set() or not self.point:
            return False
        self.nth -= points.count(self.point)
        if self.nth > 0 or self.point not in points:
            return False
        self.sprung.set()
        return True


class Reader(Protocol):
    """Parses the traffic of one connection, and returns the points that it passes."""

    def sent(self, data: bytes) -> list[str]: ...

    def received(self, data: bytes) -> list[str]: ...


class Amqp:
    """Reads frames: type, channel, size, payload, end.

    A method's payload begins with its class and number.
    """

    def __init__(self) -> None:
        self._waiting = {"sent": bytearray(), "received": bytearray()}
        self._greeted = False

    def sent(self, data: bytes) -> list[str]:
        if not self._greeted:  # the client's first eight bytes are no frame
            data = data[8:]
            self._greeted = True
        return self._read("sent", data)

    def received(self, data: bytes) -> list[str]:
        return self._read("received", data)

    def _read(self, way: str, data: bytes) -> list[str]:
        points: list[str] = []
        buffer = self._waiting[way]
        buffer += data
        while len(buffer) >= 7:
            kind, _, size = struct.unpack_from(">BHI", buffer)
            if len(buffer) < size + 8:
                break
            if kind == 1:
                point = AMQP_POINTS.get((way, *struct.unpack_from(">HH", buffer, 7)))
                points += [point] if point else []
            del buffer[: size + 8]
        return points


class Postgres:
    """Reads messages: a letter, a length, a body.

    A statement counts when the server says that it is done.
    """

    def __init__(self, statements: Mapping[str, re.Pattern[str]]) -> None:
        self._statements = statements
        self._waiting = {"sent": bytearray(), "received": bytearray()}
        self._texts: dict[bytes, str] = {}
        self._starting = True
        self._answers_ssl = 0
        self._awaited = ""
        self._wrote = False

    def sent(self, data: bytes) -> list[str]:
        buffer = self._waiting["sent"]
        buffer += data
        while self._starting and len(buffer) >= 8:
            length, code = struct.unpack_from(">II", buffer)
            if len(buffer) < length:
                return []
            del buffer[:length]
            self._starting = code == SSL_REQUEST
            self._answers_ssl += code == SSL_REQUEST
        for letter, body in self._messages(buffer):
            if letter == b"P":
                name, text, *_ = body.split(b"\0", 2)
                self._texts[name] = text.decode(errors="replace")
            elif letter == b"B":
                self._await(self._texts.get(body.split(b"\0", 2)[1], ""))
            elif letter == b"Q":
                self._await(body.rstrip(b"\0").decode(errors="replace"))
        return []

    def received(self, data: bytes) -> list[str]:
        while self._answers_ssl and data:
            data = data[1:]
            self._answers_ssl -= 1
        points: list[str] = []
        buffer = self._waiting["received"]
        buffer += data
        for letter, _ in self._messages(buffer):
            if letter in (b"C", b"E"):
                points += [self._awaited] if self._awaited and letter == b"C" else []
                self._awaited = ""
        return points

    def _await(self, text: str) -> None:
        for point, pattern in self._statements.items():
            if pattern.search(text):
                self._awaited = point
                self._wrote = True
                return
        if text.startswith("COMMIT") and self._wrote:
            self._awaited = "commit"
            self._wrote = False

    @staticmethod
    def _messages(buffer: bytearray) -> list[tuple[bytes, bytes]]:
        found = []
        while len(buffer) >= 5:
            length = struct.unpack_from(">I", buffer, 1)[0]
            if len(buffer) < length + 1:
                break
            found.append((bytes(buffer[:1]), bytes(buffer[5 : length + 1])))
            del buffer[: length + 1]
        return found


class Http:
    """Recognises a request that changes something, and the answer to it."""

    def __init__(self) -> None:
        self._asked = False

    def sent(self, data: bytes) -> list[str]:
        if data.startswith((b"POST", b"PATCH")):
            self._asked = True
            return ["request sent"]
        return []

    def received(self, data: bytes) -> list[str]:
        if self._asked:
            self._asked = False
            return ["answer received"]
        return []


class Wire:
    """Forwards connections from its own port to `target`. Each connection has its own reader."""

    def __init__(
        self, target: int, reader: Callable[[], Reader], tripwire: Callable[[], Tripwire]
    ) -> None:
        self._target = target
        self._reader = reader
        self._tripwire = tripwire
        self._passing: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """Starts the proxy and returns its port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        parser = self._reader()
        ways = [
            asyncio.create_task(self._pass(reader, to, parser.sent)),
            asyncio.create_task(self._pass(there, writer, parser.received)),
        ]
        self._passing.update(ways)
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
                self._passing.discard(way)
            for end in (writer, to):
                end.close()

    async def _pass(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        read: Callable[[bytes], list[str]],
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                tripwire = self._tripwire()
                now = tripwire.is_due(read(data))
                if now and tripwire.before:
                    tripwire.act()
                    continue
                target.write(data)
                await target.drain()
                if now:
                    await asyncio.sleep(random.uniform(0, 0.003))
                    tripwire.act()
