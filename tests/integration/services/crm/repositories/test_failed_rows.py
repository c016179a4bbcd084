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
from services.crm.decisions.kommo_fields import LeftOut
from services.crm.repositories import notes, registrations, webhooks
from services.crm.repositories.failed_rows import ROWS
from services.crm.repositories.registrations import InKommo
from services.crm.use_cases.kommo_progress import MAX_ATTEMPTS, KommoProgress
from services.crm.use_cases.process_webhook import record_failure
from tests.builders import a_card
from tests.databases import new_database

pytestmark = pytest.mark.connected


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """Opens a new database with crm's tables."""
    opened = Database(await new_database(dsn, "crm"), connections=2)
    await opened.open()
    await opened.fetch("insert into leaders (name, term) values ('kommo_sync', 2)")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def progress(database: Database) -> KommoProgress:
    return KommoProgress(database)


async def failures(database: Database) -> list[WorkFailed]:
    rows = await database.fetch(
        "select body from outbox where routing_key = 'work.failed' order by id"
    )
    return [WorkFailed.model_validate_json(row["body"]) for row in rows]


async def states(database: Database, table: str) -> list[str]:
    return [row["state"] for row in await database.fetch(f"select state from {table} order by 1")]


async def check_in_vain(progress: KommoProgress) -> None:
    await progress.claim_leads(10, term=2)
    await progress.leads_unclear([1], check_count=0, check_in=0)
    await progress.lead_not_found(1)


async def test_a_card_that_cannot_be_read_is_set_aside_and_the_others_are_taken(
    database: Database, progress: KommoProgress
) -> None:
    for lead in (1, 2, 3):
        await registrations.enqueue(database, uuid4(), lead, lead, a_card(), "note")
    await database.fetch("""update registrations set card = '{"name": 5}' where lead_id = 2""")

    taken = await progress.claim_leads(10, term=2)

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
    database: Database, progress: KommoProgress
) -> None:
    await registrations.enqueue(database, uuid4(), 1, 1, a_card(), "note")
    for _ in range(MAX_ATTEMPTS):
        await check_in_vain(progress)
        assert await states(database, "registrations") == ["waiting"]
    for _ in range(2):
        await check_in_vain(progress)

    assert await states(database, "registrations") == ["failed"]
    assert len(await failures(database)) == 1


async def test_an_operator_has_a_lead_tried_again_or_leaves_it(
    database: Database, progress: KommoProgress
) -> None:
    for lead in (1, 2, 3):
        await registrations.enqueue(database, uuid4(), lead, lead, a_card(), "note")
    await progress.claim_leads(2, term=2)
    for lead in (1, 2, 3):  # the third was not claimed
        await progress.lead_failed(lead, "a bug")
    about = {"service": "crm", "kind": "kommo lead", "by": "ana", "lead_id": 0}

    await carry_out(database, RetryWork(row_id=1, **about), service="crm", rows=ROWS)
    await carry_out(database, DiscardWork(row_id=2, **about), service="crm", rows=ROWS)
    await carry_out(database, DiscardWork(row_id=3, **about), service="crm", rows=ROWS)

    assert await states(database, "registrations") == ["discarded", "waiting", "waiting"]


async def test_a_note_that_is_never_clear_is_set_aside_and_tried_again_when_an_operator_says_so(
    database: Database, progress: KommoProgress
) -> None:
    await registrations.enqueue(database, uuid4(), 1, 1, a_card(), "note")
    await progress.claim_leads(1, term=2)
    await progress.registered({1: InKommo(1001, 1)})
    for _ in range(MAX_ATTEMPTS + 1):
        [note] = await progress.claim_notes(10, term=2)
        await progress.notes_unclear([note.note_id], check_in=0)
        await progress.note_not_found(note.note_id)

    [failed] = await failures(database)
    assert (failed.kind, failed.row_id, failed.lead_id) == ("kommo note", note.note_id, 1)
    again = RetryWork(service="crm", kind="kommo note", row_id=note.note_id, by="ana", lead_id=0)
    await carry_out(database, again, service="crm", rows=ROWS)
    [note] = await progress.claim_notes(10, term=2)
    assert note.attempts == 0


