"""What `pauta doctor` looks at from the inside: run where a service runs, with its own environment."""

import asyncio
import importlib
import json
import shutil
import sys
import time
from datetime import timedelta
from functools import partial
from typing import Any

import aio_pika
import aiormq.exceptions
import asyncpg
import httpx
from alembic.config import Config
from alembic.script import ScriptDirectory
from pydantic import ValidationError

from kit.bus import EVENTS, Work, parking
from kit.checks import Check, Doubt, Probe, Verdict, Wrong, examine
from kit.disk import LEAST_FREE, LITTLE_FREE
from kit.examples import ExampleValues, refuse_examples
from kit.failures import describe
from kit.settings import BadFile
from pauta.catalogue import SERVICES
from pauta.restoring import SILENT
from pauta.running.recipe import PROJECT
from pauta.setup import SetupSettings, administrator, management

SERVERS = "servers"
OLDEST_EVENT = timedelta(minutes=1)
CLOCKS_APART = 2.0
UP = "Start it: `pauta up`, or look at its log: `docker compose logs {name}`."


async def checks_of(part: str) -> list[Check]:
    """What is to be said of one service, or of the servers that all of them use."""
    advice = "Correct it in .env and run `pauta up` again."
    about = "Settings" if part == SERVERS else f"Settings of {part}"
    try:
        settings: Any = SetupSettings() if part == SERVERS else _module(part, "settings").Settings()
        refuse_examples(settings)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors())
        return [Check(about=about, verdict=Verdict.WRONG, found=faults, advice=advice)]
    except (ExampleValues, BadFile) as error:
        return [Check(about=about, verdict=Verdict.WRONG, found=str(error), advice=advice)]
    if part == SERVERS:
        return await examine(_servers(settings))
    async with _module(part, "checks").probes(settings) as probes:
        return await examine(probes)


def _module(service: str, name: str) -> Any:
    return importlib.import_module(f"services.{service}.{name}")


def _servers(settings: SetupSettings) -> list[Probe]:
    database, broker = "Look at its log: `docker compose logs postgres`.", "`pauta say-again` makes what is missing."
    of_databases = [
        Probe(
            about=f"Database of {service.name}",
            advice=f"Bring it to date: `pauta up`. Where events wait: is {service.name} up, and RabbitMQ?",
            look=partial(_database, settings, service.name),
            of="PostgreSQL",
        )
        for service in SERVICES
    ]
    of_queues = [
        Probe(
            about=f"Queue {work.name}",
            advice=f"{broker} {UP.format(name=work.service)}",
            look=partial(_queue, settings, work),
            of="RabbitMQ",
        )
        for service in SERVICES
        for work in service.works
    ]
    return [
        Probe(
            about="Free disk",
            advice="Make room: `docker system prune`, old backups, logs. A full disk accepts no lead.",
            look=_disk,
        ),
        Probe(about="PostgreSQL", advice=database, look=partial(_postgres, settings)),
        Probe(
            about="PostgreSQL's clock",
            advice="Set both clocks (NTP): what is due follows them.",
            look=partial(_clock, settings),
            of="PostgreSQL",
        ),
        *of_databases,
        Probe(
            about="RabbitMQ",
            advice="Free memory or disk: until then it takes no events. `docker compose logs rabbitmq` says which.",
            look=partial(_rabbitmq, settings),
        ),
        *of_queues,
        Probe(
            about="Dead letters",
            advice="`pauta dead list` shows them with their reasons; `replay` or `discard`.",
            look=partial(_parked, settings),
            of="RabbitMQ",
        ),
        Probe(
            about="The stop switch",
            advice="`pauta resume` lets everything leave again.",
            look=partial(_switch, settings),
            of="PostgreSQL",
        ),
    ]


async def _disk() -> str:
    """As the servers see it: their volumes stand on the engine's disk, and so does this container."""
    usage = shutil.disk_usage("/")
    found = f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.0f} GB"
    if usage.free < LEAST_FREE:
        raise Wrong(found)
    if usage.free < LITTLE_FREE:
        raise Doubt(found)
    return found


