"""Runs a provider's job unless outbound is paused or the provider's circuit breaker is open."""

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
    """Runs `job` once, and publishes when its provider becomes unavailable and when it recovers.

    The job returns False when it had nothing to do.
    """

    def __init__(
        self,
        job: Callable[[], Awaitable[bool | None]],
        *,
        breaker: CircuitBreaker,
        switch: OutboundSwitch,
        publish: Callable[[Event], Awaitable[None]],
    ) -> None:
        self._job = job
        self._breaker = breaker
        self._switch = switch
        self._publish = publish

    async def __call__(self) -> bool | None:
        # the switch first: an attempt that is claimed and not made would lengthen the pause
        if await self._switch.paused() or not self._breaker.acquire(time.monotonic()):
            return False
        try:
            worked = await self._job()
        except DATABASE_FAILURES:
            raise
        except Unavailable as outage:
            log.warning(
                "provider.unavailable", provider=self._breaker.provider, reason=describe(outage)
            )
            opened = self._breaker.record_failure(
                str(outage),
                time.monotonic(),
                wait=outage.retry_after,
                hopeless=isinstance(outage, CredentialsRejected),
            )
            if opened:
                await self._publish(
                    ProviderUnavailable(provider=self._breaker.provider, reason=str(outage))
                )
            return False
        if worked is not False and self._breaker.record_success():
            await self._publish(ProviderRecovered(provider=self._breaker.provider))
        return worked
