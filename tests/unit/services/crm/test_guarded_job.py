"""A provider's job rests while outbound is paused or its circuit breaker is open."""

from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from contracts.events.base import Event
from contracts.events.outbound import ProviderRecovered, ProviderUnavailable
from kit.circuit_breaker import LONGEST_PAUSE, SHORTEST_PAUSE, CircuitBreaker
from kit.errors import Unavailable
from kit.outbound_switch import OutboundSwitch
from providers.errors import CredentialsRejected
from services.crm.guarded_job import GuardedJob


class Switch:
    """The outbound switch, without its database."""

    def __init__(self) -> None:
        self.is_paused = False

    async def paused(self) -> bool:
        return self.is_paused


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("services.crm.guarded_job.time.monotonic", lambda: self.now)


class Provider:
    """A provider's job that fails as long as `failure` is set."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.calls = 0

    async def __call__(self) -> bool | None:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def guarded(
    provider: Callable[[], Awaitable[bool | None]], switch: Switch
) -> tuple[GuardedJob, list[Event]]:
    published: list[Event] = []

    async def publish(event: Event) -> None:
        published.append(event)

    job = GuardedJob(
        provider,
        breaker=CircuitBreaker("kommo", failure_threshold=1),
        switch=cast(OutboundSwitch, switch),
        publish=publish,
    )
    return job, published


async def test_an_outage_and_its_end_are_each_published_once(clock: Clock) -> None:
    provider = Provider()
    job, published = guarded(provider, Switch())
    provider.failure = Unavailable("kommo: no connection")
    for _ in range(3):
        assert await job() is False
        clock.now += LONGEST_PAUSE
    provider.failure = None
    for _ in range(3):
        assert await job() is True

    assert [type(event) for event in published] == [ProviderUnavailable, ProviderRecovered]


async def test_while_outbound_is_paused_no_attempt_is_claimed(clock: Clock) -> None:
    """The first attempt after it would otherwise come after a longer pause."""
    provider = Provider()
    switch = Switch()
    job, _ = guarded(provider, switch)
    provider.failure = Unavailable("kommo: no connection")
    await job()
    switch.is_paused = True
    for _ in range(10):
        clock.now += SHORTEST_PAUSE
        assert await job() is False
    switch.is_paused = False
    provider.failure = None

    assert await job() is True
    assert provider.calls == 2


async def test_rejected_credentials_are_tried_again_after_the_longest_pause(clock: Clock) -> None:
    provider = Provider()
    job, _ = guarded(provider, Switch())
    provider.failure = CredentialsRejected("kommo: 402", status=402)
    await job()
    clock.now += LONGEST_PAUSE - 1
    await job()
    assert provider.calls == 1
    clock.now += 1
    await job()
    assert provider.calls == 2


async def test_another_failure_is_not_swallowed() -> None:
    provider = Provider()
    job, published = guarded(provider, Switch())
    provider.failure = KeyError("a bug")
    with pytest.raises(KeyError):
        await job()
    assert published == []
