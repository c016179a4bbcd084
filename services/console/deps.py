"""What console needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from contracts.commands.failed_work import DiscardWork, RetryWork
from domain.journey.model import Journey
from kit.leader import Leader
from kit.messaging.broker import FromContext
from services.console.authentication import Door
from services.console.decisions.disk import Disk
from services.console.failed_work import SetAside
from services.console.rendering import Pages
from services.console.repositories.actions import Heard, Store
from services.console.repositories.logins import Logins
from services.console.repositories.metrics import Figures
from services.console.repositories.projections import Projections
from services.console.repositories.sessions import EndedSessions
from services.console.service_clients import ServiceClients
from services.console.settings import Settings


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    journey: Journey
    store: Store
    add: Callable[[Heard], Awaitable[bool]]
    figures: Figures
    projections: Projections
    set_aside: SetAside
    failed_outbox_rows: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    services: ServiceClients
    pages: Pages
    door: Door
    logins: Logins
    ended_sessions: EndedSessions
    disk: Callable[[], Disk]
    log_writer: Leader
    projector: Leader


FromApp = Annotated[Deps, FromContext("deps")]
