"""A service's own PostgreSQL: transactions that heal after an outage, and what counts as one."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from kit.failures import Unavailable

if TYPE_CHECKING:  # generic for the type checker only
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy

OUTAGE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, cancelled, starting up
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InternalClientError,
)


async def _speak_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _leave_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A released connection needs no cleaning, and so no round trip: we change no session, and asyncpg ends what
    transaction there is.
    """


class DatabaseAway(Unavailable):
    """Our own database does not answer: nobody else's fault."""


class Database:
    """A pool of connections. `on_commit` is called after each transaction, to wake whoever waits for rows."""

    def __init__(self, dsn: str, *, connections: int = 8, on_commit: Callable[[], None] = lambda: None) -> None:
        self.dsn = dsn
        self._connections = connections
        self._on_commit = on_commit
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Makes the pool; connects only when somebody asks, so an absent server stops nobody from starting."""
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=0,
            max_size=self._connections,
            command_timeout=10,
            timeout=5,
            init=_speak_json,
            reset=_leave_as_it_is,
        )

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction. Raises Unavailable when the server is away, whatever it had done by then is undone."""
        if self._pool is None:
            raise DatabaseAway("database not open")
        try:
            async with self._pool.acquire(timeout=10) as connection, connection.transaction():
                yield connection
        except OUTAGE as outage:
            raise DatabaseAway(f"database: {type(outage).__name__}") from outage
        self._on_commit()

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of one statement, committed by itself. Raises Unavailable when the server is away."""
        if self._pool is None:
            raise DatabaseAway("database not open")
        try:
            async with self._pool.acquire(timeout=10) as connection:
                return await connection.fetch(query, *arguments)
        except OUTAGE as outage:
            raise DatabaseAway(f"database: {type(outage).__name__}") from outage

    async def write(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """As `fetch`, for one statement that may leave events in the outbox."""
        rows = await self.fetch(query, *arguments)
        self._on_commit()
        return rows

    async def answers(self) -> bool:
        """Whether the server answers now."""
        try:
            await self.fetch("select 1")
        except Unavailable:
            return False
        return True
