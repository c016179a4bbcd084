"""Fixtures: intake's own tables in PostgreSQL, new for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from kit.database import Database
from tests.databases import new_database


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    opened = Database(await new_database(dsn, "intake"), connections=4)
    await opened.open()
    yield opened
    await opened.close()
