"""What scheduler does by the clock: fires timers within a second, and drains the backlog."""

import asyncio
from collections.abc import Sequence
from functools import partial

from kit.database import Database
from kit.periodic import PeriodicJob
from services.scheduler.deps import Deps
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.settings import Settings
from services.scheduler.use_cases.drain_backlog import drain_backlog
from services.scheduler.use_cases.fire_timers import fire_timers
from services.scheduler.use_cases.forget_old import forget_old
from services.scheduler.use_cases.publish_journey import publish_journey

BATCH = 500


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    async def fire() -> bool:
        spread = deps.settings.spread
        fired = await fire_timers(deps.database, deps.journeys, spread=spread, limit=BATCH)
        return fired == BATCH

    return (
        PeriodicJob("publish_journey", 5, partial(publish_journey, deps.database, deps.journeys)),
        PeriodicJob("fire", 0.1, fire),
        PeriodicJob("backlog", 1, deps.leader),
        PeriodicJob("forget_old", 3600, partial(forget_old, deps.database)),
    )


class BacklogDrain:
    """Drains overdue touches at `backlog_per_second`, above `backlog_hold` only once released."""

    def __init__(self, database: Database, journeys: Journeys, settings: Settings) -> None:
        self._database = database
        self._journeys = journeys
        self._spread = settings.spread
        self._hold_above = settings.backlog_hold
        self._pause = 1 / settings.backlog_per_second

    async def __call__(self) -> bool:
        drained = await drain_backlog(
            self._database, self._journeys, spread=self._spread, hold_above=self._hold_above
        )
        if drained:
            await asyncio.sleep(self._pause)
        return drained
