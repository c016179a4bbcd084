"""Makes jobs that run at once when there is work for them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from kit.periodic import PeriodicJob


def woken_job(
    name: str, seconds: float, action: Callable[[], Awaitable[bool]], by: asyncio.Event
) -> PeriodicJob:
    """Returns a job that runs when `by` is set, and every `seconds` otherwise.

    Its action returns whether there may be more to do.
    """

    async def run() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(by.wait(), seconds)
        by.clear()
        if await action():
            by.set()

    return PeriodicJob(name, 0, run)
