"""Fixtures: one running system for the end-to-end tests, and bare servers for the others."""

import os
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest
import pytest_asyncio

from pauta.running.engine import by_docker
from pauta.running.servers import free_ports
from tests.servers import PostgresContainer, RabbitMQContainer, let_postgres_in
from tests.system import System

# a busy machine is no fault of the code
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    folder = tmp_path_factory.mktemp("system")
    let_postgres_in(folder)
    running = System(folder / "run", docker=by_docker(os.environ.get("PAUTA_ENGINE", "auto")))
    try:
        running.start()
        yield running
    finally:
        await running.http.aclose()
        running.stop()


@pytest.fixture(scope="session")
def dsn() -> Iterator[str]:
    [port] = free_ports(1)
    server = PostgresContainer(port, "postgres-demo")
    server.start()
    try:
        server.wait()
        yield f"postgresql://postgres:postgres-demo@127.0.0.1:{port}/postgres"
    finally:
        server.remove()


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    port, management_port = free_ports(2)
    server = RabbitMQContainer(port, management_port, "rabbitmq-demo")
    server.start()
    try:
        server.wait()
        yield f"amqp://pauta:rabbitmq-demo@127.0.0.1:{port}/"
    finally:
        server.remove()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the races last, because they leave Kommo minutes behind."""
    items.sort(key=lambda item: "test_races" in item.nodeid)
