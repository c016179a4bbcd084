"""Fixtures: a new ledger in PostgreSQL for each test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kit.database import Database
from services.notify.repositories.ledger import Store
from tests.databases import new_database


@pytest_asyncio.fixture
async def ledger_dsn(dsn: str) -> str:
    return await new_database(dsn, "notify")


@pytest_asyncio.fixture
async def database(ledger_dsn: str) -> AsyncIterator[Database]:
    opened = Database(ledger_dsn, connections=2)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, lease=30, patience=300, key_timeout=120)
