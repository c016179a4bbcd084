"""Every service that has a database and a place on the bus: what it hears and what it says."""

from dataclasses import dataclass

import services.console.handlers
import services.crm.handlers
import services.intake.handlers
import services.notify.handlers
import services.scheduler.handlers
from contracts.event import Event
from contracts.failed_work import WorkFailed
from kit.bus import Work


@dataclass(frozen=True)
class Service:
    name: str
    works: tuple[Work, ...]
    says: tuple[type[Event], ...]


def _service(name: str, works: tuple[Work, ...], says: tuple[type[Event], ...]) -> Service:
    """The service, which also says of rows in its outbox that they cannot be published."""
    return Service(name, works, tuple(dict.fromkeys((*says, WorkFailed))))


SERVICES = (
    _service("intake", services.intake.handlers.WORKS, services.intake.handlers.SAYS),
    _service("crm", services.crm.handlers.WORKS, services.crm.handlers.SAYS),
    _service("notify", services.notify.handlers.WORKS, services.notify.handlers.SAYS),
    _service("scheduler", services.scheduler.handlers.WORKS, services.scheduler.handlers.SAYS),
    _service("console", services.console.handlers.WORKS, services.console.handlers.SAYS),
)
