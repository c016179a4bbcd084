"""The turns of calls, which replicas share."""

import asyncio

import pytest

from kit.database import Database
from services.notify.repositories.call_turns import CallTurns

pytestmark = pytest.mark.connected


async def test_a_burst_gets_turns_one_after_another_in_all_replicas(database: Database) -> None:
    replicas = [CallTurns(database, 1), CallTurns(database, 1)]
    waits = sorted(await asyncio.gather(*(replicas[n % 2].take() for n in range(6))))

    assert waits == pytest.approx([0, 1, 2, 3, 4, 5], abs=0.5)


async def test_turns_that_came_during_a_stop_are_still_used_one_by_one(database: Database) -> None:
    turns = CallTurns(database, 1)
    for _ in range(3):
        await turns.take()
    await database.fetch(
        "update call_turns set next_at = next_at - interval '1 minute',"
        " placed_at = placed_at - interval '1 minute'"
    )

    assert await turns.use() == 0
    assert await turns.use() == 1, "a call has just left"
    assert await turns.take() == pytest.approx(0, abs=0.1), "unused turns are not saved up"
    assert await turns.take() == pytest.approx(1, abs=0.5)


async def test_without_a_rate_nobody_waits(database: Database) -> None:
    turns = CallTurns(database, None)

    assert [await turns.take() for _ in range(3)] == [0, 0, 0]
    assert await turns.use() == 0
    assert await database.fetch("select 1 from call_turns") == []
