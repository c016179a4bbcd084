"""Keeps who comes with wrong signatures, keys or links from trying for ever."""

from collections.abc import AsyncIterator

from fastapi import Depends, HTTPException, Request
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

REFUSALS = parse("60/minute")  # of one address
REFUSED = (401, 403, 404)

_limiter = SlidingWindowCounterRateLimiter(MemoryStorage())


async def _guarded(request: Request) -> AsyncIterator[None]:
    """Answers 429 to an address that was refused too often in a minute; whoever is right is never slowed down."""
    address = request.client.host if request.client else "unknown"
    if not await _limiter.test(REFUSALS, address):
        raise HTTPException(429, headers={"Retry-After": "60"})
    try:
        yield
    except HTTPException as refusal:
        if refusal.status_code in REFUSED:
            await _limiter.hit(REFUSALS, address)
        raise


GUARDED = [Depends(_guarded)]
