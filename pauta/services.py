"""Every service that has a database and a place on the bus: what it hears and what it says."""

from dataclasses import dataclass

import services.console.consumers
import services.crm.consumers
import services.intake.consumers
import services.notify.consumers
import services.scheduler.consumers
from contracts.events.base import Event
from contracts.events.failed_work import WorkFailed
from kit.messaging.broker import Work


@dataclass(frozen=True)
class Service:
    name: str
    works: tuple[Work, ...]
    says: tuple[type[Event], ...]


def _service(name: str, works: tuple[Work, ...], says: tuple[type[Event], ...]) -> Service:
    """The service, which also says of rows in its outbox that they cannot be published."""
    return Service(name, works, tuple(dict.fromkeys((*says, WorkFailed))))


SERVICES = (
    _service("intake", services.intake.consumers.WORKS, services.intake.consumers.SAYS),
    _service("crm", services.crm.consumers.WORKS, services.crm.consumers.SAYS),
    _service("notify", services.notify.consumers.WORKS, services.notify.consumers.SAYS),
    _service("scheduler", services.scheduler.consumers.WORKS, services.scheduler.consumers.SAYS),
    _service("console", services.console.consumers.WORKS, services.console.consumers.SAYS),
)
