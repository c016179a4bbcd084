"""Whether a lead may be contacted, by its own booking and by those of the same person."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from kit.database import Database
from services.crm.repositories import registrations
from tests.builders import a_booking, a_card
from tests.databases import new_database

pytestmark = pytest.mark.connected

FIRST = 1
SECOND = 2
PERSON = 1


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
