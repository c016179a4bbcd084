"""What scheduler does by the clock: fires timers to the second, and catches up after an outage at a set pace."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog

from kit.periodic import PeriodicJob
from services.scheduler.decisions.lateness import End, resolve_timer
from services.scheduler.deps import Deps
from services.scheduler.repositories.timers import Due, Store
from services.scheduler.settings import Settings

log = structlog.get_logger()

BATCH = 500


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    end = partial(_end, spread=deps.settings.spread)

    async def fire() -> bool:
        return await deps.store.fire(end, limit=BATCH) == BATCH

    return (
        PeriodicJob("publish_journey", 5, deps.store.publish_journey),
        PeriodicJob("fire", 0.1, fire),
        PeriodicJob("backlog", 1, deps.leader),
        PeriodicJob("forget_old", 3600, deps.store.forget_old),
    )


def _end(due: Due, *, spread: timedelta) -> End:
    end = resolve_timer(
        due.lead,
        due.journey,
        due.timer,
        planned_at=due.planned_at,
        now=due.now,
        overtaken=due.overtaken,
        fired_at=due.fired_at,
        spread=spread,
    )
    log.info(
        "timer.settled",
        lead_id=due.lead.lead_id,
        step=due.timer.step,
        end=type(end).__name__.lower(),
    )
    return end


class BacklogDrain:
    """Works off what is overdue, one touch after another; above a number of them it waits for an operator's word."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._hold = store, settings.backlog_hold
        self._pause, self._end = (
            1 / settings.backlog_per_second,
            partial(_end, spread=settings.spread),
        )

    async def __call__(self) -> bool:
        await self._store.mark_late()
        backlog = await self._store.backlog()
        if not backlog.overdue:
            if backlog.held:
                await self._store.caught_up()
            return False
        if (backlog.held or backlog.overdue > self._hold) and not backlog.released:
            if not backlog.held:
                await self._store.hold(backlog.overdue)
                log.warning("backlog.held", overdue=backlog.overdue)
            return False
        await self._store.drain_backlog(self._end, limit=1)
        await asyncio.sleep(self._pause)
        return True
