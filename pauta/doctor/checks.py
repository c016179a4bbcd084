"""Checks what all services depend on: the disk, PostgreSQL and RabbitMQ. Changes nothing."""

import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import aio_pika
import aiormq.exceptions
import asyncpg
from aio_pika.abc import AbstractConnection
from alembic.config import Config
from alembic.script import ScriptDirectory

from kit.database import Connection
from kit.disk import LEAST_FREE, LITTLE_FREE
from kit.errors import Unavailable
from kit.health import (
    POSTGRESQL,
    CheckFailed,
    CheckWarning,
    Dependency,
    Probe,
    Text,
    name,
    require,
    start,
)
from kit.http_client import BoundedClient
from kit.messaging.broker import EXCHANGES, dead_letter_queue
from pauta.restore import WITH_SWITCH
from pauta.running.compose_file import PROJECT
from pauta.services import SERVICES, Service
from pauta.setup import LEADS, SetupSettings, administrator, management

Settings = SetupSettings
Usage = Callable[[str], Any]

RABBITMQ = name("RabbitMQ")
DISK = Text(es="Espacio en disco", en="Free disk")
OLDEST_EVENT = timedelta(minutes=1)
OLDEST_BACKUP = timedelta(days=2)
CLOCKS_APART = 2.0  # seconds
SUSPICIOUS = 20  # so many forms from one address, and none from another
MEMORY = Text(es="memoria", en="memory")
DISK_SPACE = Text(es="espacio en disco", en="disk space")
FREE_DISK = Text(
    es="Libera espacio: `docker system prune`, respaldos viejos, bitácoras. "
    "Con el disco lleno no entra ningún lead.",
    en="Free disk space: `docker system prune`, old backups, logs. "
    "With a full disk no lead is accepted.",
)
FREE_MEMORY = Text(
    es="Dale más memoria, o vacía sus colas: `pauta dead-letters list` dice qué se acumula. "
    "Mientras, los eventos esperan.",
    en="Give it more memory, or empty its queues: "
    "`pauta dead-letters list` shows what accumulates. "
    "Events wait meanwhile.",
)
SET_UP = Text(es="Ponla al día: `pauta up`.", en="Update it: `pauta up`.")
RESTORE_QUEUES = Text(
    es="`pauta republish` repone lo que falta.", en="`pauta republish` restores what is missing."
)


