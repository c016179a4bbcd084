"""What intake needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from limits import RateLimitItem
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import EraseLead
from contracts.events.journey import JourneyPublished
from kit.messaging.broker import FromContext
from services.intake.decisions import Verdict
from services.intake.repositories import Received
from services.intake.settings import Settings

Accept = Callable[[Received], Awaitable[Verdict]]


class Keeps(Protocol):
    async def forget_old_keys(self) -> None: ...
    async def erase(self, command: EraseLead) -> None: ...
    async def end(self, lead_id: int, reason: str) -> None: ...
    async def enter_with(self, event: JourneyPublished) -> None: ...


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    accept: Accept
    store: Keeps
    failed_work: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    limiter: SlidingWindowCounterRateLimiter
    limit: RateLimitItem
    answers: Counter


FromApp = Annotated[Deps, FromContext("deps")]
