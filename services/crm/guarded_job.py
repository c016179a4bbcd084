"""Speaking to a company only while nothing stands against it: an operator's word, or the company's own trouble."""

import time
from collections.abc import Awaitable, Callable

import structlog

from contracts.events.base import Event
from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from kit.circuit_breaker import CircuitBreaker
from kit.database import DATABASE_FAILURES
from kit.errors import Unavailable, describe
from kit.outbound_switch import OutboundSwitch
from providers.errors import CredentialsRejected

log = structlog.get_logger()


class GuardedJob:
    """One round of `work`, which returns False when it had nothing to do; says when its company goes and comes back."""

    def __init__(
        self,
        job: Callable[[], Awaitable[bool | None]],
        *,
        breaker: CircuitBreaker,
        switch: OutboundSwitch,
        publish: Callable[[Event], Awaitable[None]],
    ) -> None:
        self._job, self._breaker, self._switch, self._publish = job, breaker, switch, publish

    async def __call__(self) -> bool | None:
        if not self._breaker.acquire(time.monotonic()) or await self._switch.paused():
            return False
        try:
            worked = await self._job()
        except DATABASE_FAILURES:
            raise
        except Unavailable as outage:
            log.warning(
                "provider.unavailable", provider=self._breaker.provider, reason=describe(outage)
            )
            wait, hopeless = outage.retry_after, isinstance(outage, CredentialsRejected)
            if self._breaker.record_failure(
                str(outage), time.monotonic(), wait=wait, hopeless=hopeless
            ):
                await self._publish(
                    ProviderUnavailable(provider=self._breaker.provider, reason=str(outage))
                )
            return False
        if worked is not False and self._breaker.record_success():
            await self._publish(ProviderRecovered(provider=self._breaker.provider))
        return worked
