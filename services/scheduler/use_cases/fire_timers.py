"""Fires the timers that have just fallen due."""

from datetime import timedelta

from kit.database import Database
from services.scheduler.decisions.lateness import LATE_SECONDS
from services.scheduler.repositories import firing, timers
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.settle_timers import settle_timers

BEAT_SECONDS = 5.0


async def fire_timers(
    database: Database, journeys: Journeys, *, spread: timedelta, limit: int
) -> int:
    """Settles up to `limit` timers in one transaction. Returns how many there were."""
    async with database.transaction() as connection:
        rows = await timers.lock_punctual(connection, limit=limit, late_seconds=LATE_SECONDS)
        await settle_timers(connection, rows, journeys, spread=spread)
    await firing.record_beat(database, pause=LATE_SECONDS, every=BEAT_SECONDS)
    return len(rows)
