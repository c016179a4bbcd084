"""Which timers count as late: many touches at one opening are no outage."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from contracts.events.touch import SkipReason
from domain.journey.parser import journey_hash
from domain.journey.settings import JourneySettings, load_journey
from kit.clock import now
from kit.database import Database
from services.scheduler.decisions.lateness import Drop, End, Move
from services.scheduler.repositories.timers import Due, Store
from tests.e2e.test_outages import welcomed
from tests.system import System

pytestmark = pytest.mark.connected

HOUR = timedelta(hours=1)
AGED = """with aged as (
            update timers set due_at = $2, planned_at = $2, written_at = $3, late = $4
            where lead_id = $1 and step = 'day_3'
            returning 1
          )
          select count(*) from aged"""
FIRED_SINCE = """with kept as (
                   insert into firing (since, last) values ($1, $2)
                   on conflict (single) do update set since = $1, last = $2
                   returning 1
                 )
                 select count(*) from kept"""


@pytest_asyncio.fixture(loop_scope="session")
async def store(system: System) -> AsyncIterator[Store]:
    """Opens the scheduler's repository for a test that stops the scheduler."""
    journey, content = load_journey(JourneySettings(_env_file=None))
    database = Database(
        f"postgresql://postgres:postgres-demo@127.0.0.1:{system.native.ports['postgres']}/scheduler"
    )
    await database.open()
    try:
        yield Store(
            database,
            journey,
            journey_hash=journey_hash(content),
            content=content,
            spread=timedelta(),
        )
    finally:
        await database.close()


async def state(system: System, lead: int) -> tuple[str, bool]:
    of_day_3 = "from timers where lead_id = $1 and step = 'day_3'"
    kept = await system.sql("scheduler", f"select state {of_day_3}", lead)
    return kept, await system.sql("scheduler", f"select late {of_day_3}", lead)


def dropped(_: Due) -> End:
    return Drop(SkipReason.TOO_LATE, ())


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
    system: System, store: Store, due: int, written: int, since: int, last: int, late: bool
) -> None:
    [lead], _ = await welcomed(system, 1)
    system.kill("scheduler")
    try:
        began = now()
        ago = [began - timedelta(seconds=seconds) for seconds in (due, written, since, last)]
        await system.sql("scheduler", AGED, lead, ago[0], ago[1], False)
        await system.sql("scheduler", FIRED_SINCE, ago[2], ago[3])
        await store.mark_late()
        assert await state(system, lead) == ("pending", late)
        await store.fire(dropped, limit=500)
        assert await state(system, lead) == (("pending", True) if late else ("dropped", False))
    finally:
        system.restart("scheduler")


async def test_a_released_timer_is_not_held_again_when_its_hours_open(
    system: System, store: Store
) -> None:
    [lead], _ = await welcomed(system, 1)
    system.kill("scheduler")
    try:
        await system.sql("scheduler", AGED, lead, now() - HOUR, now() - 2 * HOUR, True)
        opens = now() + timedelta(seconds=1)
        await store.drain_backlog(moved_to(opens), limit=1)
        assert await state(system, lead) == ("pending", False)
        assert (await store.backlog()).overdue == 0

        async def fired() -> bool:
            await store.mark_late()
            await store.fire(dropped, limit=500)
            return await state(system, lead) == ("dropped", False)

        await system.until(fired, lambda: "it was not fired when its hours opened", seconds=10)
    finally:
        system.restart("scheduler")


def moved_to(opens: datetime) -> Any:
    return lambda _: Move(opens)
