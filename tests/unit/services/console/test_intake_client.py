"""What console asks intake, and what it makes of the answers."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from contracts.events.submission import HoldReason
from kit.errors import Unavailable
from services.console.intake_client import IntakeClient, IntakeRefused, LeadFile
from tests.wire import Wire

DELIVERY = {
    "delivery_id": 9,
    "source": "meta",
    "received_at": "2026-03-02T16:00:00Z",
    "state": "done",
    "outcome": "new",
}
PLAN = {
    "name": "leads.csv",
    "journey": "none",
    "mapping": {"Correo": "email"},
    "total": 1,
    "done": 0,
    "outcomes": {"new": 1},
}


@pytest_asyncio.fixture(loop_scope="session")
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def intake(wire: Wire) -> AsyncIterator[IntakeClient]:
    client = IntakeClient(wire.url)
    yield client
    await client.close()


async def test_older_held_submissions_are_asked_for_by_the_last_id(
    wire: Wire, intake: IntakeClient
) -> None:
    wire.answers(200, {"counts": {"honeypot": 2}, "submissions": []})

    assert (await intake.held(limit=5)).counts == {HoldReason.HONEYPOT: 2}
    await intake.held(limit=5, before=41)
    assert [asked.query for asked in wire.requests] == [
        {"limit": "5"},
        {"limit": "5", "before": "41"},
    ]


async def test_keys_are_made_rotated_and_revoked(wire: Wire, intake: IntakeClient) -> None:
    wire.answers(201, {"name": "landing", "key": "k", "path": "/api/lead/k"})
    added = await intake.add_source("landing", by="ana")
    rotated = await intake.rotate("landing", by="ana")
    wire.answers(204, b"")
    await intake.revoke("landing", 3, by="ana")

    assert (added.key, rotated.path) == ("k", "/api/lead/k")
    assert [(asked.method, asked.path) for asked in wire.requests] == [
        ("POST", "/sources"),
        ("POST", "/sources/landing/rotate"),
        ("POST", "/sources/landing/keys/3/revoke"),
    ]
    assert [asked.json for asked in wire.requests] == [
        {"name": "landing", "by": "ana"},
        {"by": "ana"},
        {"by": "ana"},
    ]


async def test_deliveries_are_those_of_one_source_or_of_all(
    wire: Wire, intake: IntakeClient
) -> None:
    wire.answers(200, [DELIVERY])
    [delivery] = await intake.deliveries(source="meta", limit=3)
    await intake.deliveries(source="", limit=3)

    assert delivery.outcome == "new"
    assert [asked.query for asked in wire.requests] == [
        {"limit": "3", "source": "meta"},
        {"limit": "3"},
    ]


async def test_a_file_is_sent_with_what_is_to_be_done_with_it(
    wire: Wire, intake: IntakeClient
) -> None:
    wire.answers(200, PLAN)
    file = LeadFile("leads.csv", "Correo\nañ@example.com\n".encode(), "none", {"Correo": "email"})
    planned = await intake.import_file(file, dry_run=True)
    [asked] = wire.requests

    assert planned.outcomes == {"new": 1}
    assert asked.headers["content-type"].startswith("multipart/form-data")
    for part in (
        b'name="journey"\r\n\r\nnone\r\n',
        b'name="dry_run"\r\n\r\ntrue\r\n',
        b'name="name"\r\n\r\nleads.csv\r\n',
        b'name="mapping"\r\n\r\n' + json.dumps({"Correo": "email"}).encode(),
        "Correo\nañ@example.com\n".encode(),
    ):
        assert part in asked.body


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (409, {"detail": "there is a source of that name"}, "there is a source of that name"),
        (422, {"detail": [{"loc": ["name"], "msg": "odd"}]}, ""),
        (404, b"gone", ""),
    ],
)
async def test_a_refusal_is_told_with_its_reason(
    wire: Wire, intake: IntakeClient, status: int, body: object, detail: str
) -> None:
    wire.answers(status, body)

    with pytest.raises(IntakeRefused) as refused:
        await intake.add_source("landing", by="ana")
    assert (refused.value.status, refused.value.detail) == (status, detail)


@pytest.mark.parametrize(("status", "body"), [(503, b""), (200, {"counts": 3}), (200, b"<html>")])
async def test_an_answer_that_is_none_is_an_outage(
    wire: Wire, intake: IntakeClient, status: int, body: object
) -> None:
    wire.answers(status, body)

    with pytest.raises(Unavailable):
        await intake.held(limit=1)


async def test_an_intake_that_is_down_is_an_outage(wire: Wire) -> None:
    client = IntakeClient("http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await client.sources()
    await client.close()
    wire.breaks()
    client = IntakeClient(wire.url)
    with pytest.raises(Unavailable):
        await client.sources()
    await client.close()
