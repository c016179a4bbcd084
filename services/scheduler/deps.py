"""What scheduler needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from contracts.failed_work import DiscardWork, RetryWork
from kit.bus import FromContext
from kit.leader import Leader
from services.scheduler.settings import Settings
from services.scheduler.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    store: Store
    leader: Leader
    failed_work: Callable[[RetryWork | DiscardWork], Awaitable[None]]


FromApp = Annotated[Deps, FromContext("deps")]
