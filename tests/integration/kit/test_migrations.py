"""A migration never blocks the running services."""

import asyncio
import shutil
import time
from pathlib import Path

import asyncpg
import pytest

from kit.migrations import upgrade
from pauta.running.compose_file import PROJECT

pytestmark = pytest.mark.connected

SCRIPTS = PROJECT / "services" / "intake" / "migrations"


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """Returns a copy of intake's first migration, to which a test adds a second."""
    scripts = tmp_path / "intake" / "migrations"
    shutil.copytree(SCRIPTS, scripts)
    for script in (scripts / "versions").glob("0*.py"):
        if not script.name.startswith("0001"):
            script.unlink()
    return scripts


async def test_a_migration_lets_later_statements_pass_and_succeeds_in_the_end(
    dsn: str, first_version: Path
) -> None:
    url = dsn.rpartition("/")[0] + "/migrated"
    server = await asyncpg.connect(dsn)
    await server.execute("create database migrated")
    await upgrade(first_version, url)
    holder = await asyncpg.connect(url)
    other = await asyncpg.connect(url)
    reading = holder.transaction()
    await reading.start()
    await holder.execute("select 1 from submissions")  # and keeps its lock
    script = """from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.execute("alter table submissions add column added text")
"""
    (first_version / "versions" / "0002_column.py").write_text(script)
    migrating = asyncio.create_task(upgrade(first_version, url))
    try:
        slowest = 0.0
        for _ in range(50):
            began = time.monotonic()
            await other.execute("select 1 from submissions", timeout=10)
            slowest = max(slowest, time.monotonic() - began)
            await asyncio.sleep(0.1)
        assert not migrating.done()
        assert 0.5 < slowest < 5  # it waited behind the migration, but not forever
        await reading.rollback()
        await migrating
        assert await other.fetchval("select count(added) from submissions") == 0
    finally:
        for connection in (holder, other, server):
            await connection.close()


async def test_an_index_is_created_during_writes_and_an_invalid_one_is_rebuilt(
    dsn: str, first_version: Path
) -> None:
    url = dsn.rpartition("/")[0] + "/indexed"
    server = await asyncpg.connect(dsn)
    await server.execute("create database indexed")
    await upgrade(first_version, url)
    script = """from kit.migrations import create_index
revision, down_revision = "0002", "0001"
def upgrade():
    create_index("by_agent", "submissions (user_agent)")
"""
    (first_version / "versions" / "0002_index.py").write_text(script)
    holder = await asyncpg.connect(url)
    other = await asyncpg.connect(url)
    # an interrupted attempt leaves an invalid index
    await holder.execute("create index by_agent on submissions (lead_id)")
    await holder.execute(
        "update pg_index set indisvalid = false where indexrelid = 'by_agent'::regclass"
    )
    writing = holder.transaction()
    await writing.start()
    await holder.execute("lock table submissions in row exclusive mode")  # as every write does
    migrating = asyncio.create_task(upgrade(first_version, url))
    try:
        for _ in range(30):
            async with asyncio.timeout(1):
                await other.execute("delete from submissions")
            await asyncio.sleep(0.1)
        assert not migrating.done()
        await writing.rollback()
        await migrating
        index = await other.fetchrow(
            "select indisvalid, pg_get_indexdef(indexrelid) as definition "
            "from pg_index where indexrelid = 'by_agent'::regclass"
        )
        assert index is not None
        assert index["indisvalid"]
        assert "user_agent" in index["definition"]
    finally:
        for connection in (holder, other, server):
            await connection.close()
