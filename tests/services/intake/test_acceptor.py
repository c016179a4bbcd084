"""Submissions share a commit, and nothing else: one that cannot be stored fails alone."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

import asyncpg
import pytest

from kit.failures import Unavailable
from services.intake.acceptor import Acceptor
from services.intake.decisions import Submission, Verdict, Welcome
from services.intake.store import Received, Store
from tests.builders import a_card


class Table:
    """Stores what comes, but raises `error` for the name `Broken`, and is away after `until` commits."""

    def __init__(self, error: Exception, *, until: int = 1000) -> None:
        self._error, self._left = error, until
        self.batches: list[int] = []

    async def accept(self, batch: Sequence[Received]) -> list[Verdict]:
        self.batches.append(len(batch))
        if any(received.submission.card.name == "Broken" for received in batch):
            raise self._error
        if self._left == 0:
            raise Unavailable("database: away")
        self._left -= 1
        return [Welcome(number, number) for number, _ in enumerate(batch)]


async def accepted(table: Table, *names: str) -> list[type]:
    """What each submission was answered; all come at once."""
    acceptor = Acceptor(cast("Store", table))
    asked = [asyncio.ensure_future(acceptor.accept(a_submission(name))) for name in names]
    await asyncio.sleep(0)
    running = asyncio.create_task(acceptor.run())
    answers = await asyncio.gather(*asked, return_exceptions=True)
    running.cancel()
    return [type(answer) for answer in answers]


def a_submission(name: str) -> Received:
    submission = Submission(a_card(name=name), b"")
    return Received(submission, "", "", datetime.now(UTC))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(asyncpg.DataError("invalid input"), id="the server's"),
        pytest.param(asyncpg.exceptions._base.DataError("out of range"), id="the client's"),
        pytest.param(KeyError("x"), id="a bug"),
    ],
)
async def test_one_that_cannot_be_stored_fails_alone(error: Exception) -> None:
    assert await accepted(Table(error), "Ana", "Broken", "Luz") == [Welcome, type(error), Welcome]


async def test_an_outage_is_everybodys_and_is_not_tried_one_by_one() -> None:
    table = Table(Unavailable("database: away"))

    assert await accepted(table, "Ana", "Broken", "Luz") == [Unavailable] * 3
    assert table.batches == [3]


async def test_an_outage_meanwhile_ends_the_tries() -> None:
    table = Table(KeyError("x"), until=1)

    assert await accepted(table, "Ana", "Broken", "Luz", "Eva") == [Welcome, KeyError, Unavailable, Unavailable]
    assert table.batches == [4, 1, 1, 1]
