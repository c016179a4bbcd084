"""Every service that has a database and a place on the bus: what it hears and what it publishes."""

from dataclasses import dataclass

import services.console.consumers
import services.crm.consumers
import services.intake.consumers
import services.notify.consumers
import services.scheduler.consumers
from contracts.events.failed_work import WorkFailed
from contracts.message import Message
from kit.messaging.broker import ConsumerQueue


@dataclass(frozen=True)
class Service:
    name: str
    queues: tuple[ConsumerQueue, ...]
    publishes: tuple[type[Message], ...]


def _service(
    name: str, queues: tuple[ConsumerQueue, ...], publishes: tuple[type[Message], ...]
) -> Service:
    """The service, which also publishes of rows in its outbox that they cannot be published."""
    return Service(name, queues, tuple(dict.fromkeys((*publishes, WorkFailed))))


SERVICES = (
    _service("intake", services.intake.consumers.QUEUES, services.intake.consumers.PUBLISHES),
    _service("crm", services.crm.consumers.QUEUES, services.crm.consumers.PUBLISHES),
    _service("notify", services.notify.consumers.QUEUES, services.notify.consumers.PUBLISHES),
    _service(
        "scheduler", services.scheduler.consumers.QUEUES, services.scheduler.consumers.PUBLISHES
    ),
    _service("console", services.console.consumers.QUEUES, services.console.consumers.PUBLISHES),
)
