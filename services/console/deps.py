"""The dependencies of console's handlers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from contracts.commands.failed_work import DiscardWork, RetryWork
from domain.journey.model import Journey
from kit.leader import Leader
from kit.messaging.broker import FromContext
from kit.runtime import deps_of
from services.console.authentication import Authenticator
from services.console.decisions.disk import Disk
from services.console.failed_work import FailedWork
from services.console.intake_client import IntakeClient
from services.console.rendering import Pages
from services.console.repositories.actions import Actions, ReceivedMessage
from services.console.repositories.logins import Logins
from services.console.repositories.metrics import Metrics
from services.console.repositories.projections import Projections
from services.console.repositories.sessions import EndedSessions
from services.console.service_clients import ServiceClients
from services.console.settings import Settings


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything that handlers, pages and jobs use; made once, in `create_app`."""

    settings: Settings
    journey: Journey
    actions: Actions
    add: Callable[[ReceivedMessage], Awaitable[bool]]
    metrics: Metrics
    projections: Projections
    failed_work: FailedWork
    failed_outbox_rows: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    services: ServiceClients
    intake: IntakeClient
    pages: Pages
    authenticator: Authenticator
    logins: Logins
    ended_sessions: EndedSessions
    disk: Callable[[], Disk]
    log_writer: Leader
    projector: Leader


BusDeps = Annotated[Deps, FromContext("deps")]
HttpDeps = Annotated[Deps, Depends(deps_of)]
