"""A visitor who is refused too often is blocked; a valid request is never counted."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, HTTPException, Request

from kit.rate_limit import GUARDED
from kit.visitors import is_anybodys, visitor

REFUSALS = 60


@pytest_asyncio.fixture
async def app() -> AsyncIterator[FastAPI]:
    app = FastAPI()

    @app.post("/hook", dependencies=GUARDED)
    async def hook(request: Request) -> None:
        if request.headers.get("x-signature") != "right":
            raise HTTPException(int(request.headers.get("x-refusal", "403")))

    yield app


async def posts(app: FastAPI, address: str, times: int = 1, **headers: str) -> list[int]:
    sent = {f"x-{name}": value for name, value in headers.items()}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://x"
    ) as http:
        return [(await http.post("/hook", headers=sent)).status_code for _ in range(times)]


async def test_a_stranger_behind_the_same_address_does_not_lock_a_provider_out(
    app: FastAPI,
) -> None:
    assert await posts(app, "192.0.2.1", REFUSALS + 10) == [403] * REFUSALS + [429] * 10
    assert await posts(app, "192.0.2.1", 3, signature="right") == [200, 200, 200]
    assert await posts(app, "192.0.2.2") == [403]


async def test_a_valid_request_is_not_counted(app: FastAPI) -> None:
    assert set(await posts(app, "192.0.2.3", REFUSALS * 3, signature="right")) == {200}
    assert await posts(app, "192.0.2.3") == [403]


@pytest.mark.parametrize("refusal", ["401", "403", "404"])
async def test_every_address_of_one_network_is_one_visitor(app: FastAPI, refusal: str) -> None:
    network = f"2001:db8:0:{refusal}"
    for host in range(REFUSALS):
        assert await posts(app, f"{network}::{host:x}", refusal=refusal) == [int(refusal)]
    assert await posts(app, f"{network}:ffff::1", refusal=refusal) == [429]
    assert await posts(app, "2001:db8:1::1", refusal=refusal) == [int(refusal)]


@pytest.mark.parametrize(
    ("address", "visitor_name"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("unknown", "unknown"),
    ],
)
def test_the_visitor_of_an_address(address: str, visitor_name: str) -> None:
    assert visitor(address) == visitor_name


@pytest.mark.parametrize(
    ("address", "distinguishes"),
    [
        ("9.9.9.9", True),
        ("2620:fe::fe", True),
        ("::ffff:9.9.9.9", True),
        ("127.0.0.1", False),
        ("172.18.0.1", False),
        ("::ffff:172.18.0.1", False),
        ("fd00::1", False),
        ("::1", False),
        ("unknown", False),
    ],
)
def test_which_addresses_distinguish_visitors(address: str, distinguishes: bool) -> None:
    assert is_anybodys(address) is distinguishes
