"""A service's own PostgreSQL: transactions that heal after an outage, and what counts as one."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from kit.failures import Unavailable

if TYPE_CHECKING:  # generic for the type checker only
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy

# the server cannot be reached, or does not work
OUTAGE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, cancelled, starting up
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
)
# one statement's bad luck: it is tried again, but not for ever
PASSING = (
    asyncpg.exceptions.TransactionRollbackError,  # deadlocks, serialization
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.exceptions.OutdatedSchemaCacheError,
)


async def _speak_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _leave_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A released connection needs no cleaning, and so no round trip: we change no session, and asyncpg ends what
    transaction there is.
    """


class DatabaseAway(Unavailable):
    """Our own database does not answer: nobody else's fault."""


class DatabaseBusy(Unavailable):
    """One statement had to give way, or took too long: a repeat may do, and counts as a try."""


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """A statement that took too long, on a connection that was there, is no outage of the server."""
    try:
        yield
    except TimeoutError as slow:
        raise DatabaseBusy("database: a statement took too long") from slow


@contextmanager
def _named() -> Iterator[None]:
    """Names the errors of our own database: away, busy, or (as they are) a bug of ours.

    asyncpg raises InterfaceError for a connection that is closed and, as a ValueError or TypeError too, for arguments
    that a statement cannot take.
    """
    try:
        yield
    except PASSING as error:
        raise DatabaseBusy(f"database: {type(error).__name__}") from error
    except OUTAGE as error:
        if isinstance(error, ValueError | TypeError):
            raise
        raise DatabaseAway(f"database: {type(error).__name__}") from error


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
        with _named():
            async with self._pool.acquire(timeout=10) as connection, connection.transaction(), _in_time():
                yield connection
        self._on_commit()

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of one statement, committed by itself. Raises Unavailable when the server is away."""
        if self._pool is None:
            raise DatabaseAway("database not open")
        with _named():
            async with self._pool.acquire(timeout=10) as connection, _in_time():
                return await connection.fetch(query, *arguments)

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
