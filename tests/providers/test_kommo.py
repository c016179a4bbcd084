"""Kommo's client against recorded payloads."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from kit.failures import Unavailable
from providers.answers import Unclear
from providers.kommo.client import KommoClient, KommoRefused, Note
from tests.providers.wire import Wire

PROBLEM = {"title": "Bad Request", "type": "https://httpstatus.es/400", "status": 400}


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        yield wire


@pytest_asyncio.fixture
async def client(wire: Wire) -> AsyncIterator[KommoClient]:
    async def token(renew: bool) -> str:
        return "new" if renew else "old"

    client = KommoClient(base_url=wire.url, token=token, timeout=0.5)
    yield client
    await client.close()


async def test_leads_with_contacts_in_one_call(client: KommoClient, wire: Wire) -> None:
    wire.answers(
        200,
        [
            {"id": 18452391, "contact_id": 22110034, "company_id": None, "request_id": ["1"], "merged": False},
            {"id": 18452392, "contact_id": None, "company_id": None, "request_id": ["2", "3"], "merged": True},
        ],
    )
    done = await client.add_leads_with_contacts([{"name": "a"}, {"name": "b"}, {"name": "c"}])

    assert [(one.request_id, one.lead_id, one.contact_id) for one in done] == [
        ("1", 18452391, 22110034),
        ("2", 18452392, None),
        ("3", 18452392, None),
    ]
    assert wire.requests[0].path == "/api/v4/leads/complex"
    assert wire.requests[0].headers["authorization"] == "Bearer old"
    assert wire.requests[0].json == [{"name": "a"}, {"name": "b"}, {"name": "c"}]


async def test_leads_of_known_contacts(client: KommoClient, wire: Wire) -> None:
    wire.answers(200, {"_links": {}, "_embedded": {"leads": [{"id": 152462, "request_id": "7", "_links": {}}]}})
    [done] = await client.add_leads([{"name": "a"}])

    assert (done.request_id, done.lead_id) == ("7", 152462)


async def test_notes(client: KommoClient, wire: Wire) -> None:
    wire.answers(200, {"_embedded": {"notes": [{"id": 1, "entity_id": 5, "request_id": "0"}]}})
    await client.add_notes([Note(5, "Hola")])

    assert wire.requests[0].json == [
        {"entity_id": 5, "note_type": "common", "params": {"text": "Hola"}, "request_id": "0"}
    ]


async def test_contacts_as_kommo_lists_them(client: KommoClient, wire: Wire) -> None:
    fields = [
        {"field_id": 1, "field_code": "PHONE", "values": [{"value": "+52 81 1234 5678", "enum_code": "WORK"}]},
        {"field_id": 2, "field_code": "EMAIL", "values": [{"value": "Ana@example.com", "enum_code": "WORK"}]},
        {"field_id": 3, "field_code": None, "field_type": "tracking_data", "values": None},
    ]
    contacts = [{"id": 1, "custom_fields_values": fields}, {"id": 2, "custom_fields_values": None}]
    wire.answers(200, {"_page": 1, "_embedded": {"contacts": contacts}})
    first, second = await client.find_contacts("8112345678")

    assert (first.phones, first.emails) == (("+52 81 1234 5678",), ("Ana@example.com",))
    assert (second.phones, second.emails) == ((), ())


@pytest.mark.parametrize("status", [204, 404])
async def test_nothing_found(client: KommoClient, wire: Wire, status: int) -> None:
    wire.answers(status, b"")

    assert await client.find_contacts("x") == []
    assert await client.find_leads("x") == []
    assert await client.notes_of(1) == []


async def test_a_token_that_ended_is_renewed_once(client: KommoClient, wire: Wire) -> None:
    wire.then(401, PROBLEM | {"status": 401, "detail": "Invalid user name or password"})
    wire.answers(204, b"")
    await client.find_contacts("x")

    assert [one.headers["authorization"] for one in wire.requests] == ["Bearer old", "Bearer new"]


async def test_a_token_that_is_refused_twice_waits(client: KommoClient, wire: Wire) -> None:
    wire.answers(401, PROBLEM | {"status": 401})

    with pytest.raises(Unavailable):
        await client.add_notes([Note(1, "x")])
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "failure", "wait"),
    [
        pytest.param(
            429, {"status": 429, "retry_after": 300}, Unavailable, 300, id="too many, with its wait in the body"
        ),
        pytest.param(429, b"Too many requests", Unavailable, 1, id="too many, in plain text"),
        pytest.param(403, b"403 Forbidden", Unavailable, 60, id="blocked"),
        pytest.param(402, {"detail": "Payment required"}, Unavailable, 60, id="the plan has ended"),
        pytest.param(500, {"title": "ErrInternalServer", "trace_id": "x"}, Unclear, 0, id="a server error"),
        pytest.param(504, b"", Unclear, 0, id="the batch was too heavy"),
        pytest.param(200, b"<html></html>", Unclear, 0, id="a page with 200"),
        pytest.param(200, b"", Unclear, 0, id="an empty success"),
        pytest.param(200, {"_embedded": {"leads": []}}, Unclear, 0, id="a success of another shape"),
        pytest.param(400, PROBLEM | {"detail": "Request data can not be empty"}, KommoRefused, 0, id="refused"),
        pytest.param(422, {"detail": "Limit 250 per page"}, KommoRefused, 0, id="too many items"),
    ],
)
async def test_what_an_answer_means(
    client: KommoClient, wire: Wire, status: int, body: Any, failure: type[Exception], wait: float
) -> None:
    wire.answers(status, body)

    with pytest.raises(failure) as caught:
        await client.add_leads_with_contacts([{}])
    assert getattr(caught.value, "retry_after", 0) == wait


async def test_a_refusal_names_its_items(client: KommoClient, wire: Wire) -> None:
    errors = [{"code": "NotSupportedChoice", "path": "custom_fields_values.0.field_id", "detail": "x"}]
    wire.answers(400, PROBLEM | {"validation-errors": [{"request_id": "100007", "errors": errors}], "detail": "x"})

    with pytest.raises(KommoRefused) as caught:
        await client.add_leads_with_contacts([{}])
    assert caught.value.items == {"100007": "NotSupportedChoice custom_fields_values.0.field_id"}


@pytest.mark.parametrize("way", ["hangs", "breaks"])
async def test_a_lost_answer_is_unclear_for_a_write_and_an_outage_for_a_look(
    client: KommoClient, wire: Wire, way: str
) -> None:
    getattr(wire, way)()

    with pytest.raises(Unclear):
        await client.add_leads_with_contacts([{}])
    with pytest.raises(Unavailable):
        await client.find_contacts("x")


async def test_never_more_than_seven_requests_in_a_second(client: KommoClient, wire: Wire) -> None:
    wire.answers(204, b"")
    times: list[float] = []

    async def ask() -> None:
        await client.find_contacts("x")
        times.append(asyncio.get_running_loop().time())

    await asyncio.gather(*(ask() for _ in range(15)))
    arrivals = sorted(times)
    assert all(later - earlier > 0.95 for earlier, later in zip(arrivals, arrivals[7:], strict=False))
