"""A migration never stands in the way of what runs."""

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
    """A copy of intake's migrations up to the first, to which a test adds a second."""
    scripts = tmp_path / "intake" / "migrations"
    shutil.copytree(SCRIPTS, scripts)
    for script in (scripts / "versions").glob("0*.py"):
        if not script.name.startswith("0001"):
            script.unlink()
    return scripts


async def test_a_migration_lets_go_who_comes_after_it_and_goes_on_in_the_end(
    dsn: str, first_version: Path
) -> None:
    url = dsn.rpartition("/")[0] + "/migrated"
    server = await asyncpg.connect(dsn)
    await server.execute("create database migrated")
    await upgrade(first_version, url)
    one, other = await asyncpg.connect(url), await asyncpg.connect(url)
    reading = one.transaction()
    await reading.start()
    await one.execute("select 1 from submissions")  # and holds on to it
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
        assert 0.5 < slowest < 5  # it did wait behind the migration, and not for good
        await reading.rollback()
        await migrating
        assert await other.fetchval("select count(added) from submissions") == 0
    finally:
        for connection in (one, other, server):
            await connection.close()


async def test_an_index_is_made_while_its_table_is_written_and_one_half_made_is_made_again(
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
    one, other = await asyncpg.connect(url), await asyncpg.connect(url)
    await one.execute(
        "create index by_agent on submissions (lead_id)"
    )  # what a try that broke off left
    await one.execute(
        "update pg_index set indisvalid = false where indexrelid = 'by_agent'::regclass"
    )
    writing = one.transaction()
    await writing.start()
    await one.execute("lock table submissions in row exclusive mode")  # as whoever writes has
    migrating = asyncio.create_task(upgrade(first_version, url))
    try:
        for _ in range(30):
            async with asyncio.timeout(1):
                await other.execute("delete from submissions")
            await asyncio.sleep(0.1)
        assert not migrating.done()
        await writing.rollback()
        await migrating
        made = await other.fetchrow(
            "select indisvalid, pg_get_indexdef(indexrelid) from pg_index where indexrelid = 'by_agent'::regclass"
        )
        assert made is not None
        assert made[0]
        assert "user_agent" in made[1]
    finally:
        for connection in (one, other, server):
            await connection.close()
