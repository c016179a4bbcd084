"""Exchanges, queues and bindings, made before any service starts, so that no event is ever unroutable."""

from collections.abc import Iterable
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, ExchangeType

from kit.messaging.broker import (
    EXCHANGES,
    ConsumerQueue,
    dead_letter_queue,
    wait_exchange,
    work_exchange,
)

SAFE: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


async def declare(amqp_url: str, works: Iterable[ConsumerQueue], delays: tuple[float, ...]) -> None:
    """Makes what is missing. Needs a user who may configure; a changed argument is refused by the broker (406)."""
    works = list(works)
    async with await aio_pika.connect(amqp_url, timeout=10) as connection:
        channel = await connection.channel()
        for exchange in EXCHANGES:
            await channel.declare_exchange(exchange, ExchangeType.TOPIC, durable=True)
        for service in sorted({work.service for work in works}):
            await _declare_companions(channel, service, delays)
        # the audit log first: what it hears can be said again to whoever was not bound yet
        for work in sorted(works, key=lambda work: not work.receives_all):
            await _declare_work(channel, work)


async def _declare_companions(
    channel: AbstractChannel, service: str, delays: tuple[float, ...]
) -> None:
    await channel.declare_exchange(work_exchange(service), ExchangeType.DIRECT, durable=True)
    await channel.declare_exchange(dead_letter_queue(service), ExchangeType.FANOUT, durable=True)
    # classic: a quorum queue drops, from RabbitMQ 4 on, what was looked at and put back twenty times
    parked = await channel.declare_queue(
        dead_letter_queue(service), durable=True, arguments={"x-queue-type": "classic"}
    )
    await parked.bind(dead_letter_queue(service))
    for delay in sorted(set(delays)):
        name = wait_exchange(service, delay)
        await channel.declare_exchange(name, ExchangeType.FANOUT, durable=True)
        waiting = await channel.declare_queue(
            name,
            durable=True,
            # no dead-letter routing key: the message keeps its own, which names the queue it came from
            arguments=SAFE
            | {
                "x-message-ttl": int(delay * 1000),
                "x-dead-letter-exchange": work_exchange(service),
            },
        )
        await waiting.bind(name)


async def _declare_work(channel: AbstractChannel, work: ConsumerQueue) -> None:
    queue = await channel.declare_queue(
        work.name,
        durable=True,
        arguments=SAFE
        | {
            "x-delivery-limit": 50,  # a crash guard only: every redeploy counts against it
            "x-dead-letter-exchange": dead_letter_queue(work.service),
            "x-dead-letter-routing-key": work.name,
        },
    )
    await queue.bind(work_exchange(work.service), routing_key=work.name)
    for exchange, key in work.bindings:
        await queue.bind(exchange, routing_key=key)
