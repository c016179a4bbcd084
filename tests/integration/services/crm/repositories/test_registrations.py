"""The leads of one person: whether they may be contacted, and when they go to Kommo."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.events.lead import Closing
from kit.database import Database
from services.crm.repositories import registrations, submissions
from services.crm.repositories.registrations import InKommo
from services.crm.use_cases.kommo_progress import KommoProgress
from tests.builders import a_booking, a_card
from tests.databases import new_database

pytestmark = pytest.mark.connected

FIRST = 1
SECOND = 2
PERSON = 1
STRANGER = 3


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """Opens a new database with crm's tables, and two leads of one person."""
    opened = Database(await new_database(dsn, "crm"), connections=2)
    await opened.open()
    for lead in (FIRST, SECOND):
        await registrations.enqueue(opened, uuid4(), lead, PERSON, a_card(), "note")
    yield opened
    await opened.close()


async def book(database: Database, *, ends_at: datetime) -> None:
    published = {"uid": "first", "booking": json.loads(a_booking("first").model_dump_json())}
    await database.fetch(
        """update registrations set published_booking = $2::text::jsonb, booked_until = $3
           where lead_id = $1""",
        FIRST,
        json.dumps(published),
        ends_at,
    )


async def came(database: Database, at: datetime) -> None:
    await database.fetch("update registrations set created_at = $2 where lead_id = $1", SECOND, at)


@pytest.mark.parametrize(
    ("second_came", "meeting_ends", "has_met"),
    [
        pytest.param(-60, +30, True, id="the meeting lies ahead"),
        pytest.param(-60, -30, True, id="it lay ahead when the form came, and was held since"),
        pytest.param(-60, -90, False, id="it was over when the form came"),
    ],
)
async def test_a_meeting_of_another_lead_counts_from_when_this_one_came(
    database: Database, second_came: int, meeting_ends: int, has_met: bool
) -> None:
    now = datetime.now(UTC)
    await book(database, ends_at=now + timedelta(minutes=meeting_ends))
    await came(database, now + timedelta(minutes=second_came))

    found = await registrations.eligibility(database, SECOND, None)
    assert (found.elsewhere is not None) is has_met


async def test_a_lead_that_is_not_known_yet_has_the_meetings_ahead(database: Database) -> None:
    unknown = 3
    await book(database, ends_at=datetime.now(UTC) + timedelta(minutes=30))
    assert (await registrations.eligibility(database, unknown, PERSON)).elsewhere is not None
    await book(database, ends_at=datetime.now(UTC) - timedelta(minutes=30))
    assert (await registrations.eligibility(database, unknown, PERSON)).elsewhere is None


# ---- Kommo


async def in_kommo(database: Database, **places: InKommo) -> None:
    created = {int(lead.removeprefix("_")): place for lead, place in places.items()}
    async with database.transaction() as connection:
        await registrations.mark_registered(connection, created)


async def state(database: Database, column: str, lead: int = FIRST) -> object:
    rows = await database.fetch(
        f"select {column} as value from registrations where lead_id = $1", lead
    )
    return rows[0]["value"]


@pytest_asyncio.fixture
async def claimed(database: Database) -> list[registrations.ClaimedRow]:
    """Claims two leads, of two persons."""
    await registrations.enqueue(database, uuid4(), STRANGER, STRANGER, a_card(), "note")
    await database.fetch("insert into leaders (name, term) values ('kommo_sync', 1)")
    return await registrations.claim(database, 10, term=1)


async def test_each_lead_keeps_its_turn(
    database: Database, claimed: list[registrations.ClaimedRow]
) -> None:
    await registrations.release(database, [FIRST, STRANGER])
    again = await registrations.claim(database, 10, term=1)

    assert {row.turn for row in claimed} == {1, 2}
    assert {row.lead_id: row.turn for row in again} == {row.lead_id: row.turn for row in claimed}
    assert {row.person_id for row in claimed} == {PERSON, STRANGER}


@pytest.mark.usefixtures("claimed")
async def test_a_refused_lead_waits_for_other_settings(database: Database) -> None:
    async with database.transaction() as connection:
        assert await registrations.mark_refused(connection, FIRST, "why", settings="old")
        assert not await registrations.mark_refused(connection, FIRST, "why", settings="old")
        assert await registrations.mark_failed(connection, STRANGER, "a bug")
        assert await registrations.retry_refused(connection, settings="old") == []
        assert await registrations.retry_refused(connection, settings="new") == [FIRST]
        assert await registrations.retry_refused(connection, settings="newer") == []

    assert [await state(database, "state", lead) for lead in (FIRST, STRANGER)] == [
        "waiting",
        "failed",
    ]