async def test_only_what_is_still_in_hand_goes_back(
    database: Database, progress: KommoProgress
) -> None:
    for lead in (1, 2):
        await registrations.enqueue(database, uuid4(), lead, lead, a_card(), "note")
    await progress.claim_leads(2, term=2)
    await progress.leads_unclear([1], check_count=0, check_in=60)

    await progress.release_leads([1, 2])

    assert await states(database, "registrations") == ["unclear", "waiting"]


async def test_one_outcome_is_one_note(database: Database) -> None:
    for outcome in ("t/touch.sent/", "t/touch.sent/", None, None):
        await notes.enqueue(database, uuid4(), 1, "Correo enviado", outcome=outcome)
    await notes.enqueue(database, uuid4(), 2, "Correo enviado", outcome="t/touch.sent/")

    assert len(await states(database, "notes")) == 4


async def test_a_webhook_is_set_aside_after_ten_attempts_with_one_event(
    database: Database,
) -> None:
    webhook = await webhooks.store(database, "key", json.dumps({}).encode())
    assert webhook is not None

    for _ in range(9):
        assert await record_failure(database, webhook.webhook_id, "a bug") == "new"
    for _ in range(3):
        assert await record_failure(database, webhook.webhook_id, "a bug") == "failed"

    [failed] = await failures(database)
    assert (failed.kind, failed.row_id) == ("webhook", webhook.webhook_id)
    again = RetryWork(service="crm", kind="webhook", row_id=webhook.webhook_id, by="ana", lead_id=0)
    await carry_out(database, again, service="crm", rows=ROWS)
    assert len(await webhooks.due(database, 20)) == 1


async def test_who_leads_no_more_takes_nothing_in_hand(
    progress: KommoProgress, database: Database
) -> None:
    await registrations.enqueue(database, uuid4(), 5, 5, a_card(), "note")

    assert await progress.claim_leads(10, term=1) == []
    [taken] = await progress.claim_leads(10, term=2)
    await progress.mark_in_flight_unclear(check_in=0, term=1)
    assert await states(database, "registrations") == ["sending"]
    assert taken.lead_id == 5


async def test_what_kommo_refuses_is_set_aside_and_tried_again_with_other_settings(
    database: Database, progress: KommoProgress
) -> None:
    await registrations.enqueue(database, uuid4(), 1, 1, a_card(), "note")
    await progress.claim_leads(1, term=2)
    for _ in range(2):
        await progress.lead_refused(1, "Kommo no aceptó el lead", settings="old")
    assert [failed.reason for failed in await failures(database)] == ["Kommo no aceptó el lead"]
    assert not await progress.retry_refused(settings="old")
    assert await progress.retry_refused(settings="new")

    published = await database.fetch("select routing_key from outbox order by id")
    assert [row["routing_key"] for row in published] == [
        "lead.registration_failed",
        "work.failed",
        "work.retried",
    ]
    assert await states(database, "registrations") == ["waiting"]


async def test_an_operator_has_a_move_tried_again_or_leaves_the_lead_where_it_is(
    database: Database, progress: KommoProgress
) -> None:
    for lead in (1, 2):
        await registrations.enqueue(database, uuid4(), lead, lead, a_card(), "note")
    await progress.claim_leads(2, term=2)
    await progress.registered({1: InKommo(1001, 1), 2: InKommo(1002, 2)})
    await database.fetch("update registrations set stage_wanted = 'booked'")
    for lead in (1, 2):
        await progress.move_refused(lead, "why", settings="old")
    assert await progress.leads_to_move(10) == []
    assert [failed.kind for failed in await failures(database)] == ["kommo move", "kommo move"]
    about = {"service": "crm", "kind": "kommo move", "by": "ana", "lead_id": 0}

    await carry_out(database, RetryWork(row_id=1, **about), service="crm", rows=ROWS)
    await carry_out(database, DiscardWork(row_id=2, **about), service="crm", rows=ROWS)

    assert [lead.lead_id for lead in await progress.leads_to_move(10)] == [1]


async def test_a_value_without_a_place_is_noted_once(
    database: Database, progress: KommoProgress
) -> None:
    await registrations.enqueue(database, uuid4(), 1, 1, a_card(), "note")
    for _ in range(2):
        await progress.left_out(1, [LeftOut("fuente", "TikTok", "no está en la lista")])

    rows = await database.fetch("select text from notes where outcome is not null")
    assert [row["text"] for row in rows] == [
        "No se guardó en su campo de Kommo (no está en la lista). fuente: TikTok"
    ]
