"""Waits for a condition, without guessing how long it takes."""

import asyncio
import time
from collections.abc import Callable


async def until(ready: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Returns as soon as `ready` is true. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.01)
