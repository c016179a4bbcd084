"""The meaning of a database error: an unavailable server, a busy one, or a bug of our own."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone

import asyncpg
import pytest
import pytest_asyncio

from kit.database import Database, DatabaseBusy, DatabaseUnavailable, unavailable
from kit.errors import Unavailable
from kit.messaging.broker import counts_as_attempt, delay_after, may_recover

DELAYS = (1.0, 5.0, 30.0)
connected = pytest.mark.connected


@pytest_asyncio.fixture
async def hurried(dsn: str) -> AsyncIterator[Database]:
    """A database with one connection, whose statements time out after a second."""
    database = Database(dsn, connections=1, statement_timeout=1, acquire_timeout=2)
    await database.open()
    yield database
    await database.close()


@connected
async def test_a_number_out_of_range_is_a_bug(database: Database) -> None:
    with pytest.raises(asyncpg.DataError):
        await database.fetch("select $1::int", 2**40)


@connected
async def test_a_time_that_overflows_in_utc_is_a_bug(database: Database) -> None:
    latest = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12)))

    with pytest.raises(Exception, match=r".") as raised:
        await database.fetch("select $1::timestamptz", latest)
    assert not isinstance(raised.value, Unavailable)
    assert not may_recover(raised.value)


@connected
async def test_a_slow_statement_is_busy(hurried: Database) -> None:
    with pytest.raises(DatabaseBusy):
        await hurried.fetch("select pg_sleep(20)")

    assert await hurried.answers()


@connected
async def test_connections_that_are_all_in_use_are_busy(hurried: Database) -> None:
    async with hurried.transaction():
        with pytest.raises(DatabaseBusy, match="in use"):
            await hurried.fetch("select 1")


@connected
async def test_a_terminated_backend_is_unavailable(database: Database) -> None:
    async def terminate_in_transaction() -> None:
        async with database.transaction() as connection:
            backend = await connection.fetchval("select pg_backend_pid()")
            await database.fetch("select pg_terminate_backend($1)", backend)
            await connection.execute("select 1")

    with pytest.raises(DatabaseUnavailable):
        await terminate_in_transaction()

    assert await database.answers()


async def write_in_a_read_only_transaction(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("set transaction read only")
        await connection.execute("create table kept (id int)")


@connected
async def test_a_statement_on_a_lost_connection_was_perhaps_committed(
    database: Database,
) -> None:
    with pytest.raises(DatabaseUnavailable) as lost:
        await database.fetch("select pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DatabaseUnavailable) as refused:
        await write_in_a_read_only_transaction(database)

    assert lost.value.perhaps_committed
    assert not refused.value.perhaps_committed


@connected
async def test_a_lock_that_is_not_given_is_busy(database: Database) -> None:
    async def lock() -> None:
        async with database.transaction() as connection:
            await connection.execute("set local lock_timeout = '100ms'")
            await connection.execute("select pg_advisory_xact_lock(7)")

    async with database.transaction() as holder:
        await holder.execute("select pg_advisory_xact_lock(7)")
        with pytest.raises(DatabaseBusy):
            await lock()


@connected
async def test_one_transaction_of_a_deadlock_is_busy(database: Database) -> None:
    async def lock(first: int, second: int) -> None:
        async with database.transaction() as connection:
            await connection.execute("select pg_advisory_xact_lock($1)", first)
            await asyncio.sleep(0.2)
            await connection.execute("select pg_advisory_xact_lock($1)", second)

    results = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)

    assert [type(result) for result in results if result is not None] == [DatabaseBusy]


async def test_a_missing_server_is_unavailable() -> None:
    nowhere = Database("postgresql://nobody:nothing@127.0.0.1:9/nothing")
    await nowhere.open()

    with pytest.raises(DatabaseUnavailable) as never_sent:
        await nowhere.fetch("select 1")
    assert not never_sent.value.perhaps_committed
    await nowhere.close()
    with pytest.raises(DatabaseUnavailable):
        await nowhere.fetch("select 1")


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        pytest.param(ConnectionRefusedError(), DatabaseUnavailable, id="refused"),
        pytest.param(asyncpg.CannotConnectNowError(""), DatabaseUnavailable, id="starting up"),
        pytest.param(
            asyncpg.InterfaceError("connection is closed"), DatabaseUnavailable, id="closed"
        ),
        pytest.param(
            asyncpg.InterfaceError("pool is closing"), DatabaseUnavailable, id="pool closing"
        ),
        pytest.param(TimeoutError(), DatabaseBusy, id="slow"),
        pytest.param(asyncpg.QueryCanceledError(""), DatabaseBusy, id="cancelled"),
        pytest.param(asyncpg.SerializationError(""), DatabaseBusy, id="serialization"),
        pytest.param(asyncpg.InvalidCachedStatementError(""), DatabaseBusy, id="cached statement"),
        pytest.param(asyncpg.OutdatedSchemaCacheError(""), DatabaseBusy, id="cached schema"),
        pytest.param(
            asyncpg.InterfaceError("another operation is in progress"), None, id="misused"
        ),
        pytest.param(
            asyncpg.exceptions._base.DataError("invalid input: connection is closed"),
            None,
            id="quoted value",
        ),
        pytest.param(asyncpg.UniqueViolationError(""), None, id="violation"),
        pytest.param(KeyError("x"), None, id="bug"),
    ],
)
def test_the_meaning_of_an_error(error: Exception, meaning: type[Unavailable] | None) -> None:
    found = unavailable(error)

    assert (type(found) if found else None) is meaning


@pytest.mark.parametrize(
    ("error", "delay", "counts"),
    [
        pytest.param(DatabaseUnavailable(""), 5.0, False, id="unavailable: forever"),
        pytest.param(DatabaseBusy(""), 1.0, True, id="busy: counted"),
        pytest.param(asyncpg.InterfaceError("bug"), None, True, id="bug: dead-lettered"),
    ],
)
def test_how_a_message_is_retried(error: Exception, delay: float | None, counts: bool) -> None:
    assert delay_after(error, 1, DELAYS) == delay
    assert counts_as_attempt(error) is counts


def test_a_busy_database_has_as_many_retries_as_any_failure() -> None:
    assert delay_after(DatabaseBusy(""), 4, DELAYS) is None
    assert delay_after(DatabaseUnavailable(""), 400, DELAYS) == 5.0
