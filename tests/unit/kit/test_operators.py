"""The operators' API refuses a missing token, a browser, and a foreign host name."""

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import SecretStr

from kit.operators import admit, answer_only_to

TOKEN = "a long random text"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}


def an_app(token: str) -> FastAPI:
    app = FastAPI()

    @app.api_route("/api/switch", methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
    async def switch(request: Request) -> None:
        admit(request, SecretStr(token))

    answer_only_to(
        app, "console", addresses=["https://leads.example.com:8443/x", "", "ops.example.com"]
    )
    return app


async def status_of(app: FastAPI, method: str, host: str = "localhost:5001", **headers: str) -> int:
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://{host}"
    ) as http:
        return (await http.request(method, "/api/switch", headers=sent)).status_code


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"bearer {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        "Bearer ñ",
    ],
)
async def test_without_the_token_nothing_is_read_or_done(method: str, given: str) -> None:
    assert await status_of(an_app(TOKEN), method, Authorization=given) == 401
    assert await status_of(an_app(TOKEN), method, **RIGHT) == 200


async def test_the_demonstration_has_no_token() -> None:
    assert await status_of(an_app(""), "POST") == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:5001"])
@pytest.mark.parametrize("token", ["", TOKEN])
async def test_a_page_in_a_browser_sends_no_commands(method: str, origin: str, token: str) -> None:
    assert await status_of(an_app(token), method, Origin=origin, **RIGHT) == 403


@pytest.mark.parametrize(
    "host", ["localhost:5001", "127.0.0.1", "console:8000", "leads.example.com", "ops.example.com"]
)
async def test_its_own_host_names_are_accepted(host: str) -> None:
    assert await status_of(an_app(""), "GET", host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "console.evil.example",
        "leads.example.com.evil.example",
        "10.0.0.7",
    ],
)
async def test_any_other_host_name_is_refused(host: str) -> None:
    assert await status_of(an_app(TOKEN), "GET", host, **RIGHT) == 400
