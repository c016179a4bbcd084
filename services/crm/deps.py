"""What crm needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from contracts.commands.failed_work import DiscardWork, RetryWork
from kit.database import Database
from kit.leader import Leader
from kit.messaging.broker import FromContext
from kit.outbound_switch import OutboundSwitch
from kit.runtime import deps_of
from providers.calcom.client import CalcomClient
from services.crm.repositories.appointments import BookingLock
from services.crm.settings import Settings
from services.crm.use_cases.match_booking import BookingMatcher


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies of crm's handlers, routes and jobs.

    `calcom` and `calcom_poll` are None without a key.
    """

    settings: Settings
    database: Database
    lock: BookingLock
    matcher: BookingMatcher
    carry_out: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    switch: OutboundSwitch
    kommo_sync: Leader
    calcom: CalcomClient | None
    calcom_poll: Leader | None


BusDeps = Annotated[Deps, FromContext("deps")]
HttpDeps = Annotated[Deps, Depends(deps_of)]
