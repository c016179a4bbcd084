"""A service's own PostgreSQL: transactions that heal after an outage, and what counts as one."""

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

GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, starting up
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
)
PASSING = (
    TimeoutError,  # of a statement
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)


async def _speak_json(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )


async def _leave_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A released connection needs no cleaning, and so no round trip: we change no session, and asyncpg ends what
    transaction there is.
    """


# in no registry by itself: each service has its own (kit.runtime)
NO_ROOM = Counter(
    "database_no_room", "Statements that PostgreSQL's disk had no room for", registry=None
)
NO_ROOM_SECONDS = 60.0  # that it counts as full after the last of them


class DatabaseUnavailable(Unavailable):
    """Our own database does not answer: nobody else's fault.

    `perhaps_committed`: it was asked, and its answer was lost.
    """

    perhaps_committed = False


class DatabaseBusy(Unavailable):
    """Our own database answers, but not this time: a slow statement, a lock, a deadlock.

    `perhaps_committed`: its answer was not waited for.
    """

    perhaps_committed = False


OURS = (DatabaseUnavailable, DatabaseBusy)


def unavailable(error: BaseException) -> DatabaseUnavailable | DatabaseBusy | None:
    """Returns what an error of asyncpg means for the caller; None for a bug, such as a number out of range.

    The passing errors are looked at first: they are subclasses of those that say the server is gone.
    """
    if isinstance(error, PASSING):
        return DatabaseBusy(f"database: {type(error).__name__}")
    if isinstance(error, GONE) or _connection_lost(error):
        return DatabaseUnavailable(f"database: {type(error).__name__}")
    return None


def _refused(error: BaseException) -> bool:
    """Returns whether the server itself said that it did not do it."""
    lost = asyncpg.PostgresConnectionError | asyncpg.OperatorInterventionError
    return isinstance(error, asyncpg.PostgresError) and not isinstance(error, lost)


def _connection_lost(error: BaseException) -> bool:
    """Returns whether an InterfaceError is about a lost connection: asyncpg has no class of its own for that."""
    text = str(error)
    return (
        isinstance(error, asyncpg.InterfaceError)
        and not isinstance(
            error, ValueError
        )  # its DataError quotes the value, which may say anything
        and ("connection is closed" in text or "pool is clos" in text)
    )


# A plan is made once for a connection, and kept as long as that lives. Made while the tables were small, it would scan
# them for ever; and to plan anew for each row's values, or to compile a plan, costs more than any of ours takes.
PLANS = {"enable_seqscan": "off", "jit": "off", "plan_cache_mode": "force_generic_plan"}
# What an operator looks for decides which index finds it.
PLANS_BY_VALUES = {"jit": "off", "plan_cache_mode": "force_custom_plan"}


class Database:
    """A pool of connections. `on_commit` is called after each transaction, to wake the relay. Timeouts are seconds.

    What it runs uses an index wherever there is one, or with `scans` whatever PostgreSQL holds to be cheapest for the
    values that are asked for.
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
        self._plans = PLANS_BY_VALUES if scans else PLANS
        self._on_commit = on_commit
        self._statement_timeout, self._acquire_timeout = statement_timeout, acquire_timeout
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._no_room_at: float | None = None
        self._away_at: float | None = None

    def steady(self, seconds: float) -> bool:
        """Whether the server was never unavailable to us within the last `seconds`."""
        return self._away_at is None or time.monotonic() > self._away_at + seconds

    @property
    def full(self) -> bool:
        """Whether its disk had no room for something we wrote, within the last minute."""
        return (
            self._no_room_at is not None and time.monotonic() < self._no_room_at + NO_ROOM_SECONDS
        )

    async def open(self) -> None:
        """Makes the pool; connects only when somebody asks, so an absent server stops nobody from starting."""
        self._pool = await asyncpg.create_pool(
            self.dsn,
            min_size=0,
            max_size=self._connections,
            command_timeout=self._statement_timeout,
            timeout=5,
            server_settings=self._plans,
            init=_speak_json,
            reset=_leave_as_it_is,
        )

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction; what it had done is undone when it fails.

        Raises DatabaseUnavailable when the server is away, DatabaseBusy when it did not manage this time.
        """
        async with self._connected() as connection, connection.transaction():
            yield connection
        self._on_commit()

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of one statement, committed by itself. Raises as `transaction` does."""
        async with self._connected() as connection:
            return await connection.fetch(query, *arguments)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        """A connection of the pool, and the names of its errors."""
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
            meaning.perhaps_committed = not _refused(error)
            self._note(meaning)
            if isinstance(error, asyncpg.DiskFullError):
                self._no_room_at = time.monotonic()
                NO_ROOM.inc()
                log.error("database.full")
            raise meaning from error

    async def _acquire(
        self, pool: "asyncpg.Pool[asyncpg.Record]"
    ) -> "PoolConnectionProxy[asyncpg.Record]":
        """A connection within the timeout.

        A wait that ends while every connection is in use is DatabaseBusy: the server can be reached, and
        our own work keeps it. Any other, also a connection that is not made in time, is DatabaseUnavailable.
        """
        try:
            return await pool.acquire(timeout=self._acquire_timeout)
        except TimeoutError as timeout:
            if pool.get_size() - pool.get_idle_size() >= self._connections:
                raise DatabaseBusy("database: every connection is in use") from timeout
            self._away_at = time.monotonic()
            raise DatabaseUnavailable("database: no connection in time") from timeout
        except Exception as error:
            meaning = unavailable(error)
            if meaning is None:
                raise
            self._note(meaning)
            raise meaning from error

    def _note(self, meaning: DatabaseUnavailable | DatabaseBusy) -> None:
        if isinstance(meaning, DatabaseUnavailable):
            self._away_at = time.monotonic()

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
