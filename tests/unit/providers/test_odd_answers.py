"""Whatever a provider answers, reading it is bounded, and fails with one of our own errors."""

import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from kit.errors import Refused, Unavailable
from kit.http_client import MAX_ANSWER_BYTES, BoundedClient
from providers.brevo.client import AlreadySent, BrevoClient, Mail
from providers.calcom.client import CalcomClient
from providers.errors import OutcomeUnknown
from providers.kommo.client import KommoClient
from providers.kommo.models import Move, Note
from providers.kommo.oauth import renew
from providers.twilio.client import TwilioClient
from providers.twilio.models import Detection
from tests.wire import Wire

OURS = (Unavailable, OutcomeUnknown, Refused, AlreadySent)
NOW = datetime(2026, 11, 27, tzinfo=UTC)
MEMORY = 60_000_000  # bytes; an answer of 4 MB, decoded, copied, and parsed
SHAPES: dict[str, Any] = {
    "null": None,
    "an empty list": [],
    "an empty object": {},
    "a list in lists": [[[[None]]]],
    "a number": 7,
    "a text": "x",
    "true": True,
    "a list of texts": ["x", "y"],
    "an object in the wrong place": {"_embedded": [1, 2], "data": {"a": 1}, "calls": 7},
    "lists of null": {
        "_embedded": {
            name: [None] for name in ("contacts", "leads", "notes", "statuses", "custom_fields")
        },
        "data": [None, 7, "x", []],
        "calls": [None],
        "messages": [None],
        "events": [None],
        "senders": [None],
        "domains": [None],
        "transactionalEmails": [None],
        "validation-errors": [None],
    },
    "a status without meaning": {"status": {"a": 1}, "sid": ["CA1"], "error_code": "x"},
}
BODIES: dict[str, bytes] = {name: json.dumps(shape).encode() for name, shape in SHAPES.items()}
BODIES |= {
    "empty": b"",
    "a page": b"<html><body>503</body></html>",
    "half an object": b'{"sid": "CA',
    "other bytes": bytes(range(256)),
    "200,000 brackets": b"[" * 200_000,
    "100,000 objects in objects": b'{"a":' * 100_000,
    "an endless number": b"9" * 10_000,
    "not a number": b'{"id": NaN}',
}


async def _renew(client: KommoClient) -> Any:
    async with BoundedClient(timeout=5) as http:
        return await renew(
            http,
            base_url=str(client._http.base_url),
            client_id="id",
            client_secret="a secret",
            redirect_uri="https://h",
            refresh_token="x",
        )


Request = Callable[[Any], Awaitable[Any]]
BOMB = gzip.compress(b'"' + b"x" * 200_000_000 + b'"')
MAIL = Mail("key", "ana@example.com", "Ana", "Hola", "<p>Hola</p>", "Hola", "https://h/baja")
TWILIO: dict[str, Request] = {
    "place_call": lambda client: client.place_call(
        to="+525512345678",
        from_="+525500000000",
        answer_url="https://h/v",
        verdict_url="https://h/d",
        status_url="https://h/c",
        detection=Detection.ASYNC,
    ),
    "turn_call": lambda client: client.turn_call("CA1", "<Response/>"),
    "send_message": lambda client: client.send_message(
        to="+525512345678", from_="+525500000000", status_url="https://h/m", body="Hola"
    ),
    "calls_to": lambda client: client.calls_to("+525512345678"),
    "messages_to": lambda client: client.messages_to("+525512345678"),
    "call": lambda client: client.call("CA1"),
    "call_events": lambda client: client.call_events("CA1"),
    "message": lambda client: client.message("SM1"),
    "account": lambda client: client.account(),
    "abilities_of": lambda client: client.abilities_of("+525512345678"),
    "is_verified": lambda client: client.is_verified("+525512345678"),
    "whatsapp_status": lambda client: client.whatsapp_status("+525512345678"),
    "approval_of": lambda client: client.approval_of("HX1"),
    "body_of": lambda client: client.body_of("HX1"),
}
BREVO: dict[str, Request] = {
    "send": lambda client: client.send(MAIL),
    "find": lambda client: client.find(to="ana@example.com", key="key"),
    "senders": lambda client: client.senders(),
    "authenticated_domains": lambda client: client.authenticated_domains(),
}
KOMMO: dict[str, Request] = {
    "find_contacts": lambda client: client.find_contacts("Ana"),
    "find_leads": lambda client: client.find_leads("Ana"),
    "add_leads_with_contacts": lambda client: client.add_leads_with_contacts([{}]),
    "add_leads": lambda client: client.add_leads([{}]),
    "add_notes": lambda client: client.add_notes([Note(1, "x")]),
    "notes_of": lambda client: client.notes_of(1),
    "leads": lambda client: client.leads([1]),
    "contacts": lambda client: client.contacts([1]),
    "add_contact": lambda client: client.add_contact({}),
    "move_leads": lambda client: client.move_leads([Move(1, 2, 3)]),
    "account": lambda client: client.account(),
    "stages": lambda client: client.stages(1),
    "lead_fields": lambda client: client.lead_fields(),
    "renew": _renew,
}
CALCOM: dict[str, Request] = {
    "bookings_updated_since": lambda client: client.bookings_updated_since(NOW)
}
REQUESTS = [("twilio", name) for name in TWILIO]
REQUESTS += [("brevo", name) for name in BREVO]
REQUESTS += [("kommo", name) for name in KOMMO]
REQUESTS += [("calcom", name) for name in CALCOM]
BY_PROVIDER = {"twilio": TWILIO, "brevo": BREVO, "kommo": KOMMO, "calcom": CALCOM}


