"""What all services depend on: the disk, PostgreSQL and RabbitMQ, looked at without changing anything."""

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
import httpx
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
from kit.messaging.broker import EXCHANGES, dead_letter_queue
from pauta.restore import SILENT
from pauta.running.compose_file import PROJECT
from pauta.services import SERVICES, Service
from pauta.setup import LEADS, SetupSettings, administrator, management

Settings = SetupSettings
Usage = Callable[[str], Any]

RABBITMQ = name("RabbitMQ")
DISK = Text(es="Espacio en disco", en="Free disk")
OLDEST_EVENT = timedelta(minutes=1)
OLDEST_BACKUP = timedelta(days=2)
CLOCKS_APART = 2.0
SUSPICIOUS = 20  # forms from one address and none from another
MEMORY, ROOM = Text(es="memoria", en="memory"), Text(es="espacio en disco", en="disk space")
MAKE_ROOM = Text(
    es="Libera espacio: `docker system prune`, respaldos viejos, bitácoras. Con el disco lleno no entra ningún lead.",
    en="Make room: `docker system prune`, old backups, logs. A full disk accepts no lead.",
)
FREE_MEMORY = Text(
    es="Dale más memoria, o vacía sus colas: `pauta dead list` dice qué se acumula. Mientras, los eventos esperan.",
    en="Give it more memory, or empty its queues: `pauta dead list` says what piles up. Events wait meanwhile.",
)
SET_UP = Text(es="Ponla al día: `pauta up`.", en="Bring it to date: `pauta up`.")
MEND = Text(
    es="`pauta say-again` repone lo que falta.", en="`pauta say-again` makes what is missing."
)


@asynccontextmanager
async def probes(
    settings: Settings, usage: Usage = shutil.disk_usage
) -> AsyncIterator[list[Probe]]:
    """The looks."""
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
            advice=MEND,
            check=partial(_queues, settings, service),
            of=rabbitmq,
        )
        for service in SERVICES
        if service.queues
    }
    yield [
        Probe(about=DISK, advice=MAKE_ROOM, check=partial(_disk, usage)),
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
                en="Set both clocks (NTP): what is due follows them.",
            ),
            check=partial(_clock, settings),
            of=postgres,
        ),
        *(
            Probe(
                about=Text(es=f"Base de datos de {service.name}", en=f"Database of {service.name}"),
                advice=SET_UP,
                check=partial(_database, settings, service.name, [broker, queues[service.name]]),
                of=postgres,
            )
            for service in SERVICES
        ),
        *queues.values(),
        Probe(
            about=Text(es="Mensajes muertos", en="Dead letters"),
            advice=Text(
                es="`pauta dead list` los muestra con su motivo; `replay` los repite y `discard` los descarta.",
                en="`pauta dead list` shows them with their reasons; `replay` or `discard`.",
            ),
            check=partial(_parked, settings),
            of=rabbitmq,
        ),
        Probe(
            about=Text(es="El interruptor general", en="The stop switch"),
            advice=Text(
                es="`pauta resume` deja que todo vuelva a salir.",
                en="`pauta resume` lets everything leave again.",
            ),
            check=partial(_switch, settings),
            of=postgres,
        ),
        Probe(
            about=Text(es="Respaldo", en="Backup"),
            advice=Text(
                es="Haz uno cada día, y guárdalo fuera de este servidor: `pauta backup ARCHIVO`.",
                en="Take one every day, and keep it elsewhere than on this server: `pauta backup FILE`.",
            ),
            check=partial(_backup, settings),
            of=postgres,
        ),
        Probe(
            about=Text(es="Visitantes", en="Visitors"),
            advice=Text(
                es="Los límites van por dirección: nombra tu proxy o CDN en TRUSTED_PROXIES; con IPv6, mira "
                "deploy/compose.ipv6.yml. Si un servidor tuyo manda los formularios de todos, sube LEAD_RATE_LIMIT.",
                en="Limits are by address: name your proxy or CDN in TRUSTED_PROXIES; with IPv6 see "
                "deploy/compose.ipv6.yml. Where a server of yours sends everybody's forms, raise LEAD_RATE_LIMIT.",
            ),
            check=partial(_visitors, settings),
            of=postgres,
        ),
    ]


