"""Requests of strangers to the public address, and the answers to them."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.system import System, person

pytestmark = pytest.mark.connected

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROUTES = {
    "/api/lead": JSON,
    "/api/calcom": JSON,
    "/webhooks/kommo/kommo-webhook-demo": FORM,
    "/webhooks/twilio/inbound": FORM,
    "/webhooks/brevo": JSON | {"Authorization": "Bearer brevo-webhook-demo"},
    "/baja/1.x": FORM,
}
WITHOUT_KOMMO = [path for path in ROUTES if "kommo" not in path]
SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
}


def url(system: System, path: str) -> str:
    return f"{system.native.addresses.gateway}{path}"


def signed(path: str, body: bytes) -> dict[str, str]:
    headers = dict(ROUTES[path])
    if path == "/api/calcom":
        headers["X-Cal-Signature-256"] = hmac.new(
            b"calcom-webhook-demo", body, "sha256"
        ).hexdigest()
    return headers


async def pieces(size: int) -> AsyncIterator[bytes]:
    """Yields a body of unknown length."""
    for _ in range(size // 10_000):
        yield b"a" * 10_000


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("stated", [True, False], ids=["length stated", "chunked"])
async def test_a_large_body_is_refused(system: System, path: str, stated: bool) -> None:
    body: Any = b"a" * 3_000_000 if stated else pieces(3_000_000)
    try:
        answer = await system.http.post(url(system, path), content=body, headers=signed(path, b""))
    except httpx.HTTPError:
        return  # the gateway closed the connection and reads no further
    assert 400 <= answer.status_code < 500, answer.status_code


@pytest.mark.parametrize("path", ["/api/lead", "/api/calcom", "/webhooks/brevo"])
async def test_a_hundred_thousand_nested_arrays_are_no_json_here(system: System, path: str) -> None:
    body = b"[" * 30_000 + b"]" * 30_000 if path == "/api/lead" else b"[" * 100_000 + b"]" * 100_000
    answer = await system.http.post(url(system, path), content=body, headers=signed(path, body))

    assert answer.status_code in (400, 422)


async def test_a_form_of_ten_thousand_fields_is_refused(system: System) -> None:
    body = "&".join(f"a{number}=" for number in range(5_000))
    answer = await system.http.post(url(system, "/api/lead"), content=body, headers=FORM)

    assert answer.status_code == 400


async def test_large_headers_are_refused(system: System) -> None:
    answer = await system.http.post(
        url(system, "/api/lead"), json=person(), headers={"X-Large": "a" * 40_000}
    )

    assert answer.status_code == 431


@pytest.mark.parametrize(
    "path",
    [
        *WITHOUT_KOMMO,
        "/webhooks/kommo/wrong",
        "/a/abcdefgh",
        "/",
        "/metrics",
        "/api/switch",
        "/api/dead",
        "/checks",
    ],
)
async def test_every_answer_is_safe_to_show_and_reveals_no_software(
    system: System, path: str
) -> None:
    answer = await system.http.post(url(system, path), content=b"nonsense", headers=JSON)

    assert 400 <= answer.status_code < 500
    assert {name: answer.headers.get(name) for name in SAFE} == SAFE
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers
    assert "via" not in answer.headers
    for telltale in ("Traceback", "pydantic", "python", "fastapi", "nonsense", "asyncpg"):
        assert telltale not in answer.text, answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/api/switch",
        "/api/switch/pause",
        "/api/dead",
        "/api/dead/replay",
        "/api/touches/unknown",
        "/api/checks",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_operators_commands_are_not_behind_the_gateway(
    system: System, path: str, method: str
) -> None:
    assert (await system.http.request(method, url(system, path))).status_code == 404


async def test_a_visitor_with_wrong_signatures_is_limited_after_a_while(system: System) -> None:
    """Uses a separate address, so that no other test is limited."""
    stranger = {"X-Forwarded-For": "203.0.113.9", **JSON, "X-Cal-Signature-256": "0" * 64}
    direct = f"http://127.0.0.1:{system.replicas['crm'][0][1]}/api/calcom"
    answers = await asyncio.gather(
        *(system.http.post(direct, content=b"{}", headers=stranger) for _ in range(90))
    )
    seen = [answer.status_code for answer in answers]

    assert seen.count(401) >= 60
    assert seen.count(429) > 0
    other = stranger | {"X-Forwarded-For": "203.0.113.10"}
    assert (await system.http.post(direct, content=b"{}", headers=other)).status_code == 401


async def test_a_right_signature_is_never_limited(system: System) -> None:
    body = b'{"triggerEvent": "PING"}'
    answers = await asyncio.gather(
        *(
            system.http.post(
                url(system, "/api/calcom"), content=body, headers=signed("/api/calcom", body)
            )
            for _ in range(90)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
