"""A database without tables."""

from collections.abc import AsyncIterator

import pytest_asyncio

from kit.database import Database


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    opened = Database(dsn)
    await opened.open()
    yield opened
    await opened.close()
