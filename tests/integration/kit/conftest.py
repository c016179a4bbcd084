"""A database without tables."""

from collections.abc import AsyncIterator

import pytest_asyncio

from kit.database import Database


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()
