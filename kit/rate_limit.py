"""Limits how often a visitor may try wrong signatures, keys or links."""

from collections.abc import AsyncIterator

from fastapi import Depends, HTTPException, Request
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from kit.visitors import visitor_of

REFUSALS = parse("60/minute")  # for each visitor
REFUSED = (401, 403, 404, 410)

_limiter = SlidingWindowCounterRateLimiter(MemoryStorage())


async def _guarded(request: Request) -> AsyncIterator[None]:
    """Answers 429 to a visitor whose requests were refused too often in a minute.

    Only refusals count, and a valid request always passes, because providers share their
    addresses with strangers.
    """
    try:
        yield
    except HTTPException as refusal:
        if refusal.status_code in REFUSED and not await _limiter.hit(REFUSALS, visitor_of(request)):
            raise HTTPException(429, headers={"Retry-After": "60"}) from None
        raise


GUARDED = [Depends(_guarded)]