@pytest.mark.usefixtures("claimed")
async def test_a_refused_move_waits_for_other_settings_or_another_booking(
    database: Database,
) -> None:
    await in_kommo(database, _1=InKommo(101, 9))
    await database.fetch("update registrations set stage_wanted = 'booked' where lead_id = 1")
    [lead] = await registrations.to_move(database, 10)
    assert (lead.booked, lead.wanted_booked, lead.merged) == (True, True, False)

    async with database.transaction() as connection:
        assert await registrations.refuse_move(connection, FIRST, "why", settings="old")
        assert not await registrations.refuse_move(connection, FIRST, "why", settings="old")
    assert await registrations.to_move(database, 10) == []
    async with database.transaction() as connection:
        assert await registrations.retry_refused_moves(connection, settings="old") == []
        assert await registrations.retry_refused_moves(connection, settings="new") == [FIRST]
    assert len(await registrations.to_move(database, 10)) == 1


@pytest.mark.usefixtures("claimed")
async def test_a_shared_deal_is_booked_while_one_of_its_leads_is(database: Database) -> None:
    await in_kommo(database, _1=InKommo(101, 9), _2=InKommo(101, 9, merged=True))
    await registrations.set_stage(database, FIRST, booked=True, status_before=31, pipeline_before=7)
    await database.fetch(
        "update registrations set stage = 'booked', stage_wanted = 'booked' where lead_id = 2"
    )
    [lead] = await registrations.to_move(database, 10)

    assert (lead.lead_id, lead.booked, lead.wanted_booked) == (FIRST, True, False)
    assert (lead.status_before, lead.pipeline_before) == (31, 7)
    shared = await registrations.by_kommo_lead(database, 101)
    assert {row.lead_id for row in shared} == {FIRST, SECOND}
    assert {(row.status_before, row.pipeline_before) for row in shared} == {(31, 7)}
    assert {row.ever_booked for row in shared} == {False}


@pytest.mark.usefixtures("claimed")
async def test_our_move_for_one_lead_of_a_deal_is_ours_for_the_other(database: Database) -> None:
    await in_kommo(database, _1=InKommo(101, 9), _2=InKommo(101, 9, merged=True))
    await database.fetch("update registrations set revision = 1 where lead_id = 1")
    async with database.transaction() as connection:
        await registrations.close(connection, FIRST, Closing.LOST)
    [other] = await registrations.by_kommo_lead(database, 101)

    assert (other.lead_id, other.ever_booked) == (SECOND, True)


@pytest.mark.usefixtures("claimed")
async def test_only_a_contact_that_may_lack_something_is_due(database: Database) -> None:
    await in_kommo(database, _1=InKommo(101, 9), _2=InKommo(102, 9, is_known=True))
    [due] = await registrations.contacts_due(database, 10)
    assert (due.lead_id, due.phones, due.emails) == (
        SECOND,
        ["+528112345678"],
        ["ana@example.com"],
    )

    await registrations.set_contact_due(database, SECOND)  # another form came meanwhile
    await registrations.settle_contact(database, SECOND, due_at=due.due_at, contact_id=12)
    [again] = await registrations.contacts_due(database, 10)
    await registrations.settle_contact(database, SECOND, due_at=again.due_at, contact_id=None)
    assert await registrations.contacts_due(database, 10) == []
    assert await state(database, "kommo_contact_id", SECOND) == 12


@pytest.mark.usefixtures("claimed")
async def test_a_persons_contact_until_it_is_gone(database: Database) -> None:
    await in_kommo(database, _1=InKommo(101, 9))
    assert await registrations.known_contact(database, PERSON) == 9

    await registrations.forget_contact(database, 9)
    assert await registrations.known_contact(database, PERSON) is None


@pytest.mark.usefixtures("claimed")
async def test_kommo_is_asked_once_about_an_open_lead(database: Database) -> None:
    await in_kommo(database, _1=InKommo(101, 9), _2=InKommo(102, 9))
    async with database.transaction() as connection:
        await registrations.close(connection, SECOND, Closing.WON)
    await registrations.ask_kommo(database, [101, 102, 103])

    assert await registrations.to_ask(database, 10) == [101]
    await registrations.asked(database, [101])
    assert await registrations.to_ask(database, 10) == []


@pytest.mark.usefixtures("claimed")
async def test_a_new_contact_is_due_if_another_form_came_before_it(database: Database) -> None:
    await submissions.insert(database, 77, FIRST, phone="+525511112222", email=None)
    await in_kommo(database, _1=InKommo(101, 9))
    [due] = await registrations.contacts_due(database, 10)

    assert due.phones == ["+528112345678", "+525511112222"]


async def test_a_persons_leads_go_to_kommo_one_after_the_other(database: Database) -> None:
    await registrations.enqueue(database, uuid4(), STRANGER, STRANGER, a_card(), "note")
    await database.fetch("insert into leaders (name, term) values ('kommo_sync', 1)")
    progress = KommoProgress(database)

    assert [lead.lead_id for lead in await progress.claim_leads(10, term=1)] == [FIRST, STRANGER]
    await progress.leads_unclear([FIRST], check_count=0, check_in=60)
    assert await progress.claim_leads(10, term=1) == []
    await progress.registered({FIRST: InKommo(50, 9, merged=False)})
    assert [lead.lead_id for lead in await progress.claim_leads(10, term=1)] == [SECOND]
    assert await progress.known_contact(PERSON) == 9
