"""Queues of work: what they hear, how often a failure is tried again, and where it is parked for a person."""

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
HOLD_SECONDS = 20 * 60  # RabbitMQ takes a message back after 30 minutes (consumer_timeout)
PERMANENT = (
    pydantic.ValidationError,
    fast_depends.exceptions.ValidationError,
    json.JSONDecodeError,
    UnicodeDecodeError,
)


class FromContext(CustomField):
    """A handler's argument out of the broker's context. FastStream's own `Context` is looked up in another thread, and
    so costs every message two changes of thread (fast_depends 3.0 sends each function that is not a coroutine there).
    """

    def __init__(self, name: str) -> None:
        super().__init__(cast=False)
        self._name = name

    async def use(self, /, **arguments: Any) -> dict[str, Any]:  # type: ignore[override]
        return arguments | {str(self.param_name): arguments["context__"].get(self._name)}


@dataclass(frozen=True)
class ConsumerQueue:
    """One queue: `name` is `<service>.<what it does>`, `prefetch` how many messages it holds.

    `bindings` are pairs of an exchange and a binding key.

    The queue, its bindings and its companions are made beforehand (kit.messaging.topology); a service only uses them.
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
    """Returns the queue `name`, bound to these events and commands; a string binds one event's key."""
    service = name.partition(".")[0]
    bindings = tuple(
        (EVENT_EXCHANGE.name, message)
        if isinstance(message, str)
        else (message.exchange, message.binding_for(service))
        for message in messages
    )
    return ConsumerQueue(name, bindings, prefetch)


def work_exchange(service: str) -> str:
    """Where a message goes back to the one queue its routing key names."""
    return f"{service}.work"


def wait_exchange(service: str, delay: float) -> str:
    """Where a message waits `delay` seconds before it goes back."""
    return f"{service}.wait.{int(delay * 1000)}"


def dead_letter_queue(service: str) -> str:
    """The service's parking queue, and the exchange before it: what a person must look at."""
    return f"{service}.dead"


def next_delay(delays: tuple[float, ...], attempt: int, retry_after: float) -> float | None:
    """Seconds before the try after `attempt` (from 1), not sooner than `retry_after`; None when there is none left."""
    if attempt > len(delays):
        return None
    return next((delay for delay in delays[attempt - 1 :] if delay >= retry_after), delays[-1])


def passes(error: Exception) -> bool:
    """Returns whether trying again may help; what is a bug, or was never a message of ours, does not pass."""
    return isinstance(error, Unavailable) and not isinstance(error, PERMANENT)


def of_unknown_topic(error: Exception) -> bool:
    """Returns whether the message says something that this version has never heard of: an older queue's, or a newer
    version's that is being rolled out.
    """
    cause = getattr(error, "original_error", error)
    return isinstance(cause, pydantic.ValidationError) and any(
        (one["type"], one["loc"][1:]) in (("union_tag_invalid", ()), ("literal_error", ("topic",)))
        for one in cause.errors()
    )


def uses_up_a_try(error: Exception) -> bool:
    """Returns whether the failure counts: however long our database is away, no message is given up for it."""
    return not isinstance(error, DatabaseUnavailable)


def delay_after(error: Exception, attempt: int, delays: tuple[float, ...]) -> float | None:
    """Returns the seconds until the message is tried again after `attempt` failed by `error`; None to park it."""
    if not isinstance(error, Unavailable) or not passes(error):
        return None
    if not uses_up_a_try(error):
        return delays[:2][-1]
    return next_delay(delays, attempt, error.retry_after)


@dataclass(frozen=True, slots=True)
class Handled:
    """The message that is being handled: which attempt this is, from 1, and the delays between attempts in seconds."""

    attempt: int
    delays: tuple[float, ...]


def retry_delay(error: Exception) -> float | None:
    """Returns the seconds until the message that is being handled is tried again after `error`; None if it is not."""
    handled = _HANDLED.get()
    return delay_after(error, handled.attempt, handled.delays) if handled is not None else None


