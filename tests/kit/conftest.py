"""Servers of their own for the tests of kit, without the services."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from kit.database import Database
from pauta.running.servers import free_ports
from tests.servers import PostgresContainer, RabbitMQContainer


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


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    opened = Database(dsn)
    await opened.open()
    yield opened
    await opened.close()
