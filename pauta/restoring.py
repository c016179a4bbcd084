"""What backup and restore need an administrator of the servers for: run where `pauta setup` runs, in either world."""

import asyncio
import time
from datetime import datetime, timedelta

import aio_pika
import asyncpg
import httpx
import typer

from contracts.outbound import OutboundPaused
from kit import outbox
from kit.bus import EVENTS
from pauta.setup import SetupSettings, administrator, management

app = typer.Typer(pretty_exceptions_enable=False)

REACH = timedelta(days=1)  # how long before a backup an event may have been on its way to somebody
COUNTS_AGE = 10.0  # seconds by which RabbitMQ's own counts may be behind: it gathers them every five, in two steps
PATIENCE = 180.0
BATCH = 200

# the inbox forgets by age: what it knew at the time of the backup, it must know while events are said again
REMEMBER = "update inbox set received_at = now()"
# what crm had still to tell Kommo may have been told since: it looks before it does
DOUBT = """update registrations set state = 'unclear', looks = 0, look_at = now() where state in ('waiting', 'sending');
           update notes set state = 'unclear', looks = 0, look_at = now() where state in ('waiting', 'sending')"""
# ids were given out after the backup, and Kommo, Cal.com and the providers know them
NEW_IDS = "select setval('lead_ids', last_value + 1000000) from lead_ids"
CHANGES = {"intake": (NEW_IDS,), "crm": (REMEMBER, DOUBT), "notify": (REMEMBER,), "scheduler": (REMEMBER,)}
SILENT = ("notify", "crm")
REASON = "restored from a backup"
SILENCE = """insert into switch (paused, by, reason) values (true, $1, $2)
             on conflict (single) do update set paused = true, by = $1, reason = $2, at = now()"""
SAID = "select event_id, lead_id, topic, body from actions where at between $1 and $2 order by id"


@app.command()
def caught_up() -> None:
    """Returns when the audit log has everything that was published before."""
    began = time.monotonic()
    with httpx.Client(**management(SetupSettings())) as http:
        while (waiting := _waiting(http)) or time.monotonic() - began < COUNTS_AGE:
            if time.monotonic() - began > PATIENCE:
                behind = f"{waiting} events behind after {PATIENCE:.0f} seconds"
                raise SystemExit(f"The audit log is {behind}. Is console up?")
            time.sleep(0.5)


def _waiting(http: httpx.Client) -> int:
    """Messages in console's queues, or in its hands."""
    response = http.get("/queues", params={"columns": "name,messages"})
    response.raise_for_status()
    ours = [queue for queue in response.json() if queue["name"].startswith(("console.events", "console.wait."))]
    return sum(int(queue.get("messages", 0)) for queue in ours)


@app.command()
def silence(operator: str) -> None:
    """Makes restored databases fit for a world that went on: nobody is contacted, no id is given out twice."""
    asyncio.run(_silence(SetupSettings(), operator))


async def _silence(settings: SetupSettings, operator: str) -> None:
    for database in SILENT:
        async with administrator(settings, database) as connection:
            await connection.execute(SILENCE, operator, REASON)
    async with administrator(settings, "console") as connection, connection.transaction():
        await outbox.add(connection, [OutboundPaused(by=operator, reason=REASON)])  # so that the audit log knows, too
    for database, changes in CHANGES.items():
        async with administrator(settings, database) as connection, connection.transaction():
            for change in changes:
                await connection.execute(change)


@app.command()
def say_again(taken_at: str) -> None:
    """Publishes every event of the day before the backup once more: whoever had heard it does nothing."""
    typer.echo(asyncio.run(_say_again(SetupSettings(), datetime.fromisoformat(taken_at))))


async def _say_again(settings: SetupSettings, taken_at: datetime) -> int:
    published = 0
    async with (
        await aio_pika.connect(settings.broker_url, timeout=10) as broker,
        administrator(settings, "console") as connection,
        connection.transaction(),
    ):
        channel = await broker.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(EVENTS.name)
        said = await connection.cursor(SAID, taken_at - REACH, taken_at)
        while rows := await said.fetch(BATCH):
            await asyncio.gather(*(exchange.publish(_message(row), row["topic"]) for row in rows))
            published += len(rows)
    return published


def _message(row: asyncpg.Record) -> aio_pika.Message:
    return aio_pika.Message(
        row["body"].encode(),  # jsonb as PostgreSQL prints it
        message_id=str(row["event_id"]),
        correlation_id=str(row["lead_id"]),
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


if __name__ == "__main__":
    app()
