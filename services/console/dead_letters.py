"""What nobody could do, as it stands in the broker's parking queues: looked at, tried anew, thrown away.

The messages stay where they are until one of these happens. They are fetched without being acknowledged, and go back
when the connection closes.
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

SHOWN_SECONDS = 5.0
SERVICES = ("console", "crm", "intake", "notify", "scheduler")  # those that have work to fail at

Say = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Acted:
    """The letters that it was done with, and those that stayed where they are: their queue does not take them."""

    done: list[Letter]
    stayed: list[Letter] = field(default_factory=list)


class DeadLetters:
    """All parking queues. Raises aio_pika's exceptions and TimeoutError when the broker is away."""

    def __init__(self, amqp_url: str, say: Say) -> None:
        self._amqp_url, self._say = amqp_url, say
        self._one_at_a_time = asyncio.Lock()  # whoever looks keeps the letters from everybody else
        self._shown: list[Letter] = []
        self._shown_until = 0.0

    async def letters(self, *, limit: int) -> list[Letter]:
        """The oldest `limit` of each service."""
        async with self._one_at_a_time:
            return await self._letters(limit)

    async def shown(self, *, limit: int) -> list[Letter]:
        """As `letters`, for pages that look again and again: a few seconds old, so that letters can be acted on."""
        async with self._one_at_a_time:
            if time.monotonic() > self._shown_until:
                self._shown = await self._letters(limit)
                self._shown_until = time.monotonic() + SHOWN_SECONDS
            return self._shown

    async def _letters(self, limit: int) -> list[Letter]:
        async with self._channel() as channel:
            return [
                letter
                for service in SERVICES
                async for _, letter in _parked(channel, service, limit)
            ]

    async def replay(self, letter_ids: Collection[str], by: str) -> Acted:
        """Tries these again, each in the queue it came from. Twice is harmless: consumers know.

        One whose queue is gone, or takes nothing, stays parked, and keeps no other from its turn.
        """
        acted = Acted([])
        async with self._acting() as channel:
            for service in SERVICES:
                async for message, letter in _parked(channel, service):
                    if letter.letter_id not in letter_ids:
                        continue
                    try:
                        await self._replay(channel, service, message, letter, by)
                    except DeliveryError as refused:
                        log.warning(
                            "dead_letter.stayed",
                            lead_id=letter.lead_id,
                            queue=letter.queue,
                            reason=type(refused).__name__,
                        )
                        acted.stayed.append(letter)
                    else:
                        acted.done.append(letter)
        return acted

    async def discard(self, letter_ids: Collection[str], by: str) -> Acted:
        """Throws these away."""
        async with self._acting() as channel:
            return Acted(
                [
                    await self._discarded(message, letter, by)
                    for service in SERVICES
                    async for message, letter in _parked(channel, service)
                    if letter.letter_id in letter_ids
                ]
            )

    async def _replay(
        self,
        channel: AbstractChannel,
        service: str,
        message: AbstractIncomingMessage,
        letter: Letter,
        by: str,
    ) -> None:
        """Published, said, and only then let go of: a crash in between does it again, and loses nothing."""
        again = aio_pika.Message(
            message.body,
            headers=headers_for_replay(message.headers),
            message_id=message.message_id,
            correlation_id=message.correlation_id,
            content_type=message.content_type,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        exchange = await channel.get_exchange(work_exchange(service), ensure=False)
        await exchange.publish(again, letter.queue, timeout=10)
        await self._say(DeadLetterReplayed(**_about(letter), by=by))
        await message.ack()
        log.info("dead_letter.replayed", lead_id=letter.lead_id, queue=letter.queue)

    async def _discarded(self, message: AbstractIncomingMessage, letter: Letter, by: str) -> Letter:
        await self._say(DeadLetterDiscarded(**_about(letter), by=by))
        await message.ack()
        log.warning("dead_letter.discarded", lead_id=letter.lead_id, queue=letter.queue)
        return letter

    @asynccontextmanager
    async def _acting(self) -> AsyncIterator[AbstractChannel]:
        """A channel to change letters by; what was shown before counts no more."""
        async with self._one_at_a_time:
            self._shown_until = 0.0
            async with self._channel() as channel:
                yield channel

    @asynccontextmanager
    async def _channel(self) -> AsyncIterator[AbstractChannel]:
        async with await aio_pika.connect(self._amqp_url, timeout=10) as connection:
            yield await connection.channel(publisher_confirms=True, on_return_raises=True)


async def _parked(
    channel: AbstractChannel, service: str, limit: int | None = None
) -> AsyncIterator[tuple[AbstractIncomingMessage, Letter]]:
    """As many as there are now: what is parked meanwhile comes behind them, and is not walked into again."""
    queue = await channel.declare_queue(dead_letter_queue(service), passive=True)
    there = queue.declaration_result.message_count or 0
    for _ in range(there if limit is None else min(there, limit)):
        message = await queue.get(fail=False, timeout=10)
        if message is None:
            return
        yield (
            message,
            read_letter(
                queue=message.routing_key or "",
                body=message.body,
                message_id=message.message_id or "",
                lead=message.correlation_id or "",
                headers=message.headers,
            ),
        )


def _about(letter: Letter) -> dict[str, object]:
    return {
        "lead_id": letter.lead_id,
        "letter_id": letter.letter_id,
        "queue": letter.queue,
        "about": letter.topic,
        "reason": letter.error,
    }
