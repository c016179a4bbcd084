"""One active worker however many replicas run: whoever holds the lock in the service's database."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from kit.database import unavailable

log = structlog.get_logger()


class Leader:
    """Runs `work` again and again while this replica holds the advisory lock named `name`.

    The lock belongs to a connection: when that goes, so does the lead, and the next replica takes over within
    `patience` seconds. After a round without more to do it pauses `pause` seconds.
    """

    def __init__(
        self,
        *,
        dsn: str,
        name: str,
        work: Callable[[], Awaitable[bool | None]],
        pause: float = 0.25,
        elected: Callable[[], None] = lambda: None,
        patience: float = 1.0,
    ) -> None:
        self._dsn, self._name, self._work, self._elected = dsn, name, work, elected
        self._pause, self._patience = pause, patience

    async def __call__(self) -> bool | None:
        """A tick: waits for the lead, then works until the lock's connection is lost."""
        try:
            connection = await asyncpg.connect(self._dsn, timeout=5, command_timeout=5)
        except Exception as error:
            if unavailable(error) is None:
                raise
            return None
        try:
            while not await connection.fetchval("select pg_try_advisory_lock(hashtext($1))", self._name):
                await asyncio.sleep(self._patience)
            log.info("leader.elected", work=self._name)
            self._elected()
            while not connection.is_closed():
                if not await self._work():
                    await asyncio.sleep(self._pause)
        except Exception as error:
            if unavailable(error) is None:
                raise
            return None
        finally:
            with contextlib.suppress(Exception):  # of a connection that is gone
                await connection.close(timeout=2)
        return None
