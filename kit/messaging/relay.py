"""Publishes what the outbox holds; a row that cannot be published does not stop the others."""

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

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 3.0  # seconds
TRIES = 5  # of a row that cannot be published by its own fault, within half a minute

CLAIM = """select id, event_id, exchange, routing_key, lead_id, body, traceparent, created_at from outbox
           where failed_at is null and next_attempt_at <= now()
           order by next_attempt_at, id limit $1 for update skip locked"""
DONE = "delete from outbox where id = any($1::bigint[])"
LATER = """update outbox set attempts = attempts + 1, last_error = failed.error,
             next_attempt_at = now() + least(interval '1 second' * power(2, least(attempts, 10)), interval '5 minutes')
           from unnest($1::bigint[], $2::text[]) as failed(id, error) where outbox.id = failed.id"""
FAULT = """update outbox set attempts = attempts + 1, failures = failures + 1, last_error = $2,
             next_attempt_at = now() + interval '1 second' * power(2, failures),
             failed_at = case when failures + 1 >= $3 then now() end
           where id = $1 returning failed_at is not null"""
WAITING = "select count(*) as waiting, min(created_at) as since from outbox where failed_at is null"

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
# what the rest of a batch is answered on a channel that one row has closed
AFTERMATH = (aiormq.exceptions.ChannelInvalidStateError, aiormq.exceptions.ConnectionChannelError)


class Fate(Enum):
    """What became of a row that was to be published."""

    PUBLISHED = auto()
    REFUSED = auto()  # tried again for ever, ever less often
    AT_FAULT = auto()  # tried again a few times, then left to a person
    UNKNOWN = auto()  # tried again at once, on a new connection


def fate(answer: BaseException | None, *, alone: bool) -> Fate:
    """Returns what the broker's answer says of a row.

    An error that closes the channel is the answer to every row on its way, so only a row that was published `alone` is
    blamed for it.
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


def may_be_a_rows(error: BaseException) -> bool:
    """Returns whether the error may be about one row, rather than about the way to the broker."""
    return isinstance(error, (*OWN_FAULTS, *AFTERMATH, aiormq.exceptions.ChannelAccessRefused))


class Relay:
    """Publishes what `service`'s outbox holds: claim, publish, await the confirms, delete, in one transaction.

    The row locks are the lease, so a relay that dies frees its rows at once, and any number of replicas share the
    table. It is woken after each commit of its own process, and looks by itself every `poll` seconds for what others
    left and what is tried again. It keeps its own plain connections: any loss, and both are made again.

    After an error that one row may have caused it publishes row by row until a batch is through.
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
        self._service, self._amqp_url, self._dsn = service, amqp_url, dsn
        self._poll, self._batch = poll, batch
        self._due = asyncio.Event()
        self._stopping = False
        self._pause = SHORTEST_PAUSE
        self._alone = 0  # rows still to be published one by one
        self.connected, self.waiting = False, 0
        self._waiting_since: datetime | None = None

    @property
    def oldest_seconds(self) -> float:
        """The age of the oldest row that waits, also while nobody can be asked; 0 where none waits."""
        return (
            (now() - self._waiting_since).total_seconds()
            if self._waiting_since is not None
            else 0.0
        )

    async def count(self, database: Database) -> None:
        """Looks what waits, on a connection of the service: the relay's own is not there while the broker is away."""
        [row] = await database.fetch(WAITING)
        self.waiting, self._waiting_since = row["waiting"], row["since"]

    def wake(self) -> None:
        """Says that there may be something to publish."""
        self._due.set()

    async def run(self) -> None:
        """Publishes until stopped, through any outage."""
        while not self._stopping:
            try:
                async with AsyncExitStack() as closing:
                    channel, database = await self._connect(closing)
                    self.connected = True
                    await self._publish_until_stopped(database, channel)
            except (
                Exception
            ) as outage:  # a node that drops us while it boots raises what no list foresees
                self.connected = False
                if may_be_a_rows(outage) and not self._alone:
                    self._alone = self._batch
                pause = self._pause * random.uniform(0.5, 1.5)  # noqa: S311 - only so that replicas do not retry in step
                log.warning("outbox.interrupted", reason=describe(outage), again_in=round(pause, 1))
                await asyncio.sleep(pause)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _connect(
        self, closing: AsyncExitStack
    ) -> tuple[AbstractChannel, "asyncpg.Connection[asyncpg.Record]"]:
        """Both connections, within ten seconds: a node that is still booting may take a request and never answer it."""
        async with asyncio.timeout(10):
            broker = await aiormq.connect(self._amqp_url)
            closing.push_async_callback(broker.close)
            channel = await broker.channel(publisher_confirms=True, on_return_raises=True)
            database = await asyncpg.connect(self._dsn, timeout=5, command_timeout=15)
            closing.push_async_callback(database.close, timeout=2)
        return channel, database

    async def stop(self) -> None:
        """Lets the batch in hand finish; what is left goes with the next start or with another replica."""
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
        """How many rows were claimed. Raises what interrupted it, after what is known of each row is committed."""
        async with database.transaction():
            rows = await database.fetch(CLAIM, limit)
            async with asyncio.timeout(10):
                answers = await asyncio.gather(
                    *(self._publish(channel, row) for row in rows), return_exceptions=True
                )
            fates = await self._settle(database, rows, answers)
        errors = [answer for answer in answers if answer is not None]
        if Fate.UNKNOWN in fates or channel.is_closed:
            raise _telling(errors)
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
        published = [row["id"] for row, _, its_fate in settled if its_fate is Fate.PUBLISHED]
        refused = [
            (row["id"], repr(answer)[:500])
            for row, answer, its_fate in settled
            if its_fate is Fate.REFUSED
        ]
        if published:
            await database.execute(DONE, published)
        if refused:
            log.error("outbox.refused", events=len(refused), reason=refused[0][1])
            await database.execute(
                LATER, [row for row, _ in refused], [reason for _, reason in refused]
            )
        for row, answer, its_fate in settled:
            if its_fate is Fate.AT_FAULT and answer is not None:
                await self._blame(database, row, describe(answer))
        if Fate.UNKNOWN not in fates:
            self._pause = SHORTEST_PAUSE
        return fates

    async def _blame(self, database: Connection, row: asyncpg.Record, reason: str) -> None:
        """Counts a failure that is the row's own fault; with the last try it is left to a person."""
        failed = await database.fetchval(FAULT, row["id"], reason, TRIES)
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


def _telling(errors: Sequence[BaseException]) -> BaseException:
    """The error that says most: one that may be about a row, else the first."""
    about_rows = [error for error in errors if may_be_a_rows(error)]
    others = [error for error in errors if not isinstance(error, aiormq.exceptions.DeliveryError)]
    return [*about_rows, *others, ConnectionError("the channel was closed")][0]
