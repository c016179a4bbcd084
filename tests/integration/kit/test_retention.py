"""Old rows are deleted batch after batch, and the others stay."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kit.database import Database
from kit.retention import forget

pytestmark = pytest.mark.connected


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn)
    await database.open()
    await database.fetch("create table if not exists remembered (number int, at timestamptz)")
    await database.fetch("delete from remembered")
    yield database
    await database.close()


@pytest.mark.parametrize("old", [0, 1, 49, 50, 51, 120])
async def test_all_old_rows_are_deleted_and_no_others(database: Database, old: int) -> None:
    fill = """
        insert into remembered
        select n, now() - $2::int * interval '1 day'
        from generate_series(1, $1::int) n
    """
    await database.fetch(fill, old, 31)
    await database.fetch(fill, 70, 29)
    await forget(database, "remembered", "at < now() - interval '30 days'", batch=50)
    [left] = await database.fetch(
        "select count(*) as rows, min(at) > now() - interval '30 days' as young from remembered"
    )

    assert (left["rows"], left["young"]) == (70, True)
