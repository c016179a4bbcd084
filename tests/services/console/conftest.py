"""Console's own database, with its tables and nothing in them."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio

from kit.database import Database
from kit.migrations import upgrade
from pauta.running.recipe import PROJECT


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    name = f"console_{uuid4().hex}"
    server = Database(dsn, connections=1)
    await server.open()
    await server.fetch(f"create database {name}")
    await server.close()
    own = dsn.removesuffix("/postgres") + f"/{name}"
    await upgrade(PROJECT / "services" / "console" / "migrations", own)
    opened = Database(own, scans=True)
    await opened.open()
    yield opened
    await opened.close()
