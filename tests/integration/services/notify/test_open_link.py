"""A short link that is opened: it leads on whatever else fails, and never anywhere but the web."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from contracts.events.touch import Channel
from kit.clock import now
from kit.database import Database, DatabaseUnavailable
from services.notify.deps import Deps
from services.notify.repositories import links
from services.notify.repositories.touches import Touches
from services.notify.short_links import Target
from services.notify.use_cases.open_link import open_link
from tests.builders import a_card, a_touch

pytestmark = pytest.mark.connected

TOUCH = a_touch(Channel.SMS, lead_id=7, submission_id=7, address="+528112345678")
PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Chrome/126.0.0.0 Mobile Safari/537.36"}
PAGE = "https://cal.com/demo"


class FullDatabase(Database):
    """A database that still answers, and stores nothing more."""

    def transaction(self) -> None:  # type: ignore[override]
        raise DatabaseUnavailable("full")


async def a_link(database: Database, touches: Touches) -> None:
    await touches.claim(TOUCH, a_card())
    await links.ensure(database, TOUCH.touch_id, 7, {Target.BOOKING: "aaaaaaaa"})


def deps_with(database: Database, *, page: str = PAGE) -> Deps:
    """Returns the deps of a minute later, when the text links to `page`."""
    wording = SimpleNamespace(destination=lambda *_: page)
    return cast(
        "Deps",
        SimpleNamespace(
            database=database, wording=wording, now=lambda: now() + timedelta(minutes=1)
        ),
    )


async def published(database: Database) -> int:
    rows = await database.fetch("select 1 from outbox where routing_key = 'link.opened'")
    return len(rows)


async def test_an_opening_is_published_once_in_the_hour(
    database: Database, touches: Touches
) -> None:
    await a_link(database, touches)
    deps = deps_with(database)

    assert await open_link("aaaaaaaa", "GET", PHONE, deps) == PAGE
    assert await open_link("aaaaaaaa", "GET", PHONE, deps) == PAGE
    assert await published(database) == 1
    assert await open_link("aaaaaaaa", "HEAD", PHONE, deps) == PAGE
    assert await published(database) == 2
    assert await database.fetch("select 1 from signs_of_life where address = $1", TOUCH.address)


@pytest.mark.parametrize("page", ["", "javascript:alert(1)", "file:///etc/passwd"])
async def test_a_link_leads_to_the_web_or_nowhere(
    database: Database, touches: Touches, page: str
) -> None:
    await a_link(database, touches)

    assert await open_link("aaaaaaaa", "GET", PHONE, deps_with(database, page=page)) is None
    assert await published(database) == 0


async def test_an_unknown_code_leads_nowhere(database: Database) -> None:
    assert await open_link("zzzzzzzz", "GET", PHONE, deps_with(database)) is None


async def test_a_person_is_led_on_where_the_opening_cannot_be_stored(
    ledger_dsn: str, database: Database, touches: Touches
) -> None:
    await a_link(database, touches)
    full = FullDatabase(ledger_dsn, connections=1)
    await full.open()
    try:
        assert await open_link("aaaaaaaa", "GET", PHONE, deps_with(full)) == PAGE
    finally:
        await full.close()
    assert await published(database) == 0
