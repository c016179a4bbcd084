"""What counts as an outage of our database, as one statement's bad luck, and as a bug of ours."""

from collections.abc import Awaitable
from datetime import datetime

import asyncpg
import pytest

from kit.database import Database, DatabaseAway, DatabaseBusy
from kit.failures import Unavailable
from tests.system import System

pytestmark = pytest.mark.connected


async def a_database(system: System, *, connections: int = 4) -> Database:
    port = system.native.ports["postgres"]
    database = Database(f"postgresql://intake:intake-demo@127.0.0.1:{port}/intake", connections=connections)
    await database.open()
    return database


async def raised_by(work: Awaitable[object]) -> Exception | None:
    try:
        await work
    except Exception as error:
        return error
    return None


async def wait_for_the_lock(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("set local lock_timeout = '50ms'")
        await connection.execute("select version from turn for update")


async def sleep_in(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.fetch("select pg_sleep(5)", timeout=0.1)


async def be_cut_off(system: System, database: Database) -> None:
    async with database.transaction() as connection:
        own = await connection.fetchval("select pg_backend_pid()")
        await system.sql("postgres", "select pg_terminate_backend($1)", own)
        await connection.fetchval("select 1")


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        pytest.param("select $1::int", "seven", id="a text for a number"),
        pytest.param("select $1::int", 2**40, id="a number out of range"),
        pytest.param(
            "select $1::timestamptz", datetime.fromisoformat("9999-12-31T23:59:59-12:00"), id="after the last day"
        ),
        pytest.param("select 1 / $1::int", 0, id="the server's own refusal"),
    ],
)
async def test_what_a_statement_cannot_take_is_a_bug_and_no_outage(
    system: System, query: str, argument: object
) -> None:
    database = await a_database(system)
    try:
        error = await raised_by(database.fetch(query, argument))
    finally:
        await database.close()

    assert isinstance(error, Exception)
    assert not isinstance(error, Unavailable)


async def test_a_lock_that_is_not_had_in_time_counts_as_a_try(system: System) -> None:
    database = await a_database(system)
    try:
        async with database.transaction() as holder:
            await holder.execute("select version from turn for update")
            with pytest.raises(DatabaseBusy):
                await wait_for_the_lock(database)
    finally:
        await database.close()


async def test_a_statement_that_takes_too_long_counts_as_a_try(system: System) -> None:
    database = await a_database(system)
    try:
        with pytest.raises(DatabaseBusy):
            await sleep_in(database)
    finally:
        await database.close()


async def test_a_connection_that_is_cut_is_an_outage(system: System) -> None:
    database = await a_database(system)
    try:
        with pytest.raises(DatabaseAway):
            await be_cut_off(system, database)
    finally:
        await database.close()


async def test_the_client_errors_are_what_they_are_taken_for() -> None:
    assert issubclass(asyncpg.DataError, asyncpg.PostgresError)
    assert issubclass(asyncpg.exceptions._base.DataError, asyncpg.InterfaceError)
    assert issubclass(asyncpg.exceptions._base.DataError, ValueError)
