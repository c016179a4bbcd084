"""One active worker however many replicas run: whoever holds the lock in the service's database.

Each lead has a number, its term. A leader that stood still, or was cut off, may come to itself when another leads by
then: what it claims names its term, and before what cannot be taken back it asks whether it still leads.
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
BEGIN = """insert into leaders (name, term) values ($1, 1)
           on conflict (name) do update set term = leaders.term + 1 returning term"""
TERM = "select term from leaders where name = $1"


class LeadLost(DatabaseUnavailable):
    """Another replica leads by now, or nobody can say."""


class Lead:
    """One election of one replica; as long as its lock's connection answers, and nobody was elected after it."""

    def __init__(
        self, name: str, term: int, connection: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        self.name, self.term, self._connection = name, term, connection

    async def holds(self) -> None:
        """Returns while this replica leads. Raises LeadLost."""
        try:
            newest = await self._connection.fetchval(TERM, self.name)
        except Exception as error:  # whatever became of the connection, the lock went with it
            raise LeadLost(f"leader: {describe(error)}") from error
        if newest != self.term:
            raise LeadLost(f"leader: term {newest} has begun")


class Leader:
    """Runs `job` again and again while this replica holds the advisory lock named `name`.

    The lock belongs to a connection, which is asked before each round: when that goes, so does the lead, and the next
    replica takes over within `patience` seconds. After a round without more to do it pauses `pause` seconds.
    """

    def __init__(
        self,
        *,
        dsn: str,
        name: str,
        job: Callable[[], Awaitable[bool | None]],
        pause: float = 0.25,
        elected: Callable[[Lead], None] = lambda _: None,
        patience: float = 1.0,
    ) -> None:
        self._dsn, self._name, self._job, self._elected = dsn, name, job, elected
        self._pause, self._patience = pause, patience

    async def __call__(self) -> bool | None:
        """A tick: waits for the lead, then works until it is lost."""
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
                await asyncio.sleep(self._patience)
            lead = Lead(self._name, await connection.fetchval(BEGIN, self._name), connection)
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
            with contextlib.suppress(Exception):  # of a connection that is gone
                await connection.close(timeout=2)
