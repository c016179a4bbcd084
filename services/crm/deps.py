"""What crm needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from contracts.commands.failed_work import DiscardWork, RetryWork
from kit.leader import Leader
from kit.messaging.broker import FromContext
from kit.outbound_switch import OutboundSwitch
from services.crm.repositories.bookings import Bookings
from services.crm.repositories.registrations import Registrations
from services.crm.settings import Settings


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    registrations: Registrations
    bookings: Bookings
    erase: Callable[[int], Awaitable[None]]
    carry_out: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    switch: OutboundSwitch
    telling: Leader
    polling: Leader | None


FromApp = Annotated[Deps, FromContext("deps")]
