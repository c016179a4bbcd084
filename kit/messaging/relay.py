"""Publishes the rows of the outbox; one that cannot be published does not stop the others."""

import asyncio
import contextlib
import random
import struct
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from enum import Enum, auto

import aiormq
import asyncpg
import structlog
from aiormq.abc import AbstractChannel

from kit.clock import now
from kit.database import Connection, Database
from kit.errors import describe
from kit.failed_work import OUTBOX_ROWS, publish_failed

log = structlog.get_logger()

# seconds
SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 3.0

# attempts, within half a minute, at a row that cannot be published by its own fault
MAX_FAILURES = 5

CLAIM_ROWS = """
select id, event_id, exchange, routing_key, lead_id, body, traceparent, created_at
from outbox
where failed_at is null and next_attempt_at <= now()
order by next_attempt_at, id
limit $1
for update skip locked
"""
DELETE_ROWS = "delete from outbox where id = any($1::bigint[])"
POSTPONE_ROWS = """
update outbox
set
  attempts = attempts + 1,
  last_error = failed.error,
  next_attempt_at = now()
    + least(interval '1 second' * power(2, least(attempts, 10)), interval '5 minutes')
from unnest($1::bigint[], $2::text[]) as failed(id, error)
where outbox.id = failed.id
"""
RECORD_FAILURE = """
update outbox
set
  attempts = attempts + 1,
  failures = failures + 1,
  last_error = $2,
  next_attempt_at = now() + interval '1 second' * power(2, failures),
  failed_at = case when failures + 1 >= $3 then now() end
where id = $1
returning failed_at is not null
"""
COUNT_WAITING = """
select count(*) as waiting, min(created_at) as since
from outbox
where failed_at is null
"""

# the row cannot be encoded, is too large, or breaks the protocol
OWN_FAULTS = (
    ValueError,
    TypeError,
    OverflowError,
    struct.error,
    aiormq.exceptions.ChannelPreconditionFailed,
    aiormq.exceptions.ConnectionSyntaxError,
    aiormq.exceptions.ConnectionFrameError,
)
# the errors of the other rows of a batch, on a channel that one row has closed
AFTERMATH = (aiormq.exceptions.ChannelInvalidStateError, aiormq.exceptions.ConnectionChannelError)


class Fate(Enum):
    """The result of publishing a row."""

    PUBLISHED = auto()
    REFUSED = auto()  # retried forever, less and less often
    AT_FAULT = auto()  # retried a few times, then set aside for a person
    UNKNOWN = auto()  # retried at once, on a new connection


def fate(answer: BaseException | None, *, alone: bool) -> Fate:
    """Returns the result of a row by the broker's answer.

    An error that closes the channel is the answer to every row in flight, so only a row that was
    published `alone` is blamed for it.
    """
    match answer:
        case None:
            return Fate.PUBLISHED
        case aiormq.exceptions.DeliveryError():  # returned as unroutable, or nacked
            return Fate.REFUSED
        case aiormq.exceptions.ChannelAccessRefused() if alone:  # no right to this topic
            return Fate.REFUSED
        case _ if alone and isinstance(answer, OWN_FAULTS):
            return Fate.AT_FAULT
        case _:
            return Fate.UNKNOWN


def may_be_caused_by_a_row(error: BaseException) -> bool:
    """Returns whether one row may have caused the error, rather than the connection."""
    return isinstance(error, (*OWN_FAULTS, *AFTERMATH, aiormq.exceptions.ChannelAccessRefused))


