"""Every service that has a database and a place on the bus: what it hears and what it says."""

from dataclasses import dataclass

import services.console.handlers
import services.crm.handlers
import services.intake.handlers
import services.notify.handlers
import services.scheduler.handlers
from contracts.event import Event
from kit.bus import Work


@dataclass(frozen=True)
class Service:
    name: str
    works: tuple[Work, ...]
    says: tuple[type[Event], ...]


SERVICES = (
    Service("intake", services.intake.handlers.WORKS, services.intake.handlers.SAYS),
    Service("crm", services.crm.handlers.WORKS, services.crm.handlers.SAYS),
    Service("notify", services.notify.handlers.WORKS, services.notify.handlers.SAYS),
    Service("scheduler", services.scheduler.handlers.WORKS, services.scheduler.handlers.SAYS),
    Service("console", services.console.handlers.WORKS, services.console.handlers.SAYS),
)