@asynccontextmanager
async def probes(
    settings: Settings, usage: Usage = shutil.disk_usage
) -> AsyncIterator[list[Probe]]:
    """Returns the probes."""
    postgres = Dependency(
        name=POSTGRESQL,
        address=settings.dsn,
        advice=start("postgres"),
    )
    rabbitmq = Dependency(
        name=RABBITMQ,
        address=settings.broker_url,
        advice=start("rabbitmq"),
        key="RABBITMQ_PASSWORD",
        refusals={401: _old_password("RABBITMQ_PASSWORD")},
    )
    broker = Probe(
        about=rabbitmq.name, advice=rabbitmq.advice, check=partial(_rabbitmq, settings), of=rabbitmq
    )
    queues = {
        service.name: Probe(
            about=Text(es=f"Colas de {service.name}", en=f"Queues of {service.name}"),
            advice=RESTORE_QUEUES,
            check=partial(_queues, settings, service),
            of=rabbitmq,
        )
        for service in SERVICES
        if service.queues
    }
    databases = [
        Probe(
            about=Text(es=f"Base de datos de {service.name}", en=f"Database of {service.name}"),
            advice=SET_UP,
            check=partial(_database, settings, service.name, [broker, queues[service.name]]),
            of=postgres,
        )
        for service in SERVICES
    ]
    yield [
        Probe(about=DISK, advice=FREE_DISK, check=partial(_disk, usage)),
        Probe(
            about=POSTGRESQL,
            advice=postgres.advice,
            check=partial(_postgres, settings),
            of=postgres,
        ),
        broker,
        Probe(
            about=Text(es="Reloj de PostgreSQL", en="PostgreSQL's clock"),
            advice=Text(
                es="Pon los dos relojes a la hora (NTP): lo pendiente se guía por ellos.",
                en="Set both clocks (NTP): due times depend on them.",
            ),
            check=partial(_clock, settings),
            of=postgres,
        ),
        *databases,
        *queues.values(),
        Probe(
            about=Text(es="Mensajes muertos", en="Dead letters"),
            advice=Text(
                es="`pauta dead-letters list` los muestra con su motivo; "
                "`replay` los repite y `discard` los descarta.",
                en="`pauta dead-letters list` shows them with their reasons; "
                "`replay` retries them and `discard` deletes them.",
            ),
            check=partial(_dead_letters, settings),
            of=rabbitmq,
        ),
        Probe(
            about=Text(es="El interruptor general", en="The outbound switch"),
            advice=Text(
                es="`pauta resume` reanuda los envíos.",
                en="`pauta resume` resumes outbound work.",
            ),
            check=partial(_switch, settings),
            of=postgres,
        ),
        Probe(
            about=Text(es="Respaldo", en="Backup"),
            advice=Text(
                es="Haz uno cada día, y guárdalo fuera de este servidor: `pauta backup ARCHIVO`.",
                en="Take one every day, and keep it on another machine: `pauta backup FILE`.",
            ),
            check=partial(_backup, settings),
            of=postgres,
        ),
        Probe(
            about=Text(es="Visitantes", en="Visitors"),
            advice=Text(
                es="Los límites van por dirección: nombra tu proxy o CDN en TRUSTED_PROXIES; "
                "con IPv6, mira deploy/compose.ipv6.yml. Si un servidor tuyo manda los "
                "formularios de todos, sube LEAD_RATE_LIMIT.",
                en="Limits are by address: name your proxy or CDN in TRUSTED_PROXIES; "
                "with IPv6 see deploy/compose.ipv6.yml. If one of your servers sends everybody's "
                "forms, raise LEAD_RATE_LIMIT.",
            ),
            check=partial(_visitors, settings),
            of=postgres,
        ),
    ]


def _old_password(variable: str) -> Text:
    return Text(
        es="Sus datos se crearon con otra contraseña: "
        f"vuelve a poner la anterior en {variable}, en .env.",
        en="Its data was created with another password: "
        f"restore the old one in {variable}, in .env.",
    )


@asynccontextmanager
async def _database_of(settings: Settings, database: str) -> AsyncIterator[Connection]:
    try:
        async with administrator(settings, database) as connection:
            yield connection
    except asyncpg.InvalidPasswordError:
        found = Text(
            es="PostgreSQL no acepta POSTGRES_PASSWORD",
            en="PostgreSQL does not accept POSTGRES_PASSWORD",
        )
        raise CheckFailed(
            found, advice=_old_password("POSTGRES_PASSWORD"), cause=POSTGRESQL
        ) from None
    except (asyncpg.InvalidCatalogNameError, asyncpg.UndefinedTableError):
        raise CheckFailed(
            Text(es="todavía no existe", en="does not exist yet"), advice=SET_UP
        ) from None


async def _disk(usage: Usage) -> Text:
    """Checks the servers' disk: their volumes and this container share the engine's disk."""
    disk = usage("/")
    free, total = f"{disk.free / 1e9:.1f}", f"{disk.total / 1e9:.0f}"
    found = Text(es=f"quedan {free} de {total} GB", en=f"{free} of {total} GB are free")
    if disk.free < LEAST_FREE:
        raise CheckFailed(found, cause=DISK)
    if disk.free < LITTLE_FREE:
        raise CheckWarning(found, cause=DISK)
    return found


async def _postgres(settings: Settings) -> Text:
    async with _database_of(settings, "postgres") as postgres:
        if await postgres.fetchval("show default_transaction_read_only") == "on":
            raise CheckFailed(Text(es="es de solo lectura", en="it is read-only"))
        version = await postgres.fetchval("show server_version")
    return Text(es=f"versión {version}", en=f"version {version}")


