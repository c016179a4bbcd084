"""Connects a service to RabbitMQ: its queues, the retries of a message, and its dead letters."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import fast_depends.exceptions
import pydantic
import structlog
from aio_pika import RobustConnection
from fast_depends.library import CustomField
from faststream import AckPolicy, BaseMiddleware
from faststream.exceptions import HandlerException, NackMessage
from faststream.rabbit import (
    Channel,
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitQueue,
)
from faststream.rabbit.prometheus import RabbitPrometheusMiddleware
from prometheus_client import CollectorRegistry

from contracts.commands.base import Command
from contracts.events.base import Event
from contracts.message import Message
from kit.database import DatabaseUnavailable
from kit.errors import Unavailable, describe, where
from kit.observability import tracing

log = structlog.get_logger()

_HANDLED: ContextVar["Handled | None"] = ContextVar("handled", default=None)

EVENT_EXCHANGE = RabbitExchange(
    Event.exchange, type=ExchangeType.TOPIC, durable=True, declare=False
)
COMMAND_EXCHANGE = RabbitExchange(
    Command.exchange, type=ExchangeType.TOPIC, durable=True, declare=False
)
EXCHANGES = {exchange.name: exchange for exchange in (EVENT_EXCHANGE, COMMAND_EXCHANGE)}
ACKNOWLEDGE = AckPolicy.REJECT_ON_ERROR
EVERYTHING = "#"  # the binding key that matches every routing key
# RabbitMQ requeues an unacknowledged message after 30 minutes (consumer_timeout)
HOLD_SECONDS = 20 * 60
PERMANENT = (
    pydantic.ValidationError,
    fast_depends.exceptions.ValidationError,
    json.JSONDecodeError,
    UnicodeDecodeError,
)


class FromContext(CustomField):
    """A handler's argument from the broker's context, resolved in place.

    FastStream's own `Context` is resolved in a worker thread, which costs every message two thread
    switches (fast_depends 3.0 runs each function that is no coroutine there).
    """

    def __init__(self, name: str) -> None:
        super().__init__(cast=False)
        self._name = name

    async def use(self, /, **arguments: Any) -> dict[str, Any]:  # type: ignore[override]
        return arguments | {str(self.param_name): arguments["context__"].get(self._name)}


@dataclass(frozen=True)
class ConsumerQueue:
    """One queue: `name` is `<service>.<task>`, `bindings` are pairs of an exchange and a key.

    `prefetch` is the number of unacknowledged messages. The queue, its bindings and its companions
    are declared beforehand (kit.messaging.topology); a service only uses them.
    """

    name: str
    bindings: tuple[tuple[str, str], ...]
    prefetch: int = 10

    @property
    def service(self) -> str:
        return self.name.split(".")[0]

    @property
    def receives_all(self) -> bool:
        """Returns whether every event reaches this queue."""
        return (EVENT_EXCHANGE.name, EVERYTHING) in self.bindings

    @property
    def queue(self) -> RabbitQueue:
        return RabbitQueue(
            self.name,
            queue_type=QueueType.QUORUM,
            routing_key=self.bindings[0][1],
            declare=False,
        )

    @property
    def channel(self) -> Channel:
        return Channel(prefetch_count=self.prefetch)


def queue(name: str, *messages: type[Message] | str, prefetch: int = 10) -> ConsumerQueue:
    """Returns the queue `name`, which receives these events and commands.

    A string is the binding key of an event.
    """
    service = name.partition(".")[0]
    bindings = []
    for message in messages:
        if isinstance(message, str):
            bindings.append((EVENT_EXCHANGE.name, message))
        else:
            bindings.append((message.exchange, message.binding_for(service)))
    return ConsumerQueue(name, tuple(bindings), prefetch)


def work_exchange(service: str) -> str:
    """Returns the name of the exchange that routes a retry to the queue of its routing key."""
    return f"{service}.work"


def wait_exchange(service: str, delay: float) -> str:
    """Returns the name of the exchange and queue where a message waits `delay` seconds."""
    return f"{service}.wait.{int(delay * 1000)}"


def dead_letter_queue(service: str) -> str:
    """Returns the name of the service's dead-letter queue, and of the exchange before it."""
    return f"{service}.dead"


def next_delay(delays: tuple[float, ...], attempt: int, retry_after: float) -> float | None:
    """Returns the seconds until the attempt after `attempt` (from 1); None when none is left.

    It is the first remaining delay of at least `retry_after`, else the longest delay.
    """
    if attempt > len(delays):
        return None
    return next((delay for delay in delays[attempt - 1 :] if delay >= retry_after), delays[-1])


def may_recover(error: Exception) -> bool:
    """Returns whether a retry may help.

    It does not help for a bug, or for a message that cannot be parsed.
    """
    return isinstance(error, Unavailable) and not isinstance(error, PERMANENT)


