"""Claims and outcomes lost with the database: where nothing was sent, nothing is uncertain."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from contracts.events.touch import Channel, SkipReason
from kit.database import Database, DatabaseUnavailable
from services.notify.decisions.settlements import released, skipped
from services.notify.repositories import touches as ledger
from services.notify.repositories.touches import Touches
from services.notify.touches import Others, State
from services.notify.use_cases.deliver import CLAIM_RULES
from tests.builders import a_card, a_touch

pytestmark = pytest.mark.connected

EMAIL = a_touch(Channel.EMAIL, lead_id=7)
CARD = a_card()


class Unsteady(Database):
    """A database that fails on demand: before a statement, or after it, losing its answer."""

    lose_answer = unreachable = False

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        if self.unreachable:
            raise DatabaseUnavailable("unreachable")
        rows = await super().fetch(query, *arguments)
        if self.lose_answer:
            lost = DatabaseUnavailable("its answer was lost")
            lost.perhaps_committed = True
            raise lost
        return rows


@pytest_asyncio.fixture
async def unsteady(ledger_dsn: str) -> AsyncIterator[Unsteady]:
    opened = Unsteady(ledger_dsn, connections=2)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def touches(unsteady: Unsteady) -> Touches:
    return Touches(unsteady, lease=0, rules=CLAIM_RULES)


async def states(database: Database) -> list[tuple[str, int, bool]]:
    """Returns each touch's state, its number of sendings, and whether a check is due."""
    rows = await database.fetch(
        "select state, sendings, coalesce(check_at <= now(), false) as due from touches"
    )
    return [tuple(row) for row in rows]


async def expire(database: Database) -> int:
    """How many leases were over."""
    async with database.transaction() as connection:
        return len(await ledger.expire_leases(connection, "lease expired", check_in=60))


@pytest.mark.parametrize("state", [State.PLANNED, State.UNCERTAIN])
async def test_a_claim_whose_answer_was_lost_is_given_back(
    touches: Touches, unsteady: Unsteady, state: State
) -> None:
    if state is State.UNCERTAIN:
        await touches.claim(EMAIL, CARD)
        assert await expire(unsteady) == 1
    unsteady.lose_answer = True
    with pytest.raises(DatabaseUnavailable):
        await touches.claim(EMAIL, CARD, from_state=state)
    unsteady.lose_answer = False

    await touches.write_unwritten()
    before = await states(unsteady)

    assert before == [(state, 1 if state is State.UNCERTAIN else 0, True)]
    assert await expire(unsteady) == 0


async def test_a_claim_that_another_process_made_meanwhile_stays(
    touches: Touches, unsteady: Unsteady
) -> None:
    unsteady.lose_answer = True
    with pytest.raises(DatabaseUnavailable):
        await touches.claim(EMAIL, CARD)
    unsteady.lose_answer = False
    await unsteady.fetch("update touches set state = 'planned', claim = null")
    await Touches(unsteady, lease=60, rules=CLAIM_RULES).claim(EMAIL, CARD)

    await touches.write_unwritten()

    assert await states(unsteady) == [(State.SENDING, 2, False)]


async def test_what_was_surely_not_sent_is_planned_again_although_that_could_not_be_written(
    touches: Touches, unsteady: Unsteady
) -> None:
    claim = (await touches.claim(EMAIL, CARD)).claim
    unsteady.unreachable = True
    with pytest.raises(DatabaseUnavailable):
        await touches.settle(
            released(EMAIL, claim, "connection refused", to=State.PLANNED, check_in=None)
        )
    with pytest.raises(DatabaseUnavailable):
        await touches.write_unwritten()
    unsteady.unreachable = False

    await touches.write_unwritten()

    assert await states(unsteady) == [(State.PLANNED, 0, True)]


async def test_an_outcome_that_was_written_although_its_answer_was_lost_is_written_once(
    touches: Touches, unsteady: Unsteady
) -> None:
    claim = (await touches.claim(EMAIL, CARD)).claim
    unsteady.lose_answer = True
    with pytest.raises(DatabaseUnavailable):
        await touches.settle(skipped(EMAIL, claim, SkipReason.CLOSED))
    unsteady.lose_answer = False

    await touches.write_unwritten()

    assert await states(unsteady) == [(State.SKIPPED, 1, False)]
    assert len(await unsteady.fetch("select 1 from outbox")) == 1


async def test_the_others_to_an_address_are_those_of_its_channel(
    touches: Touches, unsteady: Unsteady
) -> None:
    texts = [
        a_touch(Channel.WHATSAPP, lead_id=7, step=step, touch_id=uuid4())
        for step in ("a", "b", "c")
    ]
    for touch in (*texts, EMAIL):
        await touches.claim(touch, CARD)
    await unsteady.fetch("update touches set provider_ref = 'ref of ' || step")
    await unsteady.fetch("update touches set state = 'sent' where step in ('a', 'b')")
    first, _, third = texts
    address = first.address or ""

    assert await ledger.others_to(
        unsteady, address, Channel.WHATSAPP, but=first.touch_id
    ) == Others(frozenset({"ref of b", "ref of c"}), is_sending=True)
    assert await ledger.others_to(
        unsteady, address, Channel.WHATSAPP, but=third.touch_id
    ) == Others(frozenset({"ref of a", "ref of b"}), is_sending=False)
