"""How long a failed message waits, and what a handler is given."""

import threading
from typing import Annotated

import pytest
from faststream.rabbit import RabbitBroker, TestRabbitBroker

from kit.bus import FromContext, next_delay

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