class Relay:
    """Publishes the outbox of `service`: claim, publish, await the confirms, delete.

    All four steps are one transaction. The row locks are the lease, so a relay that dies frees its
    rows at once, and any number of replicas share the table. The relay is woken after each commit
    of its own process, and polls every `poll` seconds for the rows of other processes and for
    retries. It keeps plain connections of its own; when one of them is lost, both are reopened.

    After an error that one row may have caused, it publishes row by row until a batch is through.
    """

    def __init__(
        self,
        *,
        service: str,
        amqp_url: str,
        dsn: str,
        poll: float = 0.5,
        batch: int = 200,
    ) -> None:
        self._service = service
        self._amqp_url = amqp_url
        self._dsn = dsn
        self._poll = poll
        self._batch = batch
        self._due = asyncio.Event()
        self._stopping = False
        self._pause = SHORTEST_PAUSE
        self._alone = 0  # rows still to be published one by one
        self.connected = False
        self.waiting = 0
        self._waiting_since: datetime | None = None

    @property
    def oldest_seconds(self) -> float:
        """Returns the age of the oldest waiting row, 0 where none waits.

        The age keeps growing while the database cannot be asked.
        """
        if self._waiting_since is None:
            return 0.0
        return (now() - self._waiting_since).total_seconds()

    async def count(self, database: Database) -> None:
        """Counts the waiting rows, on a connection of the service.

        The relay has no connection of its own while the broker is unavailable.
        """
        [row] = await database.fetch(COUNT_WAITING)
        self.waiting = row["waiting"]
        self._waiting_since = row["since"]

    def wake(self) -> None:
        """Wakes the relay, because there may be rows to publish."""
        self._due.set()

    async def run(self) -> None:
        """Publishes until stopped, through any outage."""
        while not self._stopping:
            try:
                async with AsyncExitStack() as closing:
                    channel, database = await self._connect(closing)
                    self.connected = True
                    await self._publish_until_stopped(database, channel)
            # a node that drops us while it boots raises errors that no list foresees
            except Exception as outage:
                self.connected = False
                if may_be_caused_by_a_row(outage) and not self._alone:
                    self._alone = self._batch
                # random, so that replicas do not retry in step
                pause = self._pause * random.uniform(0.5, 1.5)  # noqa: S311
                log.warning("outbox.interrupted", reason=describe(outage), again_in=round(pause, 1))
                await asyncio.sleep(pause)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _connect(
        self, closing: AsyncExitStack
    ) -> tuple[AbstractChannel, "asyncpg.Connection[asyncpg.Record]"]:
        """Returns both connections, within ten seconds.

        A node that is still booting may accept a request and never answer it.
        """
        async with asyncio.timeout(10):
            broker = await aiormq.connect(self._amqp_url)
            closing.push_async_callback(broker.close)
            channel = await broker.channel(publisher_confirms=True, on_return_raises=True)
            database = await asyncpg.connect(self._dsn, timeout=5, command_timeout=15)
            closing.push_async_callback(database.close, timeout=2)
        return channel, database

    async def stop(self) -> None:
        """Stops after the current batch; the next start or another replica publishes the rest."""
        self._stopping = True
        self._due.set()

    async def _publish_until_stopped(self, database: Connection, channel: AbstractChannel) -> None:
        while True:
            self._due.clear()
            limit = 1 if self._alone else self._batch
            claimed = await self._publish_batch(database, channel, limit)
            self._alone = max(self._alone - 1, 0) if claimed else 0
            if claimed == limit:
                continue
            if self._stopping:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), self._poll)

    async def _publish_batch(
        self, database: Connection, channel: AbstractChannel, limit: int
    ) -> int:
        """Publishes up to `limit` rows, and returns how many were claimed.

        Raises the error that interrupted it, after the known results are committed.
        """
        async with database.transaction():
            rows = await database.fetch(CLAIM_ROWS, limit)
            async with asyncio.timeout(10):
                answers = await asyncio.gather(
                    *(self._publish(channel, row) for row in rows), return_exceptions=True
                )
            fates = await self._settle(database, rows, answers)
        errors = [answer for answer in answers if answer is not None]
        if Fate.UNKNOWN in fates or channel.is_closed:
            raise _most_informative(errors)
        self._pause = SHORTEST_PAUSE
        return len(rows)

    async def _settle(
        self,
        database: Connection,
        rows: Sequence[asyncpg.Record],
        answers: Sequence[BaseException | None],
    ) -> list[Fate]:
        fates = [fate(answer, alone=len(rows) == 1) for answer in answers]
        settled = list(zip(rows, answers, fates, strict=True))
        published = [row["id"] for row, _, result in settled if result is Fate.PUBLISHED]
        refused = [
            (row["id"], repr(answer)[:500])
            for row, answer, result in settled
            if result is Fate.REFUSED
        ]
        if published:
            await database.execute(DELETE_ROWS, published)
        if refused:
            log.error("outbox.refused", events=len(refused), reason=refused[0][1])
            await database.execute(
                POSTPONE_ROWS,
                [row_id for row_id, _ in refused],
                [reason for _, reason in refused],
            )
        for row, answer, result in settled:
            if result is Fate.AT_FAULT and answer is not None:
                await self._blame(database, row, describe(answer))
        if Fate.UNKNOWN not in fates:
            self._pause = SHORTEST_PAUSE
        return fates

    async def _blame(self, database: Connection, row: asyncpg.Record, reason: str) -> None:
        """Counts a failure that is the row's own fault; the last one sets the row aside."""
        failed = await database.fetchval(RECORD_FAILURE, row["id"], reason, MAX_FAILURES)
        log.error(
            "outbox.at_fault",
            row_id=row["id"],
            routing_key=row["routing_key"][:80],
            failed=failed,
            reason=reason,
        )
        if failed:
            await publish_failed(
                database,
                service=self._service,
                kind=OUTBOX_ROWS.kind,
                row_id=row["id"],
                reason=reason,
                lead_id=row["lead_id"],
            )

    async def _publish(self, channel: AbstractChannel, row: asyncpg.Record) -> None:
        await channel.basic_publish(
            row["body"],
            exchange=row["exchange"],
            routing_key=row["routing_key"],
            mandatory=True,
            properties=aiormq.spec.Basic.Properties(
                message_id=str(row["event_id"]),
                correlation_id=str(row["lead_id"]),
                headers={"traceparent": row["traceparent"]},
                content_type="application/json",
                delivery_mode=2,  # kept on disk
                timestamp=row["created_at"],
            ),
        )


def _most_informative(errors: Sequence[BaseException]) -> BaseException:
    """Returns an error that one row may have caused, else the first that is no refusal."""
    about_rows = [error for error in errors if may_be_caused_by_a_row(error)]
    others = [error for error in errors if not isinstance(error, aiormq.exceptions.DeliveryError)]
    return [*about_rows, *others, ConnectionError("the channel was closed")][0]
