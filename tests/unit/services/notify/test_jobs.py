"""A touch that raises stops no other, and is escalated in the end."""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import pytest

from contracts.events.base import Event
from contracts.events.lead import LeadCard
from contracts.events.touch import Channel, TouchUnresolved
from kit.errors import Unavailable
from services.notify.deps import Deps
from services.notify.jobs import MAX_CHECKS, each_by_itself
from services.notify.repositories.ledger import Open
from services.notify.touches import State, Touch
from tests.builders import a_card, a_touch


class Ledger:
    """A ledger that records each call."""

    def __init__(self) -> None:
        self.unknowns: list[UUID] = []
        self.published: list[Event] = []
        self.stopped: list[tuple[UUID, State]] = []

    async def unknown(self, touch: Touch) -> None:
        self.unknowns.append(touch.touch_id)

    async def leave_to_a_person(self, touch: Touch, _: LeadCard, __: str) -> None:
        self.unknowns.append(touch.touch_id)

    async def publish(self, event: Event) -> None:
        self.published.append(event)

    async def check_again(self, touch_id: UUID, state: State, *, check_in: float | None) -> None:
        assert check_in is None
        self.stopped.append((touch_id, state))


class FakeDeps:
    def __init__(self, store: Ledger) -> None:
        self.store = store


def due(lead_id: int, *, check_count: int = 1) -> Open:
    touch = a_touch(Channel.SMS, lead_id=lead_id)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Open(
        touch,
        a_card(),
        sendings=1,
        check_count=check_count,
        first_claimed_at=at,
        age_seconds=60,
        provider_ref=None,
    )


async def work_on(touches: list[Open], state: State, error: Exception) -> tuple[list[int], Ledger]:
    """Returns the leads whose touches were processed. Each touch of lead 2 raises `error`."""
    ledger = Ledger()
    worked = []

    async def work(touch: Open, _: Deps) -> None:
        if touch.touch.lead_id == 2:
            raise error
        worked.append(touch.touch.lead_id)

    await each_by_itself(touches, state, work, cast("Deps", FakeDeps(ledger)))
    return worked, ledger


@pytest.mark.parametrize("state", [State.PLANNED, State.UNCERTAIN, State.SENT])
async def test_a_bug_with_one_touch_stops_no_other(state: State) -> None:
    worked, ledger = await work_on([due(1), due(2), due(3)], state, KeyError("x"))

    assert worked == [1, 3]
    assert (ledger.unknowns, ledger.published, ledger.stopped) == ([], [], [])


async def test_an_outage_is_left_to_the_next_run() -> None:
    with pytest.raises(Unavailable):
        await work_on([due(1), due(2), due(3)], State.UNCERTAIN, Unavailable("database"))


@pytest.mark.parametrize(
    ("state", "unknowns", "published", "stopped"),
    [
        pytest.param(State.UNCERTAIN, 1, 0, 0, id="uncertain"),
        pytest.param(State.PLANNED, 0, 1, 1, id="held"),
        pytest.param(State.SENT, 0, 0, 1, id="sent: only its receipt is missing"),
        pytest.param(State.ANSWERED, 1, 0, 1, id="answered: whether the link was asked for"),
    ],
)
async def test_after_many_checks_it_is_escalated(
    state: State, unknowns: int, published: int, stopped: int
) -> None:
    worked, ledger = await work_on([due(2, check_count=MAX_CHECKS), due(3)], state, KeyError("x"))

    assert worked == [3]
    assert (len(ledger.unknowns), len(ledger.published), len(ledger.stopped)) == (
        unknowns,
        published,
        stopped,
    )
    assert all(
        isinstance(event, TouchUnresolved) and event.lead_id == 2 for event in ledger.published
    )
