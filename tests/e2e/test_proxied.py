"""A proxy before the gateway: its headers about the visitor are trusted, nobody else's are."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from pauta.running.compose_file import PROJECT
from pauta.running.native import BEHIND_THE_GATEWAY
from pauta.running.servers import Caddy, free_ports, install_missing
from tests.system import System, person

pytestmark = pytest.mark.connected

INVENTED = "198.51.100.1"
VISITOR = "203.0.113.9"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alone(system: System) -> AsyncIterator[str]:
    """Starts a second gateway without trusted proxies."""
    [port] = free_ports(1)
    folder = system.native.folder / "alone"
    folder.mkdir()
    upstreams = {
        f"{name.upper()}_UPSTREAM": " ".join(
            f"127.0.0.1:{port}" for _, port in system.replicas[name]
        )
        for name in BEHIND_THE_GATEWAY
        if name in system.replicas
    }
    install_missing()
    gateway = Caddy(folder, port, PROJECT / "deploy" / "Caddyfile", upstreams)
    gateway.start()
    try:
        gateway.wait()
        yield f"http://127.0.0.1:{port}"
    finally:
        gateway.stop()


async def visitor_seen(system: System, gateway: str) -> str:
    """Returns the address stored with a form that the proxy reports as sent from VISITOR."""
    answer = await system.http.post(
        f"{gateway}/api/lead", json=person(), headers={"X-Forwarded-For": f"{INVENTED}, {VISITOR}"}
    )
    assert answer.status_code == 200
    query = "select remote_address from submissions where lead_id = $1"
    return str(await system.sql("intake", query, answer.json()["lead_id"]))


async def test_a_trusted_proxy_names_the_visitor(system: System) -> None:
    assert await visitor_seen(system, system.native.addresses.gateway) == VISITOR


async def test_an_untrusted_proxy_is_not_believed(system: System, alone: str) -> None:
    assert await visitor_seen(system, alone) == "127.0.0.1"


async def test_only_a_trusted_proxy_is_believed_about_https(system: System, alone: str) -> None:
    async def cookie(gateway: str) -> str:
        """Returns the cookie that a new visitor gets."""
        async with httpx.AsyncClient(headers={"X-Forwarded-Proto": "https"}) as stranger:
            return str(
                (await stranger.get(f"{gateway}/console?lang=en")).headers["set-cookie"]
            ).lower()

    assert "secure" in await cookie(system.native.addresses.gateway)
    assert "secure" not in await cookie(alone)
