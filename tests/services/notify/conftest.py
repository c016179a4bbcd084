"""A ledger of each test's own, in real PostgreSQL."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from kit.database import Database
from kit.migrations import upgrade
from pauta.running.recipe import PROJECT
from services.notify.store.ledger import Store


@pytest_asyncio.fixture
async def ledger_dsn(dsn: str) -> str:
    name = f"notify_{uuid4().hex}"
    server = Database(dsn, connections=1)
    await server.open()
    await server.fetch(f"create database {name}")
    await server.close()
    own = dsn.removesuffix("/postgres") + f"/{name}"
    await upgrade(PROJECT / "services" / "notify" / "migrations", own)
    return own


@pytest_asyncio.fixture
async def database(ledger_dsn: str) -> AsyncIterator[Database]:
    opened = Database(ledger_dsn, connections=2)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, lease=30, patience=300, key_patience=120)