def _retrying(service: str, delays: tuple[float, ...]) -> type[BaseMiddleware]:
    class Retry(BaseMiddleware):
        """Hands a failed message to a wait queue or to parking, and only then lets go of it."""

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
                    if of_unknown_topic(error):
                        log.warning("message.unknown_topic", queue=queue, reason=describe(error))
                        return None
                    await self._hand_over_sometime(msg, queue, headers, attempt, error)

        async def _hand_over_sometime(
            self, msg: Any, queue: str, headers: dict[str, Any], attempt: int, error: Exception
        ) -> None:
            """Hands it over, and waits while the broker blocks publishers: a nack would count as one more delivery.

            Raises NackMessage when anything else is in the way; the message stays in its queue then.
            """
            held_since = time.monotonic()
            while True:
                try:
                    return await self._hand_over(msg, queue, headers, attempt, error)
                except TimeoutError as blocked:
                    if (
                        msg.raw_message.channel.is_closed
                        or time.monotonic() - held_since > HOLD_SECONDS
                    ):
                        raise NackMessage from blocked
                    log.warning("message.held", queue=queue)
                except Exception as failure:  # of this one message, perhaps: it must not keep a place that others need
                    raise NackMessage from failure
                await asyncio.sleep(1)

        async def _hand_over(
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
                reason = "attempts-exhausted" if passes(error) else "permanent"
                headers |= {"x-reason": reason, "x-where": where(error)}
                log.error("message.dead_lettered", queue=queue, attempt=attempt, exc_info=error)
            else:
                headers["x-attempt"] = attempt + uses_up_a_try(error)
                log.warning(
                    "message.retried",
                    queue=queue,
                    attempt=attempt,
                    again_in=delay,
                    reason=describe(error),
                )
            async with asyncio.timeout(10):
                await self.context.get("broker").publish(
                    msg.body,
                    routing_key=queue,
                    exchange=RabbitExchange(
                        dead_letter_queue(service)
                        if delay is None
                        else wait_exchange(service, delay),
                        type=ExchangeType.FANOUT,
                        declare=False,
                    ),
                    headers=headers,
                    persist=True,
                    message_id=msg.message_id,
                    correlation_id=msg.correlation_id,
                    content_type=msg.content_type,
                )

    return Retry


def make_broker(
    service: str,
    *,
    amqp_url: str,
    delays: tuple[float, ...],
    registry: CollectorRegistry,
    tracer_provider: Any = None,
) -> RabbitBroker:
    """The service's connection to RabbitMQ, with retries, metrics and (where exported) traces."""
    middlewares: list[Any] = [
        RabbitPrometheusMiddleware(registry=registry, app_name=service),
        _retrying(service, delays),
    ]
    if tracer_provider is not None:
        from faststream.rabbit.opentelemetry import RabbitTelemetryMiddleware

        middlewares.insert(0, RabbitTelemetryMiddleware(tracer_provider=tracer_provider))
    return RabbitBroker(
        amqp_url,
        logger=None,
        app_id=service,
        reconnect_interval=1.0,
        graceful_timeout=20.0,
        default_channel=Channel(publisher_confirms=True, on_return_raises=True),
        middlewares=middlewares,
    )


async def publish_directly(broker: RabbitBroker, message: Message) -> None:
    """Publishes the message around the outbox, for when our own database is away. Raises Unavailable."""
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
    except Exception as outage:  # whatever a broken connection raises
        raise Unavailable(f"broker: {describe(outage)}") from outage


async def keep_consuming(broker: RabbitBroker) -> None:
    """Starts the broker's consumers, however long RabbitMQ stays away, and anew whenever its connection was lost.

    aio-pika reconnects by itself, but a node that drops it again while it boots can end that quietly (aiormq raises a
    StopAsyncIteration that nothing there expects). So what was lost is thrown away, not restored.
    """
    while True:
        try:
            async with asyncio.timeout(10):
                await broker.start()
            connected = _transport(broker)
            while connected is not None and _transport(broker) is connected and _all_open(broker):
                await asyncio.sleep(0.25)
            log.warning("bus.lost")
        except Exception as outage:  # whatever keeps it from starting, it is tried again and said
            log.warning("broker.connect_failed", reason=describe(outage))
        with contextlib.suppress(Exception):  # of a connection that is gone
            async with asyncio.timeout(30):
                await broker.stop()
        await asyncio.sleep(0.5)


def _transport(broker: RabbitBroker) -> object | None:
    """The connection below the one that heals itself: another object after each reconnect."""
    connection = broker._connection  # noqa: SLF001 - FastStream 0.7 has no public name for it
    return (
        connection.transport if connection is not None and connection.connected.is_set() else None
    )


def _all_open(broker: RabbitBroker) -> bool:
    queues = [getattr(subscriber, "_queue_obj", None) for subscriber in broker.subscribers]
    return all(queue is not None and not queue.channel.is_closed for queue in queues)


async def quiesce(broker: RabbitBroker) -> None:
    """Stops the flow of new messages, so that stopping waits only for the handlers already at work.

    FastStream 0.7 waits for its handlers before it cancels the consumers: what arrives meanwhile is dropped and
    counts as one more delivery.
    """
    for subscriber in broker.subscribers:
        queue, tag = (
            getattr(subscriber, "_queue_obj", None),
            getattr(subscriber, "_consumer_tag", None),
        )
        if queue is not None and tag is not None and not queue.channel.is_closed:
            subscriber._consumer_tag = None  # type: ignore[attr-defined]  # noqa: SLF001  # type: ignore[attr-defined]
            await queue.cancel(tag)


def document(broker: RabbitBroker, messages: Iterable[type[Message]]) -> None:
    """Registers what the service publishes, for its AsyncAPI document. The outbox publishes."""
    for message in messages:
        broker.publisher(
            exchange=EXCHANGES[message.exchange],
            routing_key=message.topic_name(),
            schema=message,
            persist=True,
        )
