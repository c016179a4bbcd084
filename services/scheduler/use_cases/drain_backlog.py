"""Takes the next step of the backlog: settles one overdue touch, or waits for an operator."""

from datetime import timedelta

import structlog

from contracts.events.cadence import BacklogHeld
from kit.database import Database
from kit.messaging import outbox
from services.scheduler.decisions.backlog import NextStep, next_step
from services.scheduler.decisions.lateness import LATE_SECONDS
from services.scheduler.repositories import backlog, timers
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.settle_timers import settle_timers

log = structlog.get_logger()

MARK_LIMIT = 5000


async def drain_backlog(
    database: Database, journeys: Journeys, *, spread: timedelta, hold_above: int
) -> bool:
    """Returns whether a touch was due to be settled.

    Only one replica at a time may do this, because it compares a lead's touches.
    """
    await timers.mark_late(database, limit=MARK_LIMIT, late_seconds=LATE_SECONDS)
    row = await backlog.get(database)
    step = next_step(
        overdue=row.overdue, held=row.held, released=row.released, hold_above=hold_above
    )
    match step:
        case NextStep.NOTHING | NextStep.WAIT:
            pass
        case NextStep.END_HOLD:
            await _end_hold(database)
        case NextStep.HOLD:
            await _hold(database, row.overdue)
        case NextStep.DRAIN:
            await _settle_next(database, journeys, spread)
    return step is NextStep.DRAIN


async def _end_hold(database: Database) -> None:
    async with database.transaction() as connection:
        await backlog.update(connection, held=False, released=False)


async def _hold(database: Database, overdue: int) -> None:
    async with database.transaction() as connection:
        await backlog.update(connection, held=True, released=False)
        await outbox.add(connection, [BacklogHeld(overdue=overdue)])
    log.warning("backlog.held", overdue=overdue)


async def _settle_next(database: Database, journeys: Journeys, spread: timedelta) -> None:
    async with database.transaction() as connection:
        rows = await timers.lock_overdue(connection, limit=1)
        await settle_timers(connection, rows, journeys, spread=spread)