def _old_password(variable: str) -> Text:
    return Text(
        es=f"Sus datos se hicieron con otra contraseña: vuelve a poner la anterior en {variable}, en .env.",
        en=f"Its data was made with another password: put the old one back into {variable}, in .env.",
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
    """As the servers see it: their volumes stand on the engine's disk, and so does this container."""
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
            raise CheckFailed(Text(es="solo deja leer", en="it only lets read"))
        version = await postgres.fetchval("show server_version")
    return Text(es=f"versión {version}", en=f"version {version}")


async def _clock(settings: Settings) -> Text:
    async with _database_of(settings, "postgres") as postgres:
        theirs = await postgres.fetchval("select extract(epoch from clock_timestamp())::float8")
        apart = abs(theirs - time.time())
    if apart > CLOCKS_APART:
        raise CheckFailed(
            Text(
                es=f"el nuestro y el suyo difieren {apart:.0f} segundos",
                en=f"ours and its own are {apart:.0f} seconds apart",
            )
        )
    return Text(es="va con el nuestro", en="agrees with ours")


async def _database(settings: Settings, database: str, needed: list[Probe]) -> Text:
    """Its version, and that its events leave; where they do not, the first of `needed` that is wrong says why."""
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
            "select count(*), coalesce(now() - min(created_at), interval '0') from outbox where failed_at is null"
        ) or (0, timedelta())
    if age > OLDEST_EVENT:
        for probe in needed:
            await require(probe)
        seconds = f"{age.total_seconds():.0f}"
        raise CheckFailed(
            Text(
                es=f"{waiting} eventos esperan publicarse, el más viejo desde hace {seconds} segundos",
                en=f"{waiting} events wait to be published, the oldest for {seconds} seconds",
            ),
            advice=Text(
                es=f"Mira la bitácora del servicio: `docker compose logs {database}`.",
                en=f"Look at the service's log: `docker compose logs {database}`.",
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
    async with httpx.AsyncClient(**management(settings)) as http:
        response = await http.get("/health/checks/alarms")
    if response.status_code == 503:
        resources = {str(alarm["resource"]) for alarm in response.json()["alarms"]}
        memory_only = resources == {"memory"}
        short = MEMORY if memory_only else ROOM
        raise CheckFailed(
            Text(
                es=f"le falta {short.es}: no acepta eventos",
                en=f"it is short of {short.en}: it takes no events",
            ),
            advice=FREE_MEMORY if memory_only else MAKE_ROOM,
            cause=RABBITMQ if memory_only else DISK,
        )
    response.raise_for_status()
    version = overview["rabbitmq_version"]
    return Text(es=f"versión {version}", en=f"version {version}")


async def _queues(settings: Settings, service: Service) -> Text:
    """That its queues are there, hear what they should, and have somebody who works on them."""
    bound = set()
    for exchange in EXCHANGES:
        for binding in await _ask(settings, f"/exchanges/%2F/{exchange}/bindings/source"):
            bound.add((binding["destination"], exchange, binding["routing_key"]))
    missing, unheard, idle, messages = [], [], [], 0
    async with await aio_pika.connect(settings.broker_url, timeout=10) as broker:
        for work in service.queues:
            unheard += [
                f"{work.name} ← {key}"
                for exchange, key in work.bindings
                if (work.name, exchange, key) not in bound
            ]
            counted = await _counted(broker, work.name)
            if counted is None:
                missing.append(work.name)
                continue
            messages += counted[0]
            if not counted[1]:
                idle.append(work.name)
    if missing:
        named = ", ".join(missing)
        raise CheckFailed(Text(es=f"no existe: {named}", en=f"missing: {named}"))
    if unheard:
        named = ", ".join(unheard)
        raise CheckFailed(Text(es=f"no le llega: {named}", en=f"does not hear: {named}"))
    if len(idle) == len(service.queues):
        raise _down(service.name)
    if idle:
        named = ", ".join(idle)
        raise CheckFailed(
            Text(es=f"nadie trabaja en {named}", en=f"nobody works on {named}"),
            advice=start(service.name),
        )
    return Text(es=f"{messages} mensajes", en=f"{messages} messages")


def _down(service: str) -> CheckFailed:
    found = Text(
        es=f"nadie trabaja en las colas de {service}: {service} no está en marcha",
        en=f"nobody works on {service}'s queues: {service} does not run",
    )
    return CheckFailed(found, advice=start(service), cause=name(service))


async def _counted(broker: aio_pika.abc.AbstractConnection, queue: str) -> tuple[int, int] | None:
    """A queue's messages and consumers, asked of itself, for the management page is seconds behind; None for none."""
    try:
        async with broker.channel() as channel:
            found = (await channel.declare_queue(queue, passive=True)).declaration_result
    except aiormq.exceptions.ChannelNotFoundEntity:
        return None
    return found.message_count or 0, found.consumer_count or 0


async def _parked(settings: Settings) -> Text:
    async with await aio_pika.connect(settings.broker_url, timeout=10) as broker:
        counted = [
            await _counted(broker, dead_letter_queue(service.name))
            for service in SERVICES
            if service.queues
        ]
    letters = sum(messages for messages, _ in filter(None, counted))
    if letters:
        raise CheckWarning(
            Text(
                es=f"{letters} mensajes no se pudieron procesar, y te esperan",
                en=f"{letters} messages could not be worked on, and wait for you",
            )
        )
    return Text(es="ninguno", en="none")


async def _switch(settings: Settings) -> Text:
    for service in SILENT:
        async with _database_of(settings, service) as database:
            paused = await database.fetchrow("select reason, at from switch where paused")
        if paused:
            since, reason = f"{paused['at']:%Y-%m-%d %H:%M} UTC", paused["reason"] or "-"
            raise CheckWarning(
                Text(
                    es=f"nada sale desde {since}: {reason}",
                    en=f"nothing leaves since {since}: {reason}",
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
        if settings.for_life:
            raise CheckWarning(none)
        return Text(
            es=f"{none.es}, y la demostración no lo necesita",
            en=f"{none.en}, and the demonstration needs none",
        )
    age, at = datetime.now(UTC) - taken, f"{taken:%Y-%m-%d %H:%M} UTC"
    found = Text(
        es=f"el último bueno es del {at}, hace {age.days} días",
        en=f"the last good one is of {at}, {age.days} days ago",
    )
    if age > OLDEST_BACKUP and settings.for_life:
        raise CheckWarning(found)
    return found


async def _visitors(settings: Settings) -> Text:
    """Whether the last forms came from several addresses, as those of people do."""
    async with _database_of(settings, LEADS) as database:
        rows = await database.fetch(
            """select remote_address as address, count(*) as forms from (
                 select remote_address from submissions where remote_address <> ''
                 order by submission_id desc limit 50) as newest group by 1"""
        )
    forms = sum(row["forms"] for row in rows)
    if len(rows) == 1 and forms >= SUSPICIOUS and settings.for_life:
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
    async with httpx.AsyncClient(**management(settings)) as http:
        response = await http.get(path)
    if response.is_error:
        raise Unavailable(f"rabbitmq: {response.status_code}", status=response.status_code)
    return response.json()