def has_unknown_topic(error: Exception) -> bool:
    """Returns whether the message has a topic that this version does not know.

    It then comes from an older binding of the queue, or from a newer version that is being rolled
    out.
    """
    cause = getattr(error, "original_error", error)
    if not isinstance(cause, pydantic.ValidationError):
        return False
    unknown_topic = (("union_tag_invalid", ()), ("literal_error", ("topic",)))
    return any((detail["type"], detail["loc"][1:]) in unknown_topic for detail in cause.errors())


def counts_as_attempt(error: Exception) -> bool:
    """Returns whether the failure counts as an attempt.

    An unavailable database does not, so that no message is dead-lettered for it, however long the
    outage lasts.
    """
    return not isinstance(error, DatabaseUnavailable)


def delay_after(error: Exception, attempt: int, delays: tuple[float, ...]) -> float | None:
    """Returns the seconds until the retry, after `attempt` failed with `error`.

    None dead-letters the message.
    """
    if not isinstance(error, Unavailable) or not may_recover(error):
        return None
    if not counts_as_attempt(error):
        return delays[min(1, len(delays) - 1)]  # the second delay, or the only one
    return next_delay(delays, attempt, error.retry_after)


@dataclass(frozen=True, slots=True)
class Handled:
    """The message being handled: its attempt, from 1, and the delays before retries in seconds."""

    attempt: int
    delays: tuple[float, ...]


def retry_delay(error: Exception) -> float | None:
    """Returns the seconds until the message being handled is retried after `error`.

    None where it is not retried, or where no message is being handled.
    """
    handled = _HANDLED.get()
    return delay_after(error, handled.attempt, handled.delays) if handled is not None else None


def _retrying(service: str, delays: tuple[float, ...]) -> type[BaseMiddleware]:
    class Retry(BaseMiddleware):
        """Moves a failed message to a wait queue or the dead letters, then acknowledges it."""

        async def consume_scope(self, call_next: Any, msg: Any) -> Any:
            headers = dict(msg.headers)
            attempt = int(headers.get("x-attempt", 1))
            queue = self.context.get_local("handler_").queue.name
            _HANDLED.set(Handled(attempt, delays))
            with (
                tracing.continued(headers),
                structlog.contextvars.bound_contextvars(lead_id=msg.correlation_id),
            ):
                try:
                    return await call_next(msg)
                except HandlerException:
                    raise
                except Exception as error:
                    if has_unknown_topic(error):
                        log.warning("message.unknown_topic", queue=queue, reason=describe(error))
                        return None
                    await self._move_when_possible(msg, queue, headers, attempt, error)

        async def _move_when_possible(
            self, msg: Any, queue: str, headers: dict[str, Any], attempt: int, error: Exception
        ) -> None:
            """Moves the message, and waits while the broker blocks publishers.

            A nack instead would count as one more delivery. Raises NackMessage on any other
            failure; the message then stays in its queue.
            """
            held_since = time.monotonic()
            while True:
                try:
                    return await self._move(msg, queue, headers, attempt, error)
                except TimeoutError as blocked:
                    if (
                        msg.raw_message.channel.is_closed
                        or time.monotonic() - held_since > HOLD_SECONDS
                    ):
                        raise NackMessage from blocked
                    log.warning("message.held", queue=queue)
                # perhaps only this message fails: it must not occupy a place that others need
                except Exception as failure:
                    raise NackMessage from failure
                await asyncio.sleep(1)

        async def _move(
            self, msg: Any, queue: str, headers: dict[str, Any], attempt: int, error: Exception
        ) -> None:
            delay = delay_after(error, attempt, delays)
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            headers = {
                key: value
                for key, value in headers.items()
                if not key.startswith(("x-death", "x-first-death", "x-last-death"))
            }
            headers |= {"x-error": describe(error), "x-last-failure": now, "x-attempt": attempt}
            headers.setdefault("x-first-failure", now)
            if delay is None:
                reason = "attempts-exhausted" if may_recover(error) else "permanent"
                headers |= {"x-reason": reason, "x-where": where(error)}
                log.error("message.dead_lettered", queue=queue, attempt=attempt, exc_info=error)
            else:
                headers["x-attempt"] = attempt + counts_as_attempt(error)
                log.warning(
                    "message.retried",
                    queue=queue,
                    attempt=attempt,
                    again_in=delay,
                    reason=describe(error),
                )
            target = dead_letter_queue(service) if delay is None else wait_exchange(service, delay)
            async with asyncio.timeout(10):
                await self.context.get("broker").publish(
                    msg.body,
                    routing_key=queue,
                    exchange=RabbitExchange(target, type=ExchangeType.FANOUT, declare=False),
                    headers=headers,
                    persist=True,
                    message_id=msg.message_id,
                    correlation_id=msg.correlation_id,
                    content_type=msg.content_type,
                )

    return Retry


