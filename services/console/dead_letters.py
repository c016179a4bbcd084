"""Lists, replays and discards the messages in the broker's dead-letter queues.

A message stays in its queue until it is replayed or discarded. It is fetched without being
acknowledged, and returns to the queue when the connection closes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError

from contracts.events.dead_letter import DeadLetterDiscarded, DeadLetterReplayed
from contracts.message import Message
from kit.messaging.broker import dead_letter_queue, work_exchange
from services.console.decisions.dead_letters import Letter, headers_for_replay, read_letter

log = structlog.get_logger()

CACHE_SECONDS = 5.0
SERVICES = ("console", "crm", "intake", "notify", "scheduler")  # each has a dead-letter queue

Publish = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The letters that were replayed or discarded, and those that stayed.

    A letter stays when its queue does not take it.
    """

    done: list[Letter]
    stayed: list[Letter] = field(default_factory=list)


class DeadLetters:
    """All dead-letter queues.

    Raises aio_pika's exceptions and TimeoutError when the broker is unavailable.
    """

    def __init__(self, amqp_url: str, publish: Publish) -> None:
        self._amqp_url = amqp_url
        self._publish = publish
        self._lock = asyncio.Lock()  # a reader keeps the letters that it has fetched from others
        self._cached: list[Letter] = []
        self._cached_until = 0.0

    async def letters(self, *, limit: int) -> list[Letter]:
        """Returns the oldest `limit` letters of each service."""
        async with self._lock:
            return await self._letters(limit)

    async def cached_letters(self, *, limit: int) -> list[Letter]:
        """Returns the letters as they were a few seconds ago.

        For pages that refresh often: each reading keeps the letters from being acted on.
        """
        async with self._lock:
            if time.monotonic() > self._cached_until:
                self._cached = await self._letters(limit)
                self._cached_until = time.monotonic() + CACHE_SECONDS
            return self._cached

    async def _letters(self, limit: int) -> list[Letter]:
        found: list[Letter] = []
        async with self._channel() as channel:
            for service in SERVICES:
                dead_letters = _dead_letters(channel, service, limit)
                found.extend([letter async for _, letter in dead_letters])
        return found

    async def replay(self, letter_ids: Collection[str], by: str) -> ActionResult:
        """Republishes these letters to the queues they came from.

        Twice is harmless, because consumers deduplicate. A letter whose queue is gone or takes
        nothing stays in the dead-letter queue, and does not hold up the others.
        """
        result = ActionResult([])
        async with self._changing_letters() as channel:
            for service in SERVICES:
                async for message, letter in _dead_letters(channel, service):
                    if letter.letter_id not in letter_ids:
                        continue
                    try:
                        await self._replay(channel, service, message, letter, by)
                    except DeliveryError as refused:
                        log.warning(
                            "dead_letter.not_removed",
                            lead_id=letter.lead_id,
                            queue=letter.queue,
                            reason=type(refused).__name__,
                        )
                        result.stayed.append(letter)
                    else:
                        result.done.append(letter)
        return result

    async def discard(self, letter_ids: Collection[str], by: str) -> ActionResult:
        """Deletes these letters, on the record."""
        result = ActionResult([])
        async with self._changing_letters() as channel:
            for service in SERVICES:
                async for message, letter in _dead_letters(channel, service):
                    if letter.letter_id in letter_ids:
                        await self._discard(message, letter, by)
                        result.done.append(letter)
        return result

    async def _replay(
        self,
        channel: AbstractChannel,
        service: str,
        message: AbstractIncomingMessage,
        letter: Letter,
        by: str,
    ) -> None:
        """Republishes the message, records that, and only then acknowledges the dead letter.

        A crash in between repeats the first two, and loses nothing.
        """
        copy = aio_pika.Message(
            message.body,
            headers=headers_for_replay(message.headers),
            message_id=message.message_id,
            correlation_id=message.correlation_id,
            content_type=message.content_type,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        exchange = await channel.get_exchange(work_exchange(service), ensure=False)
        await exchange.publish(copy, letter.queue, timeout=10)
        await self._publish(DeadLetterReplayed(**_event_fields(letter), by=by))
        await message.ack()
        log.info("dead_letter.replayed", lead_id=letter.lead_id, queue=letter.queue)

    async def _discard(self, message: AbstractIncomingMessage, letter: Letter, by: str) -> None:
        await self._publish(DeadLetterDiscarded(**_event_fields(letter), by=by))
        await message.ack()
        log.warning("dead_letter.discarded", lead_id=letter.lead_id, queue=letter.queue)

    @asynccontextmanager
    async def _changing_letters(self) -> AsyncIterator[AbstractChannel]:
        """Yields a channel for changing letters, and invalidates the cached ones."""
        async with self._lock:
            self._cached_until = 0.0
            async with self._channel() as channel:
                yield channel

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[AbstractChannel]:
        async with await aio_pika.connect(self._amqp_url, timeout=10) as connection:
            yield await connection.channel(publisher_confirms=True, on_return_raises=True)


async def _dead_letters(
    channel: AbstractChannel, service: str, limit: int | None = None
) -> AsyncIterator[tuple[AbstractIncomingMessage, Letter]]:
    """Yields as many messages as the queue has now; those that arrive meanwhile come after them."""
    queue = await channel.declare_queue(dead_letter_queue(service), passive=True)
    count = queue.declaration_result.message_count or 0
    for _ in range(count if limit is None else min(count, limit)):
        message = await queue.get(fail=False, timeout=10)
        if message is None:
            return
        letter = read_letter(
            queue=message.routing_key or "",
            body=message.body,
            message_id=message.message_id or "",
            lead=message.correlation_id or "",
            headers=message.headers,
        )
        yield message, letter


def _event_fields(letter: Letter) -> dict[str, object]:
    return {
        "lead_id": letter.lead_id,
        "letter_id": letter.letter_id,
        "queue": letter.queue,
        "about": letter.topic,
        "reason": letter.error,
    }
