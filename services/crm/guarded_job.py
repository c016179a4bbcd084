"""Speaking to a company only while nothing stands against it: an operator's word, or the company's own trouble."""

import time
from collections.abc import Awaitable, Callable

import structlog

from contracts.events.base import Event
from contracts.events.outbound import ProviderAway, ProviderBack
from kit.circuit_breaker import Breaker
from kit.database import OURS
from kit.errors import Unavailable, describe
from kit.outbound_switch import Switch
from providers.errors import Barred

log = structlog.get_logger()


class Reaching:
    """One round of `work`, which returns False when it had nothing to do; says when its company goes and comes back."""

    def __init__(
        self,
        work: Callable[[], Awaitable[bool | None]],
        *,
        breaker: Breaker,
        switch: Switch,
        say: Callable[[Event], Awaitable[None]],
    ) -> None:
        self._work, self._breaker, self._switch, self._say = work, breaker, switch, say

    async def __call__(self) -> bool | None:
        if not self._breaker.admits(time.monotonic()) or await self._switch.paused():
            return False
        try:
            worked = await self._work()
        except OURS:
            raise
        except Unavailable as outage:
            log.warning("provider.unavailable", provider=self._breaker.provider, reason=describe(outage))
            wait, hopeless = outage.retry_after, isinstance(outage, Barred)
            if self._breaker.failed(str(outage), time.monotonic(), wait=wait, hopeless=hopeless):
                await self._say(ProviderAway(provider=self._breaker.provider, reason=str(outage)))
            return False
        if worked is not False and self._breaker.worked():
            await self._say(ProviderBack(provider=self._breaker.provider))
        return worked
