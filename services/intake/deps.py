"""What intake needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from limits import RateLimitItem
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter

from contracts.commands.failed_work import DiscardWork, RetryWork
from kit.database import Database
from kit.messaging.broker import FromContext
from services.intake.decisions.persons import Verdict
from services.intake.settings import Settings
from services.intake.use_cases.accept_submissions import Received


class SubmissionAcceptor(Protocol):
    """Stores one submission, and returns the verdict on it after the commit."""

    async def __call__(self, received: Received, /) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies of intake's handlers and jobs."""

    settings: Settings
    database: Database
    accept: SubmissionAcceptor
    failed_work: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    limiter: SlidingWindowCounterRateLimiter
    limit: RateLimitItem
    answers: Counter


BusDeps = Annotated[Deps, FromContext("deps")]