async def _clock(settings: Settings) -> Text:
    async with _database_of(settings, "postgres") as postgres:
        server_time = await postgres.fetchval(
            "select extract(epoch from clock_timestamp())::float8"
        )
        apart = abs(server_time - time.time())
    if apart > CLOCKS_APART:
        raise CheckFailed(
            Text(
                es=f"difiere {apart:.0f} segundos del reloj de este servidor",
                en=f"differs by {apart:.0f} seconds from this server's clock",
            )
        )
    return Text(es="coincide con el de este servidor", en="agrees with this server's")


async def _database(settings: Settings, database: str, needed: list[Probe]) -> Text:
    """Checks a database's version, and that its events are published.

    If they are not, the first of `needed` that fails is the cause.
    """
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "services" / database / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    async with _database_of(settings, database) as connection:
        version = await connection.fetchval("select version_num from alembic_version")
        if version != newest:
            raise CheckFailed(
                Text(
                    es=f"está en la versión {version}, y el programa en la {newest}",
                    en=f"is at version {version}, and the code at {newest}",
                )
            )
        waiting, age = await connection.fetchrow(
            """select count(*), coalesce(now() - min(created_at), interval '0')
               from outbox
               where failed_at is null"""
        ) or (0, timedelta())
    if age > OLDEST_EVENT:
        for probe in needed:
            await require(probe)
        seconds = f"{age.total_seconds():.0f}"
        raise CheckFailed(
            Text(
                es=f"{waiting} eventos esperan publicarse, "
                f"el más viejo desde hace {seconds} segundos",
                en=f"{waiting} events wait to be published, the oldest for {seconds} seconds",
            ),
            advice=Text(
                es=f"Lee la bitácora del servicio: `docker compose logs {database}`.",
                en=f"Read the service's log: `docker compose logs {database}`.",
            ),
        )
    if not waiting:
        return Text(es=f"versión {version}, nada espera", en=f"version {version}, nothing waits")
    return Text(
        es=f"versión {version}, {waiting} eventos en camino",
        en=f"version {version}, {waiting} events on their way",
    )


async def _rabbitmq(settings: Settings) -> Text:
    overview = await _ask(settings, "/overview")
    async with BoundedClient(**management(settings)) as http:
        response = await http.get("/health/checks/alarms")
    if response.status_code == 503:
        resources = {str(alarm["resource"]) for alarm in response.json()["alarms"]}
        memory_only = resources == {"memory"}
        short = MEMORY if memory_only else DISK_SPACE
        raise CheckFailed(
            Text(
                es=f"le falta {short.es}: no acepta eventos",
                en=f"it is short of {short.en}: it takes no events",
            ),
            advice=FREE_MEMORY if memory_only else FREE_DISK,
            cause=RABBITMQ if memory_only else DISK,
        )
    response.raise_for_status()
    version = overview["rabbitmq_version"]
    return Text(es=f"versión {version}", en=f"version {version}")


async def _queues(settings: Settings, service: Service) -> Text:
    """Checks that a service's queues exist, are bound to their messages and have consumers."""
    bindings = set()
    for exchange in EXCHANGES:
        for binding in await _ask(settings, f"/exchanges/%2F/{exchange}/bindings/source"):
            bindings.add((binding["destination"], exchange, binding["routing_key"]))
    missing: list[str] = []
    unbound: list[str] = []
    idle: list[str] = []
    messages = 0
    async with await aio_pika.connect(settings.broker_url, timeout=10) as broker:
        for queue in service.queues:
            unbound += [
                f"{queue.name} ← {key}"
                for exchange, key in queue.bindings
                if (queue.name, exchange, key) not in bindings
            ]
            counts = await _counts(broker, queue.name)
            if counts is None:
                missing.append(queue.name)
                continue
            waiting, consumers = counts
            messages += waiting
            if not consumers:
                idle.append(queue.name)
    if missing:
        named = ", ".join(missing)
        raise CheckFailed(Text(es=f"no existe: {named}", en=f"missing: {named}"))
    if unbound:
        named = ", ".join(unbound)
        raise CheckFailed(Text(es=f"no le llega: {named}", en=f"not bound: {named}"))
    if len(idle) == len(service.queues):
        raise _down(service.name)
    if idle:
        named = ", ".join(idle)
        raise CheckFailed(
            Text(es=f"nada consume {named}", en=f"nothing consumes {named}"),
            advice=start(service.name),
        )
    return Text(es=f"{messages} mensajes", en=f"{messages} messages")


