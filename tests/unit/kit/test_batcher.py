"""Items share a commit, but an item that cannot be stored fails alone."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from kit.batcher import Batcher
from kit.errors import Unavailable


class Table:
    """Stores items, but raises `error` for `broken`, and is unavailable after `until` commits."""

    def __init__(self, error: Exception, *, until: int = 1000) -> None:
        self._error = error
        self._left = until
        self.batches: list[int] = []

    async def store(self, batch: Sequence[str]) -> list[str]:
        self.batches.append(len(batch))
        if "broken" in batch:
            raise self._error
        if self._left == 0:
            raise Unavailable("database: unavailable")
        self._left -= 1
        return [item.upper() for item in batch]


async def stored(table: Table, *items: str) -> list[object]:
    """Returns the result of each item, errors by their type; all items come at once."""
    batcher = Batcher(table.store)
    calls = [asyncio.ensure_future(batcher(item)) for item in items]
    await asyncio.sleep(0)
    running = asyncio.create_task(batcher.run())
    answers = await asyncio.gather(*calls, return_exceptions=True)
    running.cancel()
    return [type(answer) if isinstance(answer, Exception) else answer for answer in answers]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(asyncpg.DataError("invalid input"), id="the server's"),
        pytest.param(asyncpg.exceptions._base.DataError("out of range"), id="the client's"),
        pytest.param(KeyError("x"), id="a bug"),
    ],
)
async def test_an_item_that_cannot_be_stored_fails_alone(error: Exception) -> None:
    assert await stored(Table(error), "a", "broken", "b") == ["A", type(error), "B"]


async def test_an_outage_fails_the_whole_batch_without_single_attempts() -> None:
    table = Table(Unavailable("database: unavailable"))

    assert await stored(table, "a", "broken", "b") == [Unavailable] * 3
    assert table.batches == [3]


async def test_an_outage_meanwhile_ends_the_attempts() -> None:
    table = Table(KeyError("x"), until=1)

    assert await stored(table, "a", "broken", "b", "c") == ["A", KeyError, Unavailable, Unavailable]
    assert table.batches == [4, 1, 1, 1]