async def _postgres(settings: SetupSettings) -> str:
    async with administrator(settings, "postgres") as postgres:
        if await postgres.fetchval("show default_transaction_read_only") == "on":
            raise Wrong("it only lets read")
        return f"version {await postgres.fetchval('show server_version')}"


async def _clock(settings: SetupSettings) -> str:
    async with administrator(settings, "postgres") as postgres:
        apart = abs(await postgres.fetchval("select extract(epoch from clock_timestamp())::float8") - time.time())
    if apart > CLOCKS_APART:
        raise Wrong(f"ours and PostgreSQL's are {apart:.0f} seconds apart")
    return "ours and PostgreSQL's agree"


async def _database(settings: SetupSettings, name: str) -> str:
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "services" / name / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    async with administrator(settings, name) as database:
        try:
            version = await database.fetchval("select version_num from alembic_version")
        except asyncpg.UndefinedTableError:
            version = None
        if version != newest:
            raise Wrong(f"is at version {version or 'none'}, and the code at {newest}")
        waiting, age = await database.fetchrow(
            "select count(*), coalesce(now() - min(created_at), interval '0') from outbox where failed_at is null"
        ) or (0, timedelta())
    if age > OLDEST_EVENT:
        raise Wrong(f"{waiting} events wait to be published, the oldest for {age.total_seconds():.0f} seconds")
    return f"version {version}, nothing waits" if not waiting else f"version {version}, {waiting} events on their way"


async def _rabbitmq(settings: SetupSettings) -> str:
    overview = await _ask(settings, "/overview")
    try:
        await _ask(settings, "/health/checks/alarms")
    except httpx.HTTPStatusError as error:
        raise Wrong(f"an alarm: {error.response.json().get('reason', 'no reason given')}") from None
    return f"version {overview['rabbitmq_version']}"


async def _queue(settings: SetupSettings, work: Work) -> str:
    try:
        depth, workers = await _asked(settings, work.name)
        bound = await _ask(settings, f"/queues/%2F/{work.name}/bindings")
    except aiormq.exceptions.ChannelNotFoundEntity:
        raise Wrong("is missing") from None
    unheard = set(work.topics) - {one["routing_key"] for one in bound if one["source"] == EVENTS.name}
    if unheard:
        raise Wrong(f"does not hear {', '.join(sorted(unheard))}")
    if not workers:
        raise Wrong("nobody works on it")
    return f"{depth} messages, {workers} workers"


async def _parked(settings: SetupSettings) -> str:
    letters = sum([(await _asked(settings, parking(service.name)))[0] for service in SERVICES if service.works])
    if letters:
        raise Doubt(f"{letters} messages could not be worked on, and wait for you")
    return "none"


async def _asked(settings: SetupSettings, queue: str) -> tuple[int, int]:
    """A queue's messages and consumers, asked of itself: the management page is seconds behind."""
    async with await aio_pika.connect(settings.broker_url, timeout=10) as broker:
        found = (await (await broker.channel()).declare_queue(queue, passive=True)).declaration_result
    return found.message_count or 0, found.consumer_count or 0


async def _switch(settings: SetupSettings) -> str:
    for service in SILENT:
        async with administrator(settings, service) as database:
            paused = await database.fetchrow("select reason, at from switch where paused")
        if paused:
            raise Doubt(f"nothing leaves since {paused['at']:%Y-%m-%d %H:%M} UTC: {paused['reason'] or 'paused'}")
    return "off"


async def _ask(settings: SetupSettings, path: str) -> Any:
    async with httpx.AsyncClient(**management(settings)) as http:
        response = await http.get(path)
    response.raise_for_status()
    return response.json()


def main(part: str) -> None:
    try:
        checks = asyncio.run(checks_of(part))
    except Exception as error:  # whatever it is, it is the finding
        found = describe(error)
        checks = [Check(about=part, verdict=Verdict.WRONG, found=found, advice="Please report this.")]
    print(json.dumps([check.model_dump() for check in checks]))


if __name__ == "__main__":
    main(sys.argv[1])
