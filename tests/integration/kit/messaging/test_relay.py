"""The relay publishes the whole outbox, whatever is wrong with a single row."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import aio_pika
import aiormq
import pytest
import pytest_asyncio
import structlog
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.events.cadence import CadenceFinished
from contracts.events.failed_work import WorkFailed
from contracts.events.outbound import ProviderRecovered
from kit.database import Database
from kit.failed_work import OUTBOX_ROWS, carry_out
from kit.messaging import outbox
from kit.messaging.relay import Fate, Relay, fate

connected = pytest.mark.connected
LONG_TOPIC = "x" * 300
INSERT_POISON = """
insert into outbox (event_id, routing_key, lead_id, body, traceparent, next_attempt_at, failures)
values ($1, $2, 7, $3, '', now() - interval '1 hour', $4)
returning id
"""


@pytest_asyncio.fixture
async def table(database: Database) -> AsyncIterator[Database]:
    for statement in outbox.TABLE.split(";"):
        if statement.strip():
            await database.fetch(statement)
    yield database
    await database.fetch("drop table outbox")


@pytest_asyncio.fixture
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(amqp_url) as connection:
        yield await connection.channel()


@asynccontextmanager
async def relaying(dsn: str, amqp_url: str) -> AsyncIterator[Relay]:
    relay = Relay(service="intake", amqp_url=amqp_url, dsn=dsn, poll=0.1)
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(15):
        while not await condition():
            await asyncio.sleep(0.05)


async def received(queue: AbstractQueue, count: int) -> list[AbstractIncomingMessage]:
    """Returns the next `count` messages of the queue."""
    messages: list[AbstractIncomingMessage] = []
    async with queue.iterator(no_ack=True, timeout=15) as arriving:
        async for message in arriving:
            messages.append(message)
            if len(messages) == count:
                break
    return messages


async def bound_queue(channel: AbstractChannel) -> AbstractQueue:
    exchange = await channel.declare_exchange("events", "topic", durable=True)
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind(exchange, "#")
    return queue


@connected
@pytest.mark.parametrize(
    ("topic", "size"),
    [
        pytest.param(LONG_TOPIC, 10, id="cannot be encoded"),
        pytest.param("too.large", 17 * 1024 * 1024, id="closes the channel"),
    ],
)
async def test_a_row_that_cannot_be_published_stops_no_other(
    table: Database, channel: AbstractChannel, dsn: str, amqp_url: str, topic: str, size: int
) -> None:
    queue = await bound_queue(channel)
    [poison] = await table.fetch(INSERT_POISON, uuid4(), topic, b"x" * size, 0)
    await outbox.publish(table, *(ProviderRecovered(provider="kommo") for _ in range(30)))

    async with relaying(dsn, amqp_url):
        await received(queue, 30)

        async def only_the_poison_waits() -> bool:
            rows = await table.fetch("select id, failures, failed_at from outbox")
            return [row["id"] for row in rows] == [poison["id"]] and rows[0]["failures"] > 0

        await until(only_the_poison_waits)


@connected
async def test_the_last_failure_sets_the_row_aside_and_is_published_once(
    table: Database, channel: AbstractChannel, dsn: str, amqp_url: str
) -> None:
    queue = await bound_queue(channel)
    [row] = await table.fetch(INSERT_POISON, uuid4(), LONG_TOPIC, b"x", 4)

    async with relaying(dsn, amqp_url):
        [message] = await received(queue, 1)
        event = WorkFailed.model_validate_json(message.body)
        await asyncio.sleep(1)

    assert (event.service, event.kind) == ("intake", "outbox")
    assert (event.row_id, event.lead_id) == (row["id"], 7)
    assert "too long" in event.reason
    [left] = await table.fetch("select id, failed_at is not null as failed from outbox")
    assert (left["id"], left["failed"]) == (row["id"], True)
    assert await queue.get(fail=False, no_ack=True) is None


@connected
async def test_an_operator_retries_or_discards_a_failed_row(table: Database) -> None:
    rows = [(await table.fetch(INSERT_POISON, uuid4(), "x", b"x", 5))[0]["id"] for _ in range(3)]
    await table.fetch("update outbox set failed_at = now() where id = any($1)", rows[:2])
    about = {"service": "crm", "kind": "outbox", "by": "ana", "lead_id": 0}

    for row in (rows[0], rows[0]):
        await carry_out(table, RetryWork(row_id=row, **about), service="crm", rows=[OUTBOX_ROWS])
    for row in (rows[1], rows[2]):  # the last has not failed, and stays
        await carry_out(table, DiscardWork(row_id=row, **about), service="crm", rows=[OUTBOX_ROWS])
    await carry_out(
        table, DiscardWork(row_id=rows[0], **about), service="intake", rows=[OUTBOX_ROWS]
    )
    await carry_out(table, DiscardWork(row_id=rows[0], **about), service="crm", rows=[])

    left = await table.fetch(
        "select id, failures, failed_at from outbox where routing_key = 'x' order by id"
    )
    facts = await table.fetch("select routing_key from outbox where routing_key <> 'x' order by id")
    retried, discarded = ["work.retried"] * 2, ["work.discarded"] * 2
    assert [row["routing_key"] for row in facts] == retried + discarded
    assert [tuple(row) for row in left] == [(rows[0], 0, None), (rows[2], 5, None)]


@connected
async def test_an_event_that_waits_already_is_not_added_again(table: Database) -> None:
    event = CadenceFinished(lead_id=7)

    await outbox.publish(table, event, event)
    await outbox.publish(table, event, ProviderRecovered(provider="kommo"))

    assert len(await table.fetch("select 1 from outbox")) == 2


@connected
async def test_a_missing_exchange_blames_no_row_and_is_retried_less_and_less_often(
    table: Database, channel: AbstractChannel, dsn: str, amqp_url: str
) -> None:
    name = f"events-{uuid4()}"
    await outbox.publish(table, *(ProviderRecovered(provider="kommo") for _ in range(3)))
    await table.fetch("update outbox set exchange = $1", name)

    with structlog.testing.capture_logs() as logs:
        async with relaying(dsn, amqp_url):
            await asyncio.sleep(5)
            exchange = await channel.declare_exchange(name, "topic")
            queue = await channel.declare_queue(exclusive=True)
            await queue.bind(exchange, "#")
            assert [message.routing_key for message in await received(queue, 3)] == [
                "provider.recovered"
            ] * 3

    interruptions = [line["again_in"] for line in logs if line["event"] == "outbox.interrupted"]
    assert len(interruptions) < 9
    assert max(interruptions) > 1


@pytest.mark.parametrize(
    ("answer", "alone", "expected"),
    [
        pytest.param(None, False, Fate.PUBLISHED, id="confirmed"),
        pytest.param(
            aiormq.exceptions.ChannelAccessRefused(), True, Fate.REFUSED, id="no right to its topic"
        ),
        pytest.param(
            aiormq.exceptions.ChannelAccessRefused(),
            False,
            Fate.UNKNOWN,
            id="no right, by an unknown row",
        ),
        pytest.param(ValueError(), True, Fate.AT_FAULT, id="cannot be encoded"),
        pytest.param(ValueError(), False, Fate.UNKNOWN, id="cannot be encoded, an unknown row"),
        pytest.param(
            aiormq.exceptions.ChannelPreconditionFailed(), True, Fate.AT_FAULT, id="too large"
        ),
        pytest.param(
            aiormq.exceptions.ChannelNotFoundEntity(), True, Fate.UNKNOWN, id="no exchange"
        ),
        pytest.param(ConnectionResetError(), True, Fate.UNKNOWN, id="connection lost"),
        pytest.param(TimeoutError(), True, Fate.UNKNOWN, id="no answer"),
    ],
)
def test_the_fate_of_a_row(answer: BaseException | None, alone: bool, expected: Fate) -> None:
    assert fate(answer, alone=alone) is expected
