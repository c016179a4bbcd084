"""Leader election by PostgreSQL advisory lock: one active worker across all replicas.

Each lead has a number, its term. A leader that was frozen or cut off may resume after another one
was elected. For this reason its claims carry its term, and before an irreversible action it checks
that it still leads.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from kit.database import DatabaseUnavailable, unavailable
from kit.errors import describe

log = structlog.get_logger()

TABLE = "create table leaders (name text primary key, term bigint not null);"
UPSERT_TERM = """
insert into leaders (name, term)
values ($1, 1)
on conflict (name) do update
set term = leaders.term + 1
returning term
"""
SELECT_TERM = "select term from leaders where name = $1"


class LeadLost(DatabaseUnavailable):
    """Another replica leads by now, or the lead cannot be verified."""


class Lead:
    """One election of one replica.

    It holds while the connection of its lock answers and no other replica was elected after it.
    """

    def __init__(
        self, name: str, term: int, connection: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        self.name = name
        self.term = term
        self._connection = connection

    async def holds(self) -> None:
        """Returns while this replica leads. Raises LeadLost."""
        try:
            newest = await self._connection.fetchval(SELECT_TERM, self.name)
        except Exception as error:  # the lock is lost with its connection, whatever the cause
            raise LeadLost(f"leader: {describe(error)}") from error
        if newest != self.term:
            raise LeadLost(f"leader: term {newest} has begun")


class Leader:
    """Runs `job` repeatedly while this replica holds the advisory lock named `name`.

    The lock belongs to a connection, which is checked before each run. When the connection is
    lost, the lead is lost too, and the next replica takes over within `retry_interval` seconds.
    After a run with nothing more to do it pauses `pause` seconds.
    """

    def __init__(
        self,
        *,
        dsn: str,
        name: str,
        job: Callable[[], Awaitable[bool | None]],
        pause: float = 0.25,
        elected: Callable[[Lead], None] = lambda _: None,
        retry_interval: float = 1.0,
    ) -> None:
        self._dsn = dsn
        self._name = name
        self._job = job
        self._elected = elected
        self._pause = pause
        self._retry_interval = retry_interval

    async def __call__(self) -> bool | None:
        """Waits for the lead, then runs the job until it is lost; the action of a PeriodicJob."""
        try:
            connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=5)
        except Exception as error:
            if unavailable(error) is None:
                raise
            return None
        try:
            while not await connection.fetchval(
                "select pg_try_advisory_lock(hashtext($1))", self._name
            ):
                await asyncio.sleep(self._retry_interval)
            term = await connection.fetchval(UPSERT_TERM, self._name)
            lead = Lead(self._name, term, connection)
            log.info("leader.elected", job=self._name, term=lead.term)
            self._elected(lead)
            while True:
                await lead.holds()
                if not await self._job():
                    await asyncio.sleep(self._pause)
        except LeadLost as lost:
            log.warning("leader.lost", job=self._name, reason=str(lost))
            return None
        except Exception as error:
            if unavailable(error) is None:
                raise
            return None
        finally:
            with contextlib.suppress(Exception):  # the connection may be lost already
                await connection.close(timeout=2)
