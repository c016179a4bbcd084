"""What scheduler needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from contracts.commands.failed_work import DiscardWork, RetryWork
from kit.database import Database
from kit.leader import Leader
from kit.messaging.broker import FromContext
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.settings import Settings


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    database: Database
    journeys: Journeys
    leader: Leader
    failed_work: Callable[[RetryWork | DiscardWork], Awaitable[None]]


FromApp = Annotated[Deps, FromContext("deps")]
