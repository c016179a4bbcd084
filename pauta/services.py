"""Lists every service with a database: the queues it consumes and the events it publishes."""

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
    """A service that has a database, a broker user and queues."""

    name: str
    queues: tuple[ConsumerQueue, ...]
    publishes: tuple[type[Message], ...]


def _service(
    name: str, queues: tuple[ConsumerQueue, ...], publishes: tuple[type[Message], ...]
) -> Service:
    """Returns the service, which also publishes WorkFailed for outbox rows that cannot leave."""
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
