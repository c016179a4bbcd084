"""Records whether a provider works, and publishes when its circuit breaker opens and closes."""

import time

import structlog

from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from kit.circuit_breaker import CircuitBreaker
from kit.errors import Unavailable
from kit.messaging import outbox
from providers.errors import CredentialsRejected, OutcomeUnknown
from services.notify.deps import Deps

log = structlog.get_logger()


async def record_failure(
    breaker: CircuitBreaker, error: Unavailable | OutcomeUnknown, deps: Deps
) -> None:
    """Records a failure, and publishes it when it makes the provider's touches wait."""
    wait = error.retry_after if isinstance(error, Unavailable) else 0.0
    hopeless = isinstance(error, CredentialsRejected)
    reason = str(error)
    if breaker.record_failure(reason, time.monotonic(), wait=wait, hopeless=hopeless):
        log.error("provider.unavailable", provider=breaker.provider, reason=reason)
        event = ProviderUnavailable(provider=breaker.provider, reason=reason)
        await outbox.publish(deps.database, event)


async def record_rejection(breaker: CircuitBreaker, reason: str, deps: Deps) -> None:
    """Records that our sender or template failed a touch, and publishes it when touches wait."""
    if breaker.record_rejection(reason, time.monotonic()):
        log.error("provider.unavailable", provider=breaker.provider, reason=reason)
        await outbox.publish(
            deps.database, ProviderUnavailable(provider=breaker.provider, reason=reason)
        )


async def record_receipt(breaker: CircuitBreaker, deps: Deps) -> None:
    """Records that a touch was carried out, and publishes it when that ends a wait."""
    if breaker.record_receipt():
        await _publish_recovered(breaker, deps)


async def record_success(breaker: CircuitBreaker, deps: Deps) -> None:
    """Records an answer, and publishes it when it ends the wait of the provider's touches."""
    if breaker.record_success():
        await _publish_recovered(breaker, deps)


async def _publish_recovered(breaker: CircuitBreaker, deps: Deps) -> None:
    log.info("provider.recovered", provider=breaker.provider)
    await outbox.publish(deps.database, ProviderRecovered(provider=breaker.provider))
