"""The delay of a failed message, the arguments of a handler, and a broker that cannot connect."""

import asyncio
import contextlib
import threading
from typing import Annotated, Any

import fast_depends.exceptions
import pydantic
import pytest
from faststream.rabbit import RabbitBroker, TestRabbitBroker
from prometheus_client import CollectorRegistry
from pydantic import Field

from contracts.events.lead import LeadCreated, LeadUpdated
from kit.errors import describe
from kit.messaging.broker import (
    PERMANENT,
    FromContext,
    has_unknown_topic,
    keep_consuming,
    make_broker,
    next_delay,
)
from tests.builders import a_lead_created

DELAYS = (1.0, 5.0, 30.0)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "delay"),
    [
        pytest.param(1, 0, 1.0, id="first retry"),
        pytest.param(3, 0, 30.0, id="last retry"),
        pytest.param(4, 0, None, id="no more"),
        pytest.param(1, 4, 5.0, id="not sooner than the provider asks"),
        pytest.param(1, 5, 5.0, id="exactly what the provider asks"),
        pytest.param(2, 900, 30.0, id="longer than any delay: the longest"),
    ],
)
def test_the_next_delay(attempt: int, retry_after: float, delay: float | None) -> None:
    assert next_delay(DELAYS, attempt, retry_after) == delay


@pytest.mark.parametrize(
    ("changed", "unknown"),
    [
        pytest.param({"topic": "lead.from_tomorrow"}, True, id="a topic of another version"),
        pytest.param({"topic": None}, False, id="no topic"),
        pytest.param({"schema_version": 9}, False, id="a known topic in another form"),
        pytest.param({"card": None}, False, id="not an event of its topic"),
    ],
)
async def test_a_topic_of_another_version_is_distinguished_from_an_invalid_message(
    changed: dict[str, Any], unknown: bool
) -> None:
    broker = RabbitBroker()

    @broker.subscriber("one")
    async def handle_one(event: LeadCreated) -> None: ...

    @broker.subscriber("several")
    async def handle_several(
        event: Annotated[LeadCreated | LeadUpdated, Field(discriminator="topic")],
    ) -> None: ...

    fields = a_lead_created().model_dump(mode="json") | changed
    body = {name: value for name, value in fields.items() if value is not None}
    async with TestRabbitBroker(broker):
        for queue in ("one", "several"):
            if "topic" not in body and queue == "one":
                continue  # a handler of one topic assumes that topic
            with pytest.raises(PERMANENT) as caught:
                await broker.publish(body, queue)
            assert has_unknown_topic(caught.value) is unknown


def test_the_text_of_a_message_is_not_quoted_with_its_error() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        LeadCreated.model_validate({"card": {"name": 7}})
    error = fast_depends.exceptions.ValidationError(
        incoming_options={"body": "Ana Pérez"},
        locations=[],
        expected={},
        original_error=caught.value,
    )
    assert "Ana" in str(error)
    assert describe(error) == describe(caught.value)


async def test_a_handler_gets_the_dependencies_without_another_thread() -> None:
    broker = RabbitBroker()
    given = []
    broker.context.set_global("deps", "the dependencies")

    @broker.subscriber("work")
    async def handle(_: str, deps: Annotated[str, FromContext("deps")]) -> None:
        given.append(deps)

    before = set(threading.enumerate())
    async with TestRabbitBroker(broker):
        await broker.publish("a message", "work")

    assert given == ["the dependencies"]
    assert set(threading.enumerate()) <= before


async def test_a_broker_that_is_cancelled_while_it_connects_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    connected = asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    broker = make_broker(
        "intake",
        amqp_url=f"amqp://pauta:rabbitmq-demo@127.0.0.1:{port}/",
        delays=DELAYS,
        registry=CollectorRegistry(),
    )
    consuming = asyncio.create_task(keep_consuming(broker))
    await connected.wait()

    consuming.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await consuming
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0)

    left = {task.get_coro().__qualname__ for task in asyncio.all_tasks() - before}  # type: ignore[union-attr]
    assert not {name for name in left if "never_answer" not in name}
