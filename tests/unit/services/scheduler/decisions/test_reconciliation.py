"""How a lead's stored timers become the planned ones."""

from contracts.events.touch import Channel
from services.scheduler.decisions.planning import Timer
from services.scheduler.decisions.reconciliation import StoredTimer, reconcile
from tests.unit.services.scheduler.decisions.leads import DAY_3, DAY_6, local


def test_a_touch_whose_time_came_is_planned_again_only_where_it_was_reopened() -> None:
    rows = [
        StoredTimer(1, DAY_3, DAY_3.due_at, "fired"),
        StoredTimer(2, DAY_6, DAY_6.due_at, "failed"),
    ]
    later = [Timer("day_3", Channel.WHATSAPP, "", 0, local(2026, 3, 9, 10)), DAY_6]

    assert reconcile(rows, later, frozenset()).reopen == ()
    assert reconcile(rows, later, frozenset({DAY_3.name, DAY_6.name})).reopen == (
        (1, local(2026, 3, 9, 10)),
    )


def test_timers_follow_the_plan() -> None:
    rows = [
        StoredTimer(1, DAY_3, DAY_3.due_at, "pending"),
        StoredTimer(2, DAY_6, DAY_6.due_at, "pending"),
    ]
    moved = Timer("day_3", Channel.WHATSAPP, "", 0, local(2026, 3, 6, 10))
    new = Timer("day_9", Channel.EMAIL, "", 0, local(2026, 3, 11, 10))
    changes = reconcile(rows, [moved, new], frozenset())

    assert (changes.delete, changes.move, changes.insert) == ((2,), ((1, moved.due_at),), (new,))
