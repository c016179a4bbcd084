"""The steps of backup and restore that need an administrator of the servers.

They run where `pauta setup` runs: in a container or as a plain process.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import aio_pika
import asyncpg
import typer
from aio_pika.abc import AbstractExchange

from contracts.commands.outbound import PauseOutbound
from contracts.events.backup import BackupStarted
from contracts.events.base import Event
from contracts.events.outbound import OutboundPaused
from contracts.registry import MESSAGES
from kit.messaging import outbox
from kit.messaging.broker import EVENT_EXCHANGE, EXCHANGES, wait_exchange
from pauta.setup import SetupSettings, administrator

app = typer.Typer(pretty_exceptions_enable=False)

REACH = timedelta(days=1)  # how long before a backup an event may still have been in transit
AUDIT_LOG_TIMEOUT = 180.0  # seconds until the audit log must have every event
BATCHING = 6.0  # seconds that console may take to store delivered events (kit.batcher)
RETRY_WAIT = 30.0  # seconds
BATCH = 200

# the inbox forgets by age; its rows must stay known while events are republished
REFRESH_INBOX = "update inbox set received_at = now()"
# work for Kommo that was pending may be done since the backup; crm must check before it repeats it
MARK_UNCLEAR = """update registrations
                  set state = 'unclear', check_count = 0, check_at = now()
                  where state in ('waiting', 'sending');
                  update notes
                  set state = 'unclear', check_count = 0, check_at = now()
                  where state in ('waiting', 'sending')"""
# Kommo, Cal.com and the providers know lead ids that were given out after the backup
SKIP_IDS = "select setval('lead_ids', last_value + 1000000) from lead_ids"
CHANGES = {
    "intake": (SKIP_IDS,),
    "crm": (REFRESH_INBOX, MARK_UNCLEAR),
    "notify": (REFRESH_INBOX,),
    "scheduler": (REFRESH_INBOX,),
}
WITH_SWITCH = ("notify", "crm")
REASON = "restored from a backup"
PAUSE = """insert into switch (paused, by, reason)
           values (true, $1, $2)
           on conflict (single) do update
           set paused = true, by = $1, reason = $2, at = now()"""
# the day first, by the index of times: from the first row on, ordered by id, it would read them all
SELECT_EVENTS = """with day as materialized (
                     select id, event_id, lead_id, topic, body
                     from actions
                     where at between $1 and $2)
                   select event_id, lead_id, topic, body
                   from day
                   order by id"""


@app.command()
def caught_up() -> None:
    """Returns once the audit log has every event published before, despite events that follow."""
    asyncio.run(_caught_up(SetupSettings()))


async def _caught_up(settings: SetupSettings) -> None:
    """Publishes an event behind all others in console's queue; waits until the audit log has it.

    Another replica may still hold earlier events, and events that failed once are retried later.
    Events that keep failing are waited for no longer than RETRY_WAIT.
    """
    event = BackupStarted()
    await _publish(settings, event)
    await _until(
        partial(_has, settings, event),
        AUDIT_LOG_TIMEOUT,
        "The audit log does not advance. Is console running?",
    )
    await asyncio.sleep(BATCHING)
    with contextlib.suppress(SystemExit):
        await _until(
            partial(_nothing_is_retried, settings),
            RETRY_WAIT,
            "some events are still being retried",
        )


async def _publish(settings: SetupSettings, event: Event) -> None:
    async with await aio_pika.connect(settings.broker_url, timeout=10) as broker:
        exchange = await (await broker.channel(publisher_confirms=True)).get_exchange(
            EVENT_EXCHANGE.name
        )
        message = aio_pika.Message(
            event.model_dump_json().encode(),
            message_id=str(event.event_id),
            correlation_id=str(event.lead_id),
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await exchange.publish(message, event.routing_key)


async def _has(settings: SetupSettings, event: Event) -> bool:
    async with administrator(settings, "console") as connection:
        return bool(
            await connection.fetchval(
                "select true from actions where event_id = $1", event.event_id
            )
        )


async def _nothing_is_retried(settings: SetupSettings) -> bool:
    async with await aio_pika.connect(settings.broker_url, timeout=10) as broker:
        channel = await broker.channel()
        for delay in settings.retry_delays.split(","):
            name = wait_exchange("console", float(delay))
            waiting = (
                await channel.declare_queue(name, passive=True)
            ).declaration_result.message_count
            if waiting:
                return False
    return True


async def _until(ready: Callable[[], Awaitable[bool]], seconds: float, message: str) -> None:
    """Returns as soon as `ready` holds. Raises SystemExit with `message` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not await ready():
        if time.monotonic() > deadline:
            raise SystemExit(message)
        await asyncio.sleep(0.5)


@app.command()
def silence(operator: str) -> None:
    """Pauses outbound in restored databases, and keeps ids from being given out twice."""
    asyncio.run(_silence(SetupSettings(), operator))


async def _silence(settings: SetupSettings, operator: str) -> None:
    for database in WITH_SWITCH:
        async with administrator(settings, database) as connection:
            await connection.execute(PAUSE, operator, REASON)
    async with administrator(settings, PauseOutbound.owner) as connection, connection.transaction():
        # the audit log records the pause, too
        await outbox.add(connection, [OutboundPaused(by=operator, reason=REASON)])
    for database, changes in CHANGES.items():
        async with administrator(settings, database) as connection, connection.transaction():
            for change in changes:
                await connection.execute(change)


@app.command()
def republish(taken_at: str) -> None:
    """Republishes every event of the day before the backup. Consumers ignore handled events."""
    typer.echo(asyncio.run(_republish_day(SetupSettings(), datetime.fromisoformat(taken_at))))


async def _republish_day(settings: SetupSettings, taken_at: datetime) -> int:
    published = 0
    async with (
        await aio_pika.connect(settings.broker_url, timeout=10) as broker,
        administrator(settings, "console") as connection,
        connection.transaction(),
    ):
        channel = await broker.channel(publisher_confirms=True, on_return_raises=True)
        exchanges = {name: await channel.get_exchange(name) for name in EXCHANGES}
        messages = await connection.cursor(SELECT_EVENTS, taken_at - REACH, taken_at)
        while rows := await messages.fetch(BATCH):
            await asyncio.gather(*(_republish(exchanges, row) for row in rows))
            published += len(rows)
    return published


async def _republish(exchanges: Mapping[str, AbstractExchange], row: asyncpg.Record) -> None:
    """Publishes the message as it was; a topic of another version goes as a plain event."""
    known = MESSAGES.get(row["topic"])
    if known is None:
        await exchanges[EVENT_EXCHANGE.name].publish(_message(row), row["topic"])
        return
    message = known.parse(row["body"])
    await exchanges[message.exchange].publish(_message(row), message.routing_key)


def _message(row: asyncpg.Record) -> aio_pika.Message:
    return aio_pika.Message(
        row["body"].encode(),  # jsonb, as PostgreSQL prints it
        message_id=str(row["event_id"]),
        correlation_id=str(row["lead_id"]),
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


if __name__ == "__main__":
    app()
