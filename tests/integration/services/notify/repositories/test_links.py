"""Short links in the ledger: the same for each attempt, and ended with their lead."""

from datetime import timedelta

import pytest
import pytest_asyncio

from contracts.events.touch import Channel
from kit.database import Database
from services.notify.repositories import links
from services.notify.repositories.touches import Touches
from services.notify.short_links import Target
from services.notify.use_cases.end_links import end_links
from services.notify.use_cases.erase_lead import erase_lead
from tests.builders import a_card, a_touch

pytestmark = pytest.mark.connected

TOUCH = a_touch(Channel.SMS, lead_id=7, submission_id=7)
OTHER = a_touch(Channel.WHATSAPP, lead_id=7, submission_id=7)
BOTH = {Target.BOOKING: "aaaaaaaa", Target.MEETING: "bbbbbbbb"}
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(autouse=True)
async def lead(touches: Touches) -> None:
    """The lead of the links: it is stored with its first touch."""
    await touches.claim(a_touch(Channel.EMAIL, lead_id=7, submission_id=7), a_card())


async def test_a_repeated_attempt_has_the_same_codes(database: Database) -> None:
    first = await links.ensure(database, TOUCH.touch_id, 7, {Target.BOOKING: "aaaaaaaa"})
    again = await links.ensure(
        database, TOUCH.touch_id, 7, {Target.BOOKING: "cccccccc", Target.MEETING: "dddddddd"}
    )

    assert first == {Target.BOOKING: "aaaaaaaa"}
    assert again == {Target.BOOKING: "aaaaaaaa", Target.MEETING: "dddddddd"}
    found = await links.get(database, "dddddddd")
    assert found is not None
    assert (found.touch_id, found.lead_id, found.target) == (TOUCH.touch_id, 7, Target.MEETING)


async def test_a_code_that_is_taken_is_not_given_to_another_touch(database: Database) -> None:
    await links.ensure(database, TOUCH.touch_id, 7, {Target.BOOKING: "aaaaaaaa"})

    assert await links.ensure(database, OTHER.touch_id, 7, {Target.BOOKING: "aaaaaaaa"}) == {}
    found = await links.get(database, "aaaaaaaa")
    assert found is not None
    assert found.touch_id == TOUCH.touch_id


async def test_a_closed_lead_keeps_the_link_to_its_meeting_until_it_is_erased(
    database: Database,
) -> None:
    await links.ensure(database, TOUCH.touch_id, 7, BOTH)
    await end_links(7, database)
    assert await links.get(database, "aaaaaaaa") is None
    assert await links.get(database, "bbbbbbbb") is not None

    await database.fetch("update touches set state = 'sent'")
    await erase_lead(7, database)
    assert await links.get(database, "bbbbbbbb") is None
    assert await links.ensure(database, TOUCH.touch_id, 7, BOTH) == {}, "an erased lead has none"


async def test_an_opening_is_noted_once_an_hour(database: Database) -> None:
    await links.ensure(database, TOUCH.touch_id, 7, BOTH)
    async with database.transaction() as connection:
        assert await links.note_opened(connection, "aaaaaaaa", again_after=HOUR)
        assert not await links.note_opened(connection, "aaaaaaaa", again_after=HOUR)
        assert await links.note_scanned(connection, "aaaaaaaa", again_after=HOUR)
        await connection.execute("update links set opened_at = now() - interval '2 hours'")
        assert await links.note_opened(connection, "aaaaaaaa", again_after=HOUR)
