"""What crm needs from outside."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from contracts.failed_work import DiscardWork, RetryWork
from kit.bus import FromContext
from kit.leader import Leader
from kit.switch import Switch
from services.crm.settings import Settings
from services.crm.store.bookings import Bookings
from services.crm.store.registrations import Registrations


@dataclass(frozen=True, slots=True)
class Deps:
    settings: Settings
    registrations: Registrations
    bookings: Bookings
    erase: Callable[[int], Awaitable[None]]
    carry_out: Callable[[RetryWork | DiscardWork], Awaitable[None]]
    switch: Switch
    telling: Leader
    polling: Leader | None


FromApp = Annotated[Deps, FromContext("deps")]