def _down(service: str) -> CheckFailed:
    found = Text(
        es=f"nada consume las colas de {service}: {service} no está en marcha",
        en=f"nothing consumes {service}'s queues: {service} is not running",
    )
    return CheckFailed(found, advice=start(service), cause=name(service))


async def _counts(broker: AbstractConnection, queue: str) -> tuple[int, int] | None:
    """Returns a queue's messages and consumers, or None if the queue does not exist.

    Asks by AMQP, because the management API's counts are seconds old.
    """
    try:
        async with broker.channel() as channel:
            found = (await channel.declare_queue(queue, passive=True)).declaration_result
    except aiormq.exceptions.ChannelNotFoundEntity:
        return None
    return found.message_count or 0, found.consumer_count or 0


async def _dead_letters(settings: Settings) -> Text:
    async with await aio_pika.connect(settings.broker_url, timeout=10) as broker:
        counts = [
            await _counts(broker, dead_letter_queue(service.name))
            for service in SERVICES
            if service.queues
        ]
    letters = sum(messages for messages, _ in filter(None, counts))
    if letters:
        raise CheckWarning(
            Text(
                es=f"{letters} mensajes no se pudieron procesar, y te esperan",
                en=f"{letters} messages could not be processed and wait for you",
            )
        )
    return Text(es="ninguno", en="none")


async def _switch(settings: Settings) -> Text:
    for service in WITH_SWITCH:
        async with _database_of(settings, service) as database:
            paused = await database.fetchrow("select reason, at from switch where paused")
        if paused:
            since = f"{paused['at']:%Y-%m-%d %H:%M} UTC"
            reason = paused["reason"] or "-"
            raise CheckWarning(
                Text(
                    es=f"envíos en pausa desde {since}: {reason}",
                    en=f"outbound is paused since {since}: {reason}",
                )
            )
    return Text(es="apagado", en="off")


async def _backup(settings: Settings) -> Text:
    async with _database_of(settings, LEADS) as database:
        try:
            taken = await database.fetchval("select backed_up_at from installation")
        except asyncpg.UndefinedColumnError:
            taken = None
    if taken is None:
        none = Text(es="no hay ninguno", en="there is none")
        if settings.is_live:
            raise CheckWarning(none)
        return Text(
            es=f"{none.es}, y la demostración no lo necesita",
            en=f"{none.en}, and the demo needs none",
        )
    age = datetime.now(UTC) - taken
    at = f"{taken:%Y-%m-%d %H:%M} UTC"
    found = Text(
        es=f"el último bueno es del {at}, hace {age.days} días",
        en=f"the last good one is from {at}, {age.days} days ago",
    )
    if age > OLDEST_BACKUP and settings.is_live:
        raise CheckWarning(found)
    return found


async def _visitors(settings: Settings) -> Text:
    """Checks that the last forms came from several addresses, as people's forms do."""
    async with _database_of(settings, LEADS) as database:
        rows = await database.fetch(
            """select remote_address as address, count(*) as forms
               from (
                 select remote_address
                 from submissions
                 where remote_address <> ''
                 order by submission_id desc
                 limit 50
               ) as newest
               group by 1"""
        )
    forms = sum(row["forms"] for row in rows)
    if len(rows) == 1 and forms >= SUSPICIOUS and settings.is_live:
        address = rows[0]["address"]
        raise CheckWarning(
            Text(
                es=f"los últimos {forms} formularios llegaron de una sola dirección, {address}",
                en=f"the last {forms} forms came from one address, {address}",
            )
        )
    return Text(
        es=f"{len(rows)} direcciones en los últimos {forms} formularios",
        en=f"{len(rows)} addresses in the last {forms} forms",
    )


async def _ask(settings: Settings, path: str) -> Any:
    async with BoundedClient(**management(settings)) as http:
        response = await http.get(path)
    if response.is_error:
        raise Unavailable(f"rabbitmq: {response.status_code}", status=response.status_code)
    return response.json()
