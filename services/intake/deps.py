"""What intake needs from outside."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Protocol, Self

from limits import RateLimitItem, parse
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter

from contracts.commands.failed_work import DiscardWork, RetryWork
from kit.database import Database
from kit.messaging.broker import FromContext
from services.intake.decisions.persons import Verdict
from services.intake.meta import MetaReader
from services.intake.settings import Settings
from services.intake.use_cases.accept_submissions import Received
from sources.overrides import Overrides

REFUSED_ABOVE = 10  # times the limit of a visitor


class SubmissionAcceptor(Protocol):
    """Stores one submission, and returns the verdict on it after the commit."""

    async def __call__(self, received: Received, /) -> Verdict: ...


class SourceFinder(Protocol):
    """Returns the source that a key belongs to; None for a key that is not, or no longer."""

    async def __call__(self, key: str, /) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How many submissions go their way: of one visitor's address, and of one source with a key.

    What is above is held. `beyond` is how many more of one visitor are; the others are refused.
    """

    visitor: RateLimitItem
    beyond: RateLimitItem
    source: RateLimitItem

    @classmethod
    def of(cls, settings: Settings) -> Self:
        amount, _, period = settings.lead_rate_limit.partition("/")
        return cls(
            visitor=parse(settings.lead_rate_limit),
            beyond=parse(f"{int(amount) * (REFUSED_ABOVE - 1)}/{period}"),
            source=parse(settings.source_rate_limit),
        )


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies of intake's handlers and jobs.

    The two events wake the jobs that process deliveries and imports.
    """

    settings: Settings
    database: Database
    accept: SubmissionAcceptor
    source_of: SourceFinder
    failed_work: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    limiter: SlidingWindowCounterRateLimiter
    limits: Limits
    answers: Counter
    deliveries: Counter
    overrides: Overrides
    meta: MetaReader
    deliveries_due: asyncio.Event
    imports_due: asyncio.Event


BusDeps = Annotated[Deps, FromContext("deps")]
