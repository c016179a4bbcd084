"""Crm's rows that cannot be processed: set aside once, with one event, until an operator acts."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.events.failed_work import WorkFailed
from kit.database import Database
from kit.failed_work import carry_out
from services.crm.repositories.bookings import Bookings
from services.crm.repositories.failed_rows import ROWS
from services.crm.repositories.registrations import TRIES, Registrations
from tests.builders import a_card
from tests.databases import new_database

pytestmark = pytest.mark.connected


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """Opens a new database with crm's tables."""
    opened = Database(await new_database(dsn, "crm"), connections=2)
    await opened.open()
    await opened.fetch("insert into leaders (name, term) values ('tell_kommo', 2)")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def registrations(database: Database) -> Registrations:
    return Registrations(database)


async def failures(database: Database) -> list[WorkFailed]:
    rows = await database.fetch(
        "select body from outbox where routing_key = 'work.failed' order by id"
    )
    return [WorkFailed.model_validate_json(row["body"]) for row in rows]


async def states(database: Database, table: str) -> list[str]:
    return [row["state"] for row in await database.fetch(f"select state from {table} order by 1")]


async def check_in_vain(registrations: Registrations) -> None:
    await registrations.take_leads(10, term=2)
    await registrations.leads_unclear([1], check_count=0, check_in=0)
    await registrations.lead_not_found(1)


async def test_a_card_that_cannot_be_read_is_set_aside_and_the_others_are_taken(
    database: Database, registrations: Registrations
) -> None:
    for lead in (1, 2, 3):
        await registrations.enqueue_lead(uuid4(), lead, None, a_card(), "note")
    await database.fetch("""update registrations set card = '{"name": 5}' where lead_id = 2""")

    taken = await registrations.take_leads(10, term=2)

    assert [lead.lead_id for lead in taken] == [1, 3]
    assert await states(database, "registrations") == ["failed", "sending", "sending"]
    [failed] = await failures(database)
    assert (failed.service, failed.kind, failed.row_id, failed.lead_id) == (
        "crm",
        "kommo lead",
        2,
        2,
    )
    assert "name" in failed.reason


async def test_a_lead_that_is_never_clear_is_set_aside_in_the_end(
    database: Database, registrations: Registrations
) -> None:
    await registrations.enqueue_lead(uuid4(), 1, None, a_card(), "note")
    for _ in range(TRIES):
        await check_in_vain(registrations)
        assert await states(database, "registrations") == ["waiting"]
    for _ in range(2):
        await check_in_vain(registrations)

    assert await states(database, "registrations") == ["failed"]
    assert len(await failures(database)) == 1


async def test_an_operator_retries_or_discards_a_lead(
    database: Database, registrations: Registrations
) -> None:
    for lead in (1, 2, 3):
        await registrations.enqueue_lead(uuid4(), lead, None, a_card(), "note")
    await registrations.take_leads(2, term=2)
    for lead in (1, 2, 3):  # the third was not claimed
        await registrations.lead_failed(lead, "a bug")
    about = {"service": "crm", "kind": "kommo lead", "by": "ana", "lead_id": 0}

    await carry_out(database, RetryWork(row_id=1, **about), service="crm", rows=ROWS)
    await carry_out(database, DiscardWork(row_id=2, **about), service="crm", rows=ROWS)
    await carry_out(database, DiscardWork(row_id=3, **about), service="crm", rows=ROWS)

    assert await states(database, "registrations") == ["discarded", "waiting", "waiting"]


async def test_a_note_that_is_never_clear_is_set_aside_and_retried_by_an_operator(
    database: Database, registrations: Registrations
) -> None:
    await registrations.enqueue_lead(uuid4(), 1, None, a_card(), "note")
    await registrations.take_leads(1, term=2)
    await registrations.registered({1: (1001, 1)})
    for _ in range(TRIES + 1):
        [note] = await registrations.take_notes(10, term=2)
        await registrations.notes_are([note.note_id], "unclear", check_in=0)
        await registrations.note_not_found(note.note_id)

    [failed] = await failures(database)
    assert (failed.kind, failed.row_id, failed.lead_id) == ("kommo note", note.note_id, 1)
    retry = RetryWork(service="crm", kind="kommo note", row_id=note.note_id, by="ana", lead_id=0)
    await carry_out(database, retry, service="crm", rows=ROWS)
    [note] = await registrations.take_notes(10, term=2)
    assert note.attempts == 0


async def test_only_claimed_leads_are_requeued(
    database: Database, registrations: Registrations
) -> None:
    for lead in (1, 2):
        await registrations.enqueue_lead(uuid4(), lead, None, a_card(), "note")
    await registrations.take_leads(2, term=2)
    await registrations.leads_unclear([1], check_count=0, check_in=60)

    await registrations.requeue_leads([1, 2])

    assert await states(database, "registrations") == ["unclear", "waiting"]


async def test_one_outcome_is_one_note(database: Database, registrations: Registrations) -> None:
    for outcome in ("t/touch.sent/", "t/touch.sent/", None, None):
        await registrations.enqueue_note(uuid4(), 1, "Correo enviado", outcome=outcome)
    await registrations.enqueue_note(uuid4(), 2, "Correo enviado", outcome="t/touch.sent/")

    assert len(await states(database, "notes")) == 4


async def test_a_webhook_is_set_aside_after_ten_attempts_with_one_event(
    database: Database,
) -> None:
    bookings = Bookings(database, secret="x", region="MX")
    webhook = await bookings.keep("key", json.dumps({}).encode())
    assert webhook is not None

    for _ in range(9):
        assert await bookings.set_aside(webhook.webhook_id, "a bug") == "new"
    for _ in range(3):
        assert await bookings.set_aside(webhook.webhook_id, "a bug") == "failed"

    [failed] = await failures(database)
    assert (failed.kind, failed.row_id) == ("webhook", webhook.webhook_id)
    retry = RetryWork(service="crm", kind="webhook", row_id=webhook.webhook_id, by="ana", lead_id=0)
    await carry_out(database, retry, service="crm", rows=ROWS)
    assert len(await bookings.waiting()) == 1


async def test_a_worker_that_lost_leadership_claims_nothing(
    registrations: Registrations, database: Database
) -> None:
    await registrations.enqueue_lead(uuid4(), 5, None, a_card(), "note")

    assert await registrations.take_leads(10, term=1) == []
    [taken] = await registrations.take_leads(10, term=2)
    await registrations.mark_in_flight_unclear(check_in=0, term=1)
    assert await states(database, "registrations") == ["sending"]
    assert taken.lead_id == 5
