"""Declares exchanges, queues and bindings before any service starts: every event has a route."""

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

QUORUM_ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}


async def declare(
    amqp_url: str, queues: Iterable[ConsumerQueue], delays: tuple[float, ...]
) -> None:
    """Declares the exchanges, queues and bindings that are missing.

    The user needs the right to configure. The broker refuses a changed argument (406).
    """
    queues = list(queues)
    async with await aio_pika.connect(amqp_url, timeout=10) as connection:
        channel = await connection.channel()
        for exchange in EXCHANGES:
            await channel.declare_exchange(exchange, ExchangeType.TOPIC, durable=True)
        for service in sorted({queue.service for queue in queues}):
            await _declare_companions(channel, service, delays)
        # the audit log first: its events can be republished to a queue that was not bound yet
        for queue in sorted(queues, key=lambda queue: not queue.receives_all):
            await _declare_queue(channel, queue)


async def _declare_companions(
    channel: AbstractChannel, service: str, delays: tuple[float, ...]
) -> None:
    await channel.declare_exchange(work_exchange(service), ExchangeType.DIRECT, durable=True)
    await channel.declare_exchange(dead_letter_queue(service), ExchangeType.FANOUT, durable=True)
    # classic, because from RabbitMQ 4 on a quorum queue drops a message that was read and requeued
    # twenty times
    dead_letters = await channel.declare_queue(
        dead_letter_queue(service), durable=True, arguments={"x-queue-type": "classic"}
    )
    await dead_letters.bind(dead_letter_queue(service))
    for delay in sorted(set(delays)):
        name = wait_exchange(service, delay)
        await channel.declare_exchange(name, ExchangeType.FANOUT, durable=True)
        waiting = await channel.declare_queue(
            name,
            durable=True,
            # no dead-letter routing key: the message keeps its own, which names its first queue
            arguments=QUORUM_ARGUMENTS
            | {
                "x-message-ttl": int(delay * 1000),
                "x-dead-letter-exchange": work_exchange(service),
            },
        )
        await waiting.bind(name)


async def _declare_queue(channel: AbstractChannel, queue: ConsumerQueue) -> None:
    declared = await channel.declare_queue(
        queue.name,
        durable=True,
        arguments=QUORUM_ARGUMENTS
        | {
            "x-delivery-limit": 50,  # only a guard against crashes: every redeploy counts
            "x-dead-letter-exchange": dead_letter_queue(queue.service),
            "x-dead-letter-routing-key": queue.name,
        },
    )
    await declared.bind(work_exchange(queue.service), routing_key=queue.name)
    for exchange, key in queue.bindings:
        await declared.bind(exchange, routing_key=key)
