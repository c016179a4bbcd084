"""How a lead's stored timers become the planned ones."""

from contracts.events.lead import LeadOptedOut, LeadRestored
from contracts.events.touch import Channel
from services.scheduler.decisions.planning import Timer, plan
from services.scheduler.decisions.reconciliation import StoredTimer, reconcile, reopened
from tests.unit.services.scheduler.decisions.leads import (
    DAY_3,
    DAY_6,
    JOURNEY,
    a_lead,
    after,
    days,
    deferral,
    local,
)


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


def test_a_deferral_during_a_stop_counts_once_the_stop_is_taken_back() -> None:
    rows = [StoredTimer(1, DAY_3, DAY_3.due_at, "fired")]
    stop = LeadOptedOut(lead_id=123456, channel="sms", reason="reply")
    deferred = after(stop, deferral("day_3", Channel.WHATSAPP, days(5)))
    restored = after(LeadRestored(lead_id=123456, by="Operadora"), lead=deferred)

    assert reopened(a_lead(), deferred, rows) == {DAY_3.name}
    assert plan(deferred, JOURNEY) == []
    assert reopened(deferred, restored, rows) == {DAY_3.name}
    again = [StoredTimer(1, DAY_3, days(5), "fired")]
    assert reopened(deferred, restored, again) == set()


def test_timers_follow_the_plan() -> None:
    rows = [
        StoredTimer(1, DAY_3, DAY_3.due_at, "pending"),
        StoredTimer(2, DAY_6, DAY_6.due_at, "pending"),
    ]
    moved = Timer("day_3", Channel.WHATSAPP, "", 0, local(2026, 3, 6, 10))
    new = Timer("day_9", Channel.EMAIL, "", 0, local(2026, 3, 11, 10))
    changes = reconcile(rows, [moved, new], frozenset())

    assert (changes.delete, changes.move, changes.insert) == ((2,), ((1, moved.due_at),), (new,))
