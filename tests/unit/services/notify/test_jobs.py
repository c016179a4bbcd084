"""A touch that breaks us stops no other, and is left to a person in the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from contracts.events.base import Event
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, TouchUnresolved
from kit.errors import Unavailable
from kit.messaging.outbox import INSERT_MESSAGES
from services.notify.claims import Claim, Settlement
from services.notify.deps import Deps
from services.notify.jobs import MAX_CHECKS, each_by_itself
from services.notify.repositories.checks import (
    CHECK_AGAIN,
    STOP_CHECKING_UNCERTAIN,
    DueCheck,
)
from services.notify.repositories.touches import Claimed
from services.notify.touches import State, Touch
from tests.builders import a_card, a_touch


class Ledger:
    """Notes what it is asked to: as the database with its connection, and as the touches."""

    def __init__(self) -> None:
        self.uncertain: list[Settlement] = []
        self.published: list[Event] = []
        self.stopped: list[tuple[UUID, State]] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Ledger"]:
        yield self

    async def fetch(self, query: str, touch_id: UUID, state: State, check_in: float | None) -> None:
        assert query == CHECK_AGAIN
        assert check_in is None
        self.stopped.append((touch_id, state))

    async def fetchval(self, query: str, _: UUID) -> bool:
        assert query == STOP_CHECKING_UNCERTAIN
        return True

    async def execute(self, query: str, *values: list[Any]) -> None:
        assert query == INSERT_MESSAGES
        self.published += [TouchUnresolved.model_validate_json(body) for body in values[4]]

    async def claim(self, _: Touch, __: LeadCard) -> Claimed:
        return Claimed(Claim(UUID(int=1), attempt=1))

    async def settle(self, settlement: Settlement) -> None:
        assert settlement.state is State.UNCERTAIN
        self.uncertain.append(settlement)


class With:
    def __init__(self, ledger: Ledger) -> None:
        self.database = ledger
        self.touches = ledger


def due(lead_id: int, *, check_count: int = 1) -> DueCheck:
    touch = a_touch(Channel.SMS, lead_id=lead_id)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return DueCheck(
        touch,
        a_card(),
        sendings=1,
        check_count=check_count,
        first_claimed_at=at,
        age_seconds=60,
        provider_ref=None,
    )


async def work_on(
    touches: list[DueCheck], state: State, error: Exception
) -> tuple[list[int], Ledger]:
    """The leads whose touches were worked on; each touch of lead 2 raises `error`."""
    ledger, worked = Ledger(), []

    async def work(touch: DueCheck, _: Deps) -> None:
        if touch.touch.lead_id == 2:
            raise error
        worked.append(touch.touch.lead_id)

    await each_by_itself(touches, state, work, cast("Deps", With(ledger)))
    return worked, ledger


@pytest.mark.parametrize("state", [State.PLANNED, State.UNCERTAIN, State.SENT])
async def test_a_bug_with_one_touch_stops_no_other(state: State) -> None:
    worked, ledger = await work_on([due(1), due(2), due(3)], state, KeyError("x"))

    assert worked == [1, 3]
    assert (ledger.uncertain, ledger.published, ledger.stopped) == ([], [], [])


async def test_an_outage_is_left_to_the_next_tick() -> None:
    with pytest.raises(Unavailable):
        await work_on([due(1), due(2), due(3)], State.UNCERTAIN, Unavailable("database"))


@pytest.mark.parametrize(
    ("state", "uncertain", "published", "stopped"),
    [
        pytest.param(State.UNCERTAIN, 0, 1, 0, id="uncertain"),
        pytest.param(State.PLANNED, 0, 1, 1, id="held"),
        pytest.param(State.SENT, 0, 0, 1, id="sent: only its receipt is missing"),
        pytest.param(State.ANSWERED, 1, 1, 1, id="answered: whether the link was asked for"),
    ],
)
async def test_after_many_looks_it_is_left_to_a_person(
    state: State, uncertain: int, published: int, stopped: int
) -> None:
    worked, ledger = await work_on([due(2, check_count=MAX_CHECKS), due(3)], state, KeyError("x"))

    assert worked == [3]
    assert (len(ledger.uncertain), len(ledger.published), len(ledger.stopped)) == (
        uncertain,
        published,
        stopped,
    )
    assert all(event.lead_id == 2 for event in ledger.published)
