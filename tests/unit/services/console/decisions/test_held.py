"""Which touches wait for an operator."""

from typing import Any
from uuid import UUID

import pytest

from contracts.events.touch import (
    Channel,
    HoldReason,
    Kind,
    SkipReason,
    TouchDue,
    TouchesReleased,
    TouchHeld,
    TouchSent,
    TouchSkipped,
)
from services.console.decisions.held import HeldTouch, holding_events, still_held
from tests.unit.services.console.decisions.test_leads import LEAD, at, touch

PREFIX = "prefix +57300"


def held(
    seconds: float = 10, reason: HoldReason = HoldReason.CAPPED, scope: str = PREFIX
) -> TouchHeld:
    event: TouchHeld = touch(TouchHeld, Channel.CALL, seconds, reason=reason, scope=scope)
    return event


def release(seconds: float = 20, scope: str = PREFIX) -> TouchesReleased:
    return TouchesReleased(reason=HoldReason.CAPPED, scope=scope, by="ana", at=at(seconds))


@pytest.mark.parametrize(
    ("events", "scopes"),
    [
        pytest.param([held()], [PREFIX], id="a cap"),
        pytest.param(
            [held(reason=HoldReason.NUMBER_UNKNOWN, scope="lead 7")], ["lead 7"], id="a number"
        ),
        pytest.param([held(reason=HoldReason.PAUSED, scope="")], [], id="it goes by itself"),
        pytest.param([held(), held(11, HoldReason.PAUSED)], [], id="held for another reason"),
        pytest.param([held(), touch(TouchSent, Channel.CALL, 12)], [], id="sent"),
        pytest.param(
            [held(), touch(TouchSkipped, Channel.CALL, 12, reason=SkipReason.CLOSED)],
            [],
            id="skipped",
        ),
        pytest.param([held(), touch(TouchSent, Channel.CALL, 9)], [PREFIX], id="an older event"),
        pytest.param([held(), release()], [], id="released"),
        pytest.param(
            [held(), release(scope="prefix +57301")], [PREFIX], id="another scope was released"
        ),
        pytest.param([held(), release(), held(30)], [PREFIX], id="held again"),
        pytest.param([release(), held(30)], [PREFIX], id="held after the release"),
    ],
)
def test_the_scopes_that_are_held_after(events: list[Any], scopes: list[str]) -> None:
    after = still_held({}, events)

    assert [touch.scope for touch in after.values()] == scopes
    assert all(touch.lead_id == LEAD for touch in after.values())


def test_a_touch_held_before_is_remembered() -> None:
    before = still_held({}, [held()])

    assert list(before) == [UUID(int=1)]
    assert still_held(before, [release()]) == {}


def test_a_held_touch_has_all_its_columns_and_the_latest_hold_counts() -> None:
    later = held(11, HoldReason.NUMBER_UNKNOWN, "lead 7")
    first = HeldTouch(UUID(int=1), LEAD, "capped", PREFIX, at(10))
    second = HeldTouch(UUID(int=1), LEAD, "number_unknown", "lead 7", at(11))

    assert still_held({}, [held()]) == {UUID(int=1): first}
    assert still_held({}, [held(), later]) == {UUID(int=1): second}
    assert still_held({}, [later, held()]) == {UUID(int=1): second}
    same_instant = held(10, scope="prefix +57301")
    assert [t.scope for t in still_held({}, [held(), same_instant]).values()] == ["prefix +57301"]


@pytest.mark.parametrize(("seconds", "left"), [(9, 1), (10, 0), (11, 0)])
def test_a_release_concerns_what_was_held_by_then(seconds: float, left: int) -> None:
    assert len(still_held({}, [held(), release(seconds)])) == left
    moved_on = touch(TouchSent, Channel.CALL, seconds)
    assert len(still_held({}, [held(), moved_on])) == left


def test_a_release_for_another_reason_releases_nothing() -> None:
    unknown = held(reason=HoldReason.NUMBER_UNKNOWN)

    assert list(still_held({}, [unknown, release()])) == [UUID(int=1)]


def test_only_events_about_holding_are_chosen() -> None:
    due = touch(TouchDue, Channel.CALL, 1, kind=Kind.FIRST_CONTACT, template="welcome")
    changes = [held(), release(), touch(TouchSent, Channel.CALL, 2)]

    assert holding_events([due, *changes]) == changes
