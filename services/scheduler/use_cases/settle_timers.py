"""Settles due timers: decides how each ends, records that, and publishes its events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog

from contracts.events.base import Event
from kit.database import Connection
from kit.errors import describe
from kit.failed_work import publish_failed
from kit.messaging import outbox
from services.scheduler.decisions.enrolment import Enrolment
from services.scheduler.decisions.lateness import (
    KEPT_FIRINGS,
    Drop,
    End,
    Fire,
    Move,
    SetAside,
    resolve_timer,
)
from services.scheduler.repositories import timers
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.repositories.timers import FAILED_TIMERS, DueRow, SettledRow
from services.scheduler.use_cases.replan_lead import timer_of

log = structlog.get_logger()

STATES: dict[type[Fire | Drop | SetAside], str] = {
    Fire: "fired",
    Drop: "dropped",
    SetAside: "failed",
}


@dataclass(frozen=True, slots=True)
class SettledTimer:
    """A timer and its final end."""

    timer_id: int
    lead_id: int
    end: Fire | Drop | SetAside


async def settle_timers(
    connection: Connection, rows: Sequence[DueRow], journeys: Journeys, *, spread: timedelta
) -> None:
    """Settles or moves the timers in the caller's transaction, which has locked them."""
    settled: list[SettledTimer] = []
    moves = []
    for row in rows:
        end = await _end_of(connection, row, journeys, spread)
        if isinstance(end, Move):
            moves.append((row.timer_id, end.due_at))
        else:
            settled.append(SettledTimer(row.timer_id, row.lead_id, end))
    await record_ends(connection, settled)
    if moves:
        await timers.move(connection, moves)


async def _end_of(
    connection: Connection, row: DueRow, journeys: Journeys, spread: timedelta
) -> End:
    """Returns how the timer ends.

    A timer that cannot be decided is set aside, and does not stop the others of its batch.
    """
    try:
        journey = await journeys.get(connection, row.journey)
        end = resolve_timer(
            Enrolment.model_validate(row.facts),
            journey,
            timer_of(row),
            planned_at=row.planned_at,
            now=row.now,
            overtaken=row.overtaken,
            fired_at=row.fired_at,
            spread=spread,
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        raise
    except Exception as bug:
        log.error("timer.failed", timer=row.timer_id, lead_id=row.lead_id, exc_info=bug)
        return SetAside(describe(bug))
    log.info("timer.settled", lead_id=row.lead_id, step=row.step, end=type(end).__name__.lower())
    return end


async def record_ends(connection: Connection, settled: Sequence[SettledTimer]) -> None:
    """Records the ends, and publishes their events, in the caller's transaction."""
    if not settled:
        return
    rows: list[SettledRow] = []
    events: list[Event] = []
    for timer in settled:
        reason = None if isinstance(timer.end, Fire) else timer.end.reason
        rows.append(SettledRow(timer.timer_id, STATES[type(timer.end)], reason))
        if not isinstance(timer.end, SetAside):
            events += timer.end.events
    await timers.settle(connection, rows, kept_firings=KEPT_FIRINGS)
    await outbox.add(connection, events)
    for timer in settled:
        if isinstance(timer.end, SetAside):
            await publish_failed_timer(connection, timer.timer_id, timer.lead_id, timer.end.reason)


async def publish_failed_timer(
    connection: Connection, timer_id: int, lead_id: int, reason: str
) -> None:
    await publish_failed(
        connection,
        service="scheduler",
        kind=FAILED_TIMERS.kind,
        row_id=timer_id,
        lead_id=lead_id,
        reason=reason,
    )
