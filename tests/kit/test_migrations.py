"""A migration never stands in the way of what runs."""

import asyncio
import shutil
import time
from pathlib import Path

import asyncpg
import pytest

from kit.migrations import upgrade
from pauta.running.recipe import PROJECT

pytestmark = pytest.mark.connected

SCRIPTS = PROJECT / "services" / "intake" / "migrations"


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """Intake's migrations as they were at first."""
    scripts = tmp_path / "intake" / "migrations"
    shutil.copytree(SCRIPTS, scripts)
    for script in (scripts / "versions").glob("0*.py"):
        if not script.name.startswith("0001"):
            script.unlink()
    return scripts


async def test_a_migration_lets_go_who_comes_after_it_and_goes_on_in_the_end(dsn: str, first_version: Path) -> None:
    url = dsn.rpartition("/")[0] + "/migrated"
    server = await asyncpg.connect(dsn)
    await server.execute("create database migrated")
    await upgrade(first_version, url)
    one, other = await asyncpg.connect(url), await asyncpg.connect(url)
    reading = one.transaction()
    await reading.start()
    await one.execute("select 1 from submissions")  # and holds on to it
    migrating = asyncio.create_task(upgrade(SCRIPTS, url))
    try:
        slowest = 0.0
        for _ in range(50):
            began = time.monotonic()
            await other.execute("select 1 from submissions", timeout=10)
            slowest = max(slowest, time.monotonic() - began)
            await asyncio.sleep(0.1)
        assert not migrating.done()
        assert 0.5 < slowest < 5  # it did wait behind the migration, and not for good
        await reading.rollback()
        await migrating
        assert await other.fetchval("select count(*) from current_journey") == 0
    finally:
        for connection in (one, other, server):
            await connection.close()
