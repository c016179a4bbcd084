"""How long a failed message waits, and what a handler is given."""

import threading
from typing import Annotated, Any

import fast_depends.exceptions
import pydantic
import pytest
from faststream.rabbit import RabbitBroker, TestRabbitBroker
from pydantic import Field

from contracts.events.lead import LeadCreated, LeadUpdated
from kit.errors import describe
from kit.messaging.broker import PERMANENT, FromContext, has_unknown_topic, next_delay
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
        pytest.param({"schema_version": 9}, False, id="another form of what is known"),
        pytest.param({"card": None}, False, id="not what it says it is"),
    ],
)
async def test_a_topic_of_another_version_is_told_from_a_message_that_nobody_can_read(
    changed: dict[str, Any], unknown: bool
) -> None:
    broker = RabbitBroker()

    @broker.subscriber("one")
    async def hear_one(event: LeadCreated) -> None: ...

    @broker.subscriber("several")
    async def hear_several(
        event: Annotated[LeadCreated | LeadUpdated, Field(discriminator="topic")],
    ) -> None: ...

    body = {
        k: v
        for k, v in (a_lead_created().model_dump(mode="json") | changed).items()
        if v is not None
    }
    async with TestRabbitBroker(broker):
        for queue in ("one", "several"):
            if "topic" not in body and queue == "one":
                continue  # what hears only one topic takes it for that
            with pytest.raises(PERMANENT) as caught:
                await broker.publish(body, queue)
            assert has_unknown_topic(caught.value) is unknown


def test_what_a_message_said_is_not_quoted_with_its_error() -> None:
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


async def test_a_handler_is_given_what_the_app_made_in_the_thread_it_runs_in() -> None:
    broker, given = RabbitBroker(), []
    broker.context.set_global("deps", "what the app made")

    @broker.subscriber("work")
    async def handle(_: str, deps: Annotated[str, FromContext("deps")]) -> None:
        given.append(deps)

    before = set(threading.enumerate())
    async with TestRabbitBroker(broker):
        await broker.publish("a message", "work")

    assert given == ["what the app made"]
    assert set(threading.enumerate()) <= before
