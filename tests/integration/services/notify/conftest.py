"""Fixtures: a new ledger in PostgreSQL for each test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kit.database import Database
from services.notify.repositories.touches import Touches
from services.notify.use_cases.deliver import CLAIM_RULES
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
def touches(database: Database) -> Touches:
    return Touches(database, lease=30, rules=CLAIM_RULES)