async def _token(_renew: bool) -> str:
    return "token"


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        yield wire


@pytest_asyncio.fixture
async def clients(wire: Wire) -> AsyncIterator[dict[str, Any]]:
    clients: dict[str, Any] = {
        "twilio": TwilioClient(account_sid="AC1", auth_token="x", base_url=wire.url, timeout=20),
        "brevo": BrevoClient(
            api_key="x", base_url=wire.url, sender_email="h@h.mx", sender_name="J", timeout=20
        ),
        "kommo": KommoClient(base_url=wire.url, token=_token, timeout=20),
        "calcom": CalcomClient(base_url=wire.url, api_keys=["x"], timeout=20),
    }
    for client in clients.values():
        if isinstance(client, KommoClient):
            client._pace.max_rate = 1e6
    yield clients
    for client in clients.values():
        await client.close()


async def outcome(request: Awaitable[Any]) -> BaseException | None:
    """Returns our own error, or None for a result. Any other error is the test's failure."""
    try:
        await request
    except OURS as error:
        return error
    return None


@pytest.mark.parametrize(("provider", "name"), REQUESTS)
async def test_no_answer_escapes_as_another_error(
    clients: dict[str, Any], wire: Wire, provider: str, name: str
) -> None:
    request = BY_PROVIDER[provider][name]
    for status in (200, 201, 204, 400, 404, 500):
        for body in BODIES.values():
            wire.answers(status, body, {"Content-Type": "application/json"})
            await outcome(request(clients[provider]))


SEARCHES = (
    ("twilio", "calls_to"),
    ("twilio", "messages_to"),
    ("brevo", "find"),
    ("kommo", "find_contacts"),
    ("kommo", "find_leads"),
    ("kommo", "notes_of"),
    ("kommo", "leads"),
    ("kommo", "contacts"),
    ("calcom", "bookings_updated_since"),
)


@pytest.mark.parametrize(("provider", "name"), SEARCHES)
@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
async def test_an_unreadable_answer_is_never_nothing_found(
    clients: dict[str, Any], wire: Wire, provider: str, name: str, body: bytes
) -> None:
    """What is not found is done again: a lead was added twice to Kommo."""
    wire.answers(200, body, {"Content-Type": "application/json"})
    error = await outcome(BY_PROVIDER[provider][name](clients[provider]))

    assert isinstance(error, Unavailable)


@pytest.mark.parametrize(("provider", "name"), REQUESTS)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
async def test_an_answer_that_is_too_long_fails_in_bounded_memory(
    clients: dict[str, Any], wire: Wire, provider: str, name: str, packed: bool
) -> None:
    if packed:
        wire.answers(200, BOMB, {"Content-Encoding": "gzip"})
    else:
        wire.pours()
    tracemalloc.start()
    try:
        error = await outcome(BY_PROVIDER[provider][name](clients[provider]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert isinstance(error, Unavailable | OutcomeUnknown)
    assert peak < MEMORY


async def test_an_answer_within_the_bound_is_read_packed_or_not(wire: Wire) -> None:
    text = "x" * (MAX_ANSWER_BYTES - 2)
    body = json.dumps(text).encode()
    async with BoundedClient(timeout=20) as http:
        wire.answers(200, body, {"Content-Type": "application/json"})
        assert (await http.get(wire.url)).json() == text
        wire.answers(200, gzip.compress(body), {"Content-Encoding": "gzip"})
        assert (await http.get(wire.url)).json() == text
