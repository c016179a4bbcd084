"""Connects a service to its own PostgreSQL, reconnects after an outage, and classifies errors."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy
from prometheus_client import Counter

from kit.errors import Unavailable

if TYPE_CHECKING:  # generic for the type checker only
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy

log = structlog.get_logger()

# errors of the connection or of the server as a whole
GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, starting up
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
)
# errors of one statement, which may succeed on a retry
PASSING = (
    TimeoutError,  # of a statement
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)


async def _register_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )


async def _keep_session(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Replaces asyncpg's reset of a released connection, and saves its round trip.

    No reset is needed: we change no session, and asyncpg ends an open transaction itself.
    """


# without a registry here: kit.runtime adds it to the registry of its service
NO_ROOM = Counter(
    "database_no_room", "Statements that PostgreSQL's disk had no room for", registry=None
)
NO_ROOM_SECONDS = 60.0  # how long the disk counts as full after the last such statement


class DatabaseUnavailable(Unavailable):
    """Our own database does not answer; no provider is at fault.

    `perhaps_committed`: the statement was sent, and its answer was lost.
    """

    perhaps_committed = False


class DatabaseBusy(Unavailable):
    """Our own database answers, but this statement failed: a timeout, a lock, a deadlock.

    `perhaps_committed`: the statement was sent, and its answer was not awaited.
    """

    perhaps_committed = False


DATABASE_FAILURES = (DatabaseUnavailable, DatabaseBusy)


def unavailable(error: BaseException) -> DatabaseUnavailable | DatabaseBusy | None:
    """Returns the meaning of an asyncpg error for the caller.

    None for a bug, such as a number out of range. The statement errors are checked first, because
    they are subclasses of the connection errors.
    """
    if isinstance(error, PASSING):
        return DatabaseBusy(f"database: {type(error).__name__}")
    if isinstance(error, GONE) or _connection_lost(error):
        return DatabaseUnavailable(f"database: {type(error).__name__}")
    return None


def _reported_by_server(error: BaseException) -> bool:
    """Returns whether the server itself reported that the statement failed."""
    lost = asyncpg.PostgresConnectionError | asyncpg.OperatorInterventionError
    return isinstance(error, asyncpg.PostgresError) and not isinstance(error, lost)


def _connection_lost(error: BaseException) -> bool:
    """Returns whether an InterfaceError is about a lost connection.

    asyncpg has no class of its own for that, so the text decides.
    """
    if not isinstance(error, asyncpg.InterfaceError):
        return False
    if isinstance(error, ValueError):  # a DataError quotes the value, which may hold any text
        return False
    text = str(error)
    return "connection is closed" in text or "pool is clos" in text


# A connection makes a plan once and keeps it. A plan made while the tables were small would scan
# them forever. To plan again for the values of each row, or to compile a plan, costs more than any
# of our statements takes.
INDEX_PLANS = {"enable_seqscan": "off", "jit": "off", "plan_cache_mode": "force_generic_plan"}
# For an operator's search, the values decide which index is best.
PLANS_BY_VALUES = {"jit": "off", "plan_cache_mode": "force_custom_plan"}


class Database:
    """A pool of connections. Timeouts are in seconds.

    `on_commit` is called after each transaction, to wake the relay. Statements use an index
    wherever there is one; with `scans`, PostgreSQL chooses the cheapest plan for the values.
    """

    def __init__(
        self,
        dsn: str,
        *,
        connections: int = 8,
        scans: bool = False,
        on_commit: Callable[[], None] = lambda: None,
        statement_timeout: float = 10,
        acquire_timeout: float = 10,
    ) -> None:
        self.dsn = dsn
        self._connections = connections
        self._plans = PLANS_BY_VALUES if scans else INDEX_PLANS
        self._on_commit = on_commit
        self._statement_timeout = statement_timeout
        self._acquire_timeout = acquire_timeout
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._no_room_at: float | None = None
        self._unavailable_at: float | None = None

    def steady(self, seconds: float) -> bool:
        """Returns whether the server was never unavailable to us within the last `seconds`."""
        if self._unavailable_at is None:
            return True
        return time.monotonic() > self._unavailable_at + seconds

    @property
    def full(self) -> bool:
        """Returns whether the server's disk had no room for a statement within the last minute."""
        if self._no_room_at is None:
            return False
        return time.monotonic() < self._no_room_at + NO_ROOM_SECONDS

    async def open(self) -> None:
        """Creates the pool.

        It connects only on the first statement, so that a service starts without the server.
        """
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=0,
            max_size=self._connections,
            command_timeout=self._statement_timeout,
            timeout=5,
            server_settings=self._plans,
            init=_register_json,
            reset=_keep_session,
        )

    async def close(self) -> None:
        """Closes the pool."""
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Opens a transaction, which is rolled back when its body fails.

        Raises DatabaseUnavailable when the server does not answer, and DatabaseBusy when a
        statement failed but may succeed on a retry.
        """
        async with self._connected() as connection, connection.transaction():
            yield connection
        self._on_commit()

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Returns the rows of one statement, committed by itself. Raises as `transaction` does."""
        async with self._connected() as connection:
            return await connection.fetch(query, *arguments)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        """Provides a connection of the pool, and translates its errors."""
        if self._pool is None:
            raise DatabaseUnavailable("database not open")
        connection = await self._acquire(self._pool)
        try:
            try:
                yield connection
            finally:
                await self._pool.release(connection)
        except Exception as error:
            meaning = unavailable(error)
            if meaning is None:
                raise
            meaning.perhaps_committed = not _reported_by_server(error)
            self._note(meaning)
            if isinstance(error, asyncpg.DiskFullError):
                self._no_room_at = time.monotonic()
                NO_ROOM.inc()
                log.error("database.full")
            raise meaning from error

    async def _acquire(
        self, pool: "asyncpg.Pool[asyncpg.Record]"
    ) -> "PoolConnectionProxy[asyncpg.Record]":
        """Returns a connection within the timeout.

        Raises DatabaseBusy when the wait ends while every connection is in use: the server can be
        reached, and our own statements occupy it. Any other failure, also a connection that is not
        made in time, raises DatabaseUnavailable.
        """
        try:
            return await pool.acquire(timeout=self._acquire_timeout)
        except TimeoutError as timeout:
            if pool.get_size() - pool.get_idle_size() >= self._connections:
                raise DatabaseBusy("database: every connection is in use") from timeout
            self._unavailable_at = time.monotonic()
            raise DatabaseUnavailable("database: no connection in time") from timeout
        except Exception as error:
            meaning = unavailable(error)
            if meaning is None:
                raise
            self._note(meaning)
            raise meaning from error

    def _note(self, meaning: DatabaseUnavailable | DatabaseBusy) -> None:
        if isinstance(meaning, DatabaseUnavailable):
            self._unavailable_at = time.monotonic()

    async def write(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Returns the rows of one statement, as `fetch`, and wakes the relay for its events."""
        rows = await self.fetch(query, *arguments)
        self._on_commit()
        return rows

    async def answers(self) -> bool:
        """Returns whether the server answers now."""
        try:
            await self.fetch("select 1")
        except Unavailable:
            return False
        return True
