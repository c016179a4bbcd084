"""How a lead's stored timers become the planned ones."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from services.scheduler.decisions.enrolment import Enrolment, Name
from services.scheduler.decisions.planning import Timer


@dataclass(frozen=True, slots=True)
class StoredTimer:
    """A timer as it is stored; `state` is pending, fired, dropped or failed."""

    timer_id: int
    timer: Timer
    planned_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes to a lead's stored timers. A fired timer stays fired unless it is reopened."""

    delete: tuple[int, ...]
    insert: tuple[Timer, ...]
    move: tuple[tuple[int, datetime], ...]
    reopen: tuple[tuple[int, datetime], ...]


def reconcile(
    rows: Sequence[StoredTimer], planned: Iterable[Timer], may_reopen: AbstractSet[Name]
) -> Changes:
    """Returns how the stored timers become the planned ones.

    A fired touch is due again only if it is in `may_reopen`.
    """
    wanted = {timer.name: timer for timer in planned}
    stored = {row.timer.name for row in rows}
    pending = [row for row in rows if row.state == "pending"]
    fired = [row for row in rows if row.state == "fired"]
    kept = [(row, wanted[row.timer.name]) for row in pending if row.timer.name in wanted]
    reopen = [
        (row, wanted[row.timer.name])
        for row in fired
        if row.timer.name in wanted and row.timer.name in may_reopen
    ]
    return Changes(
        delete=tuple(row.timer_id for row in pending if row.timer.name not in wanted),
        insert=tuple(timer for name, timer in wanted.items() if name not in stored),
        move=tuple(
            (row.timer_id, timer.due_at) for row, timer in kept if row.planned_at != timer.due_at
        ),
        reopen=tuple((row.timer_id, timer.due_at) for row, timer in reopen),
    )


def reopened(before: Enrolment, after: Enrolment, rows: Iterable[StoredTimer]) -> frozenset[Name]:
    """Returns the touches that may be due again although they fired.

    Those are the touches that `after` defers, now or to a time after the one that their row was
    planned for: while the follow-up is stopped, a deferral plans nothing.
    """
    planned_at = {row.timer.name: row.planned_at for row in rows}
    return frozenset(
        deferral.name
        for deferral in after.deferred
        if deferral not in before.deferred
        or deferral.at > planned_at.get(deferral.name, deferral.at)
    )
