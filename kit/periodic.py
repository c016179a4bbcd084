"""Work entered by the clock."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from kit.errors import Unavailable, describe

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tick:
    """`action` every `seconds`; it returns True when there may be more to do at once."""

    name: str
    seconds: float
    action: Callable[[], Awaitable[bool | None]]


async def keep_ticking(tick: Tick) -> None:
    """Runs the tick for ever. An outage is waited out; a bug is logged with its frames and tried again."""
    while True:
        again = None
        try:
            again = await tick.action()
        except Unavailable as outage:
            log.warning("tick.unavailable", tick=tick.name, reason=describe(outage))
        except Exception as bug:  # one failing tick must not end the others
            log.error("tick.failed", tick=tick.name, exc_info=bug)
        if not again:
            await asyncio.sleep(tick.seconds)
