"""Which timers count as late: many touches at one opening are no outage."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from contracts.events.touch import SkipReason
from domain.journey.parser import journey_hash
from domain.journey.settings import JourneySettings, load_journey
from kit.clock import now
from kit.database import Database
from services.scheduler.decisions.lateness import LATE_SECONDS, Drop, End, Move
from services.scheduler.repositories import backlog, timers
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases import settle_timers
from services.scheduler.use_cases.drain_backlog import drain_backlog
from services.scheduler.use_cases.fire_timers import fire_timers
from tests.e2e.test_outages import welcomed
from tests.system import System

pytestmark = pytest.mark.connected

HOUR = timedelta(hours=1)
DROPPED = Drop(SkipReason.TOO_LATE, ())
AGED = """with aged as (
            update timers set due_at = $2, planned_at = $2, written_at = $3, late = $4
            where lead_id = $1 and step = 'day_3' returning 1)
          select count(*) from aged"""
FIRED_SINCE = """with kept as (insert into firing (since, last) values ($1, $2)
                              on conflict (single) do update set since = $1, last = $2 returning 1)
                select count(*) from kept"""


@pytest_asyncio.fixture(loop_scope="session")
async def database(system: System) -> AsyncIterator[Database]:
    """The scheduler's database, for use cases that the tests run while no scheduler does."""
    database = Database(system.database_url("scheduler"))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
def journeys() -> Journeys:
    journey, content = load_journey(JourneySettings(_env_file=None))
    return Journeys(journey, version=journey_hash(content), content=content)


async def mark_late(database: Database) -> None:
    await timers.mark_late(database, limit=5000, late_seconds=LATE_SECONDS)


async def state(system: System, lead: int) -> tuple[str, bool]:
    of_day_3 = "from timers where lead_id = $1 and step = 'day_3'"
    kept = await system.sql("scheduler", f"select state {of_day_3}", lead)
    return kept, await system.sql("scheduler", f"select late {of_day_3}", lead)


def end_with(monkeypatch: pytest.MonkeyPatch, end: End) -> None:
    """Replaces the rule for lateness, whose answer depends on the hour of the day."""
    monkeypatch.setattr(settle_timers, "resolve_timer", lambda *_, **__: end)


@pytest.mark.parametrize(
    ("due", "written", "since", "last", "late"),
    [
        pytest.param(300, 3600, 7200, 1, False, id="a flood takes minutes"),
        pytest.param(300, 3600, 120, 1, True, id="no scheduler fired when it was due"),
        pytest.param(300, 3600, 7200, 240, True, id="no scheduler has fired since"),
        pytest.param(300, 10, 7200, 1, True, id="it was planned for the past"),
        pytest.param(30, 10, 7200, 1, False, id="it was planned for just now"),
    ],
)
async def test_late_is_what_could_not_be_fired_when_it_was_due(
    system: System,
    database: Database,
    journeys: Journeys,
    monkeypatch: pytest.MonkeyPatch,
    due: int,
    written: int,
    since: int,
    last: int,
    late: bool,
) -> None:
    end_with(monkeypatch, DROPPED)
    [lead], _ = await welcomed(system, 1)
    system.kill("scheduler")
    try:
        began = now()
        ago = [began - timedelta(seconds=seconds) for seconds in (due, written, since, last)]
        await system.sql("scheduler", AGED, lead, ago[0], ago[1], False)
        await system.sql("scheduler", FIRED_SINCE, ago[2], ago[3])
        await mark_late(database)
        assert await state(system, lead) == ("pending", late)
        await fire_timers(database, journeys, spread=timedelta(), limit=500)
        assert await state(system, lead) == (("pending", True) if late else ("dropped", False))
    finally:
        system.restart("scheduler")


async def test_what_an_operator_let_go_is_not_held_again_when_its_hours_open(
    system: System, database: Database, journeys: Journeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    [lead], _ = await welcomed(system, 1)
    system.kill("scheduler")
    try:
        await system.sql("scheduler", AGED, lead, now() - HOUR, now() - 2 * HOUR, True)
        opens = now() + timedelta(seconds=1)
        end_with(monkeypatch, Move(opens))
        await drain_backlog(database, journeys, spread=timedelta(), hold_above=200)
        assert await state(system, lead) == ("pending", False)
        assert (await backlog.get(database)).overdue == 0
        end_with(monkeypatch, DROPPED)

        async def fired() -> bool:
            await mark_late(database)
            await fire_timers(database, journeys, spread=timedelta(), limit=500)
            return await state(system, lead) == ("dropped", False)

        await system.until(fired, lambda: "it was not fired when its hours opened", seconds=10)
    finally:
        system.restart("scheduler")