class ClosingBroker(RabbitBroker):
    """A broker that leaves no connection behind where it could not connect, or was cancelled.

    aio-pika 10.2 goes on connecting after the attempt was cancelled, and ignores that its task is:
    its process could not stop. FastStream 0.7 forgets a connection that has no channel yet.
    """

    async def _connect(self) -> RobustConnection:
        opened = []

        def connection(*args: Any, **kwargs: Any) -> RobustConnection:
            opened.append(RobustConnection(*args, **kwargs))
            return opened[-1]

        self._connection_kwargs["connection_class"] = connection
        try:
            return await super()._connect()
        except BaseException:
            for left_behind in opened:
                await left_behind.close()
            raise


def make_broker(
    service: str,
    *,
    amqp_url: str,
    delays: tuple[float, ...],
    registry: CollectorRegistry,
    tracer_provider: Any = None,
) -> RabbitBroker:
    """Returns the service's broker, with retries, metrics and (where exported) traces."""
    middlewares: list[Any] = [
        RabbitPrometheusMiddleware(registry=registry, app_name=service),
        _retrying(service, delays),
    ]
    if tracer_provider is not None:
        from faststream.rabbit.opentelemetry import RabbitTelemetryMiddleware

        middlewares.insert(0, RabbitTelemetryMiddleware(tracer_provider=tracer_provider))
    return ClosingBroker(
        amqp_url,
        logger=None,
        app_id=service,
        reconnect_interval=1.0,
        graceful_timeout=20.0,
        default_channel=Channel(publisher_confirms=True, on_return_raises=True),
        middlewares=middlewares,
    )


async def publish_directly(broker: RabbitBroker, message: Message) -> None:
    """Publishes the message without the outbox, for when our own database is unavailable.

    Raises Unavailable.
    """
    try:
        async with asyncio.timeout(5):
            await broker.publish(
                message,
                routing_key=message.routing_key,
                exchange=EXCHANGES[message.exchange],
                persist=True,
                message_id=str(message.event_id),
                correlation_id=str(message.lead_id),
                headers={"traceparent": tracing.current()},
            )
    except Exception as outage:  # a broken connection raises many types
        raise Unavailable(f"broker: {describe(outage)}") from outage


async def keep_consuming(broker: RabbitBroker) -> None:
    """Starts the broker's consumers, and restarts them whenever the connection was lost.

    It retries however long RabbitMQ is unavailable. aio-pika reconnects by itself, but a node that
    drops the connection again while it boots can end that silently (aiormq raises a
    StopAsyncIteration that nothing there expects). So a lost connection is discarded, not restored.
    """
    while True:
        try:
            async with asyncio.timeout(10):
                await broker.start()
            connected = _transport(broker)
            while connected is not None and _transport(broker) is connected and _all_open(broker):
                await asyncio.sleep(0.25)
            log.warning("broker.connection_lost")
        except Exception as outage:  # logged and retried, whatever the cause
            log.warning("broker.connect_failed", reason=describe(outage))
        with contextlib.suppress(Exception):  # the connection may be lost already
            async with asyncio.timeout(30):
                await broker.stop()
        await asyncio.sleep(0.5)


def _transport(broker: RabbitBroker) -> object | None:
    """Returns the transport below aio-pika's connection: a new object after each reconnect."""
    connection = broker._connection  # noqa: SLF001 - FastStream 0.7 has no public name for it
    if connection is None or not connection.connected.is_set():
        return None
    return connection.transport


def _all_open(broker: RabbitBroker) -> bool:
    queues = [getattr(subscriber, "_queue_obj", None) for subscriber in broker.subscribers]
    return all(queue is not None and not queue.channel.is_closed for queue in queues)


async def quiesce(broker: RabbitBroker) -> None:
    """Cancels the consumers, so that stopping waits only for the running handlers.

    FastStream 0.7 waits for its handlers before it cancels the consumers. A message that arrives
    meanwhile is dropped, and that counts as one more delivery.
    """
    for subscriber in broker.subscribers:
        queue = getattr(subscriber, "_queue_obj", None)
        tag = getattr(subscriber, "_consumer_tag", None)
        if queue is not None and tag is not None and not queue.channel.is_closed:
            subscriber._consumer_tag = None  # type: ignore[attr-defined]  # noqa: SLF001
            await queue.cancel(tag)


def document(broker: RabbitBroker, messages: Iterable[type[Message]]) -> None:
    """Registers the messages that the outbox publishes, for the service's AsyncAPI document."""
    for message in messages:
        broker.publisher(
            exchange=EXCHANGES[message.exchange],
            routing_key=message.topic_name(),
            schema=message,
            persist=True,
        )
