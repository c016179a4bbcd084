"""ConsumerQueue entered by the clock."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from kit.errors import Unavailable, describe

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """`action` every `seconds`; it returns True when there may be more to do at once."""

    name: str
    seconds: float
    action: Callable[[], Awaitable[bool | None]]


async def run_periodically(job: PeriodicJob) -> None:
    """Runs the job for ever. An outage is waited out; a bug is logged with its frames and tried again."""
    while True:
        again = None
        try:
            again = await job.action()
        except Unavailable as outage:
            log.warning("job.unavailable", job=job.name, reason=describe(outage))
        except Exception as bug:  # one failing job must not end the others
            log.error("job.failed", job=job.name, exc_info=bug)
        if not again:
            await asyncio.sleep(job.seconds)
