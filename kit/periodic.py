"""Runs jobs by the clock."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from kit.errors import Unavailable, describe

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """Runs `action` every `seconds`; the action returns True when there may be more to do."""

    name: str
    seconds: float
    action: Callable[[], Awaitable[bool | None]]


async def run_periodically(job: PeriodicJob) -> None:
    """Runs the job forever, at once where there may be more to do.

    After an outage it waits for the next run. A bug is logged with its frames, and the job runs
    again.
    """
    while True:
        has_more = None
        try:
            has_more = await job.action()
        except Unavailable as outage:
            log.warning("job.unavailable", job=job.name, reason=describe(outage))
        except Exception as bug:  # one failing job must not end the others
            log.error("job.failed", job=job.name, exc_info=bug)
        if not has_more:
            await asyncio.sleep(job.seconds)
