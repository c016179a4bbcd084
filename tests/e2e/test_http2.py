"""Abuse of HTTP/2, which browsers speak where the gateway has a certificate."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, ResponseReceived, StreamReset
from h2.exceptions import ProtocolError
from hyperframe.frame import ContinuationFrame, HeadersFrame

from pauta.running.compose_file import PROJECT
from pauta.running.native import BEHIND_THE_GATEWAY
from pauta.running.servers import Caddy, free_ports, install_missing
from tests.system import System, person

pytestmark = pytest.mark.connected

STREAMS = 2_000
TRUSTING = ssl._create_unverified_context()  # noqa: S323 - the gateway signs its own certificate
TRUSTING.set_alpn_protocols(["h2"])
CLOSED = "closed"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def port(system: System) -> AsyncIterator[int]:
    """Starts a second gateway with deploy/Caddyfile and its own certificate. Returns its port."""
    [port] = free_ports(1)
    folder = system.native.folder / "encrypted"
    folder.mkdir()
    text = (PROJECT / "deploy" / "Caddyfile").read_text()
    # without port 80, and without installing its certificate on the machine
    alone = "admin off\n\tauto_https disable_redirects\n\tskip_install_trust"
    (folder / "Caddyfile").write_text(text.replace("admin off", alone, 1))
    upstreams = {
        f"{name.upper()}_UPSTREAM": " ".join(
            f"127.0.0.1:{port}" for _, port in system.replicas[name]
        )
        for name in BEHIND_THE_GATEWAY
        if name in system.replicas
    }
    address = {"GATEWAY_ADDRESS": f"https://localhost:{port}"}
    install_missing()
    gateway = Caddy(folder, port, folder / "Caddyfile", upstreams | address)
    gateway.start()
    try:
        gateway.wait()
        yield port
    finally:
        gateway.stop()


async def test_the_console_s_cookie_is_for_https_alone_where_it_is_given_by_https(
    system: System, port: int
) -> None:
    async with httpx.AsyncClient(verify=TRUSTING) as client, httpx.AsyncClient() as other:
        by_https = await client.get(f"https://localhost:{port}/console?lang=en")
        by_http = await other.get(f"{system.native.addresses.gateway}/console?lang=en")

    flags = [
        {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
        for answer in (by_https, by_http)
    ]
    assert ["secure" in some for some in flags] == [True, False]
    assert all({"httponly", "samesite=lax", "path=/console"} <= some for some in flags)


class Stranger:
    """A connection that may break the rules of HTTP/2."""

    def __init__(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._port = port
        self._reader = reader
        self._writer = writer
        self.h2 = H2Connection(
            H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
        )
        self.h2.initiate_connection()

    def headers(self, *more: tuple[str, str]) -> list[tuple[str, str]]:
        """Returns the headers of a form."""
        pseudo = {
            "method": "POST",
            "scheme": "https",
            "authority": f"localhost:{self._port}",
            "path": "/api/lead",
        }
        headers = [(f":{name}", value) for name, value in pseudo.items()]
        return [*headers, ("content-type", "application/json"), *more]

    async def send(self, raw: bytes = b"") -> None:
        """Sends what is queued, then `raw`. Raises ConnectionError if the gateway has hung up."""
        self._writer.write(self.h2.data_to_send() + raw)
        await self._writer.drain()

    async def outcome(self, stream: int) -> str:
        """Returns the stream's status, or CLOSED if it or the whole connection was closed."""
        while True:
            try:
                received = await self._reader.read(65_536)
            except OSError:
                return CLOSED
            if not received:
                return CLOSED
            try:
                events = self.h2.receive_data(received)
            except ProtocolError:  # data after the end of the connection
                return CLOSED
            for event in events:
                match event:
                    case ResponseReceived(stream_id=this) if this == stream:
                        return str(dict(event.headers)[b":status"], "ascii")
                    case StreamReset(stream_id=this) if this == stream:
                        return CLOSED
                    case ConnectionTerminated():
                        return CLOSED
            await self.send()


@asynccontextmanager
async def stranger(port: int) -> AsyncIterator[Stranger]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=TRUSTING, server_hostname="localhost"
    )
    try:
        yield Stranger(port, reader, writer)
    finally:
        writer.transport.abort()


async def a_few_forms(port: int) -> set[tuple[str, int]]:
    """Sends a few valid forms. Returns each HTTP version and status that was answered."""
    async with httpx.AsyncClient(http2=True, verify=False, timeout=10) as http:  # noqa: S501 - as above
        url = f"https://localhost:{port}/api/lead"
        answers = await asyncio.gather(*(http.post(url, json=person()) for _ in range(3)))
    return {(answer.http_version, answer.status_code) for answer in answers}


GOOD = {("HTTP/2", 200)}


async def test_a_form_over_http2_is_accepted(port: int) -> None:
    assert await a_few_forms(port) == GOOD


async def test_streams_opened_and_reset_at_once_keep_nobody_out(port: int) -> None:
    async def bend() -> None:
        async with stranger(port) as bending:
            for number in range(STREAMS):
                stream = 2 * number + 1
                bending.h2.send_headers(stream, bending.headers(("content-length", "100")))
                bending.h2.reset_stream(stream)
                try:
                    await bending.send()
                except ConnectionError:
                    return

    _, answered = await asyncio.gather(bend(), a_few_forms(port))
    assert answered == GOOD


async def test_headers_that_never_end_keep_nobody_out(port: int) -> None:
    async def bend() -> None:
        async with stranger(port) as bending:
            block = bending.h2.encoder.encode(bending.headers())
            await bending.send(HeadersFrame(1, block).serialize())
            more = ContinuationFrame(
                1, bending.h2.encoder.encode([("x-more", "a" * 4_000)])
            ).serialize()
            for _ in range(STREAMS):
                try:
                    await bending.send(more)
                except ConnectionError:  # a newer Caddy hangs up
                    return
                await asyncio.sleep(0)

    _, answered = await asyncio.gather(bend(), a_few_forms(port))
    assert answered == GOOD


@pytest.mark.parametrize(
    "header",
    [
        ("transfer-encoding", "chunked"),
        ("connection", "upgrade"),
        ("x-name", "a\r\nX-Injected: 1"),
        ("x-name\r\nx-injected", "1"),
        ("X-Upper", "1"),
        ("content-length", "1"),
        ("content-length", "100000"),
        (":path", "/api/actions"),
    ],
    ids=lambda header: repr(header[0]) + repr(header[1])[:12],
)
async def test_a_header_that_http1_would_read_otherwise_is_refused(
    port: int, header: tuple[str, str]
) -> None:
    async with stranger(port) as bending:
        bending.h2.send_headers(1, bending.headers(header))
        bending.h2.send_data(1, json.dumps(person()).encode(), end_stream=True)
        await bending.send()
        outcome = await asyncio.wait_for(bending.outcome(1), 10)

    assert outcome != "200"
    assert await a_few_forms(port) == GOOD
