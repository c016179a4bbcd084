"""Events leave with the transaction that made them: a table, and the relay that publishes from it."""

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

import aiormq
import asyncpg
import structlog
from aiormq.abc import AbstractChannel

from contracts.event import Event
from kit import tracing
from kit.database import Connection, Database
from kit.failures import describe

log = structlog.get_logger()

COUNT_EVERY = 1.0  # seconds

TABLE = """
create table outbox (
  id bigint generated always as identity primary key, event_id uuid not null unique, topic text not null,
  lead_id bigint not null, body bytea not null, traceparent text not null,
  created_at timestamptz not null default now(), next_attempt_at timestamptz not null default now(),
  attempts int not null default 0, last_error text);
create index outbox_due on outbox (next_attempt_at, id);
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000);
"""

ADD = """insert into outbox (event_id, topic, lead_id, body, traceparent)
         select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bytea[], $5::text[])
         on conflict (event_id) do nothing"""
CLAIM = """select id, event_id, topic, lead_id, body, traceparent, created_at from outbox
           where next_attempt_at <= now() order by next_attempt_at, id limit $1 for update skip locked"""
DONE = "delete from outbox where id = any($1::bigint[])"
LATER = """update outbox set attempts = attempts + 1, last_error = failed.error,
             next_attempt_at = now() + least(interval '1 second' * power(2, least(attempts, 10)), interval '5 minutes')
           from unnest($1::bigint[], $2::text[]) as failed(id, error) where outbox.id = failed.id"""
LAG = "select count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from outbox"


async def add(connection: Connection, events: Sequence[Event]) -> None:
    """Puts `events` into the caller's transaction, with the current trace."""
    if not events:
        return
    await connection.execute(
        ADD,
        [event.event_id for event in events],
        [event.topic for event in events],
        [event.lead_id for event in events],
        [event.model_dump_json().encode() for event in events],
        [tracing.current()] * len(events),
    )


async def say(database: Database, *events: Event) -> None:
    """Says `events` in a transaction of their own."""
    async with database.transaction() as connection:
        await add(connection, events)


class Relay:
    """Publishes what the outbox holds: claim, publish, await the confirms, delete, in one transaction.

    The row locks are the lease, so a relay that dies frees its rows at once, and any number of replicas share the
    table. It is woken after each commit of its own process, and looks by itself every `poll` seconds for what others
    left and what is tried again. It keeps its own plain connections: any loss, and both are made anew.
    """

    def __init__(self, *, amqp_url: str, dsn: str, exchange: str, poll: float = 0.5, batch: int = 200) -> None:
        self._amqp_url, self._dsn, self._exchange = amqp_url, dsn, exchange
        self._poll, self._batch = poll, batch
        self._due = asyncio.Event()
        self._stopping = False
        self.waiting, self.oldest_seconds = 0, 0.0

    def wake(self) -> None:
        """Says that there may be something to publish."""
        self._due.set()

    async def run(self) -> None:
        """Publishes until stopped, through any outage."""
        pause = 0.2
        while not self._stopping:
            try:
                async with AsyncExitStack() as closing:
                    channel, database = await self._connect(closing)
                    pause = 0.2
                    await self._publish_until_stopped(database, channel)
            except Exception as outage:  # a node that drops us while it boots raises what no list foresees
                log.warning("outbox.interrupted", reason=describe(outage), again_in=round(pause, 1))
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - only so that replicas do not retry in step
                pause = min(pause * 2, 3)

    async def _connect(self, closing: AsyncExitStack) -> tuple[AbstractChannel, "asyncpg.Connection[asyncpg.Record]"]:
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

    async def _publish_until_stopped(
        self, database: "asyncpg.Connection[asyncpg.Record]", channel: AbstractChannel
    ) -> None:
        counted_at = 0.0
        while True:
            self._due.clear()
            published = await self._publish_batch(database, channel)
            if published == self._batch:
                continue
            if self._stopping:
                return
            if time.monotonic() - counted_at > COUNT_EVERY:
                self.waiting, self.oldest_seconds = await database.fetchrow(LAG) or (0, 0.0)
                counted_at = time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), self._poll)

    async def _publish_batch(self, database: "asyncpg.Connection[asyncpg.Record]", channel: AbstractChannel) -> int:
        async with database.transaction():
            rows = await database.fetch(CLAIM, self._batch)
            if not rows:
                return 0
            async with asyncio.timeout(10):
                answers = await asyncio.gather(*(self._publish(channel, row) for row in rows), return_exceptions=True)
            done = [row["id"] for row, answer in zip(rows, answers, strict=True) if answer is None]
            refused = [
                (row["id"], repr(answer)[:500])
                for row, answer in zip(rows, answers, strict=True)
                if isinstance(answer, aiormq.exceptions.DeliveryError)  # returned as unroutable, or nacked
            ]
            if done:
                await database.execute(DONE, done)
            if refused:
                log.error("outbox.refused", events=len(refused), reason=refused[0][1])
                await database.execute(LATER, [row for row, _ in refused], [reason for _, reason in refused])
        lost = [
            answer
            for answer in answers
            if isinstance(answer, BaseException) and not isinstance(answer, aiormq.exceptions.DeliveryError)
        ]
        if lost:
            raise lost[0]
        return len(rows)

    async def _publish(self, channel: AbstractChannel, row: asyncpg.Record) -> None:
        await channel.basic_publish(
            row["body"],
            exchange=self._exchange,
            routing_key=row["topic"],
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
