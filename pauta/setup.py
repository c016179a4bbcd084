"""Creates databases, roles, broker users, queues and tables before any service starts.

Running it again is safe. The services' own users can only change rows, read their queues and
publish their events.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import aio_pika
import asyncpg
import httpx
import structlog
from aiormq.exceptions import AMQPError
from pydantic import AmqpDsn, Field, HttpUrl, PostgresDsn, Secret, SecretStr

from kit import migrations
from kit.database import Connection
from kit.errors import describe
from kit.http_client import BoundedClient
from kit.messaging import topology
from kit.messaging.broker import (
    COMMAND_EXCHANGE,
    EXCHANGES,
    dead_letter_queue,
    work_exchange,
)
from kit.production_safety import refuse_unsafe
from kit.settings import ServerSettings, address
from pauta import broker_user
from pauta.running.compose_file import PROJECT
from pauta.services import SERVICES, Service
from pauta.startup_errors import Obstacle

log = structlog.get_logger()

NOTHING = "^$"
SERVERS_TIMEOUT = 120.0  # seconds
LEADS = "intake"  # the database with the mark `installation`, so that backups contain it
BACKED_UP_AT = "alter table installation add column if not exists backed_up_at timestamptz"
INSTALLATION = f"""create table if not exists installation (
                     is_live boolean not null,
                     single boolean primary key default true check (single)
                   );
                   {BACKED_UP_AT};
                   revoke all on installation from public, {LEADS}"""
# console has a second schema, for the projections that it rebuilds
SCHEMAS = """select string_agg(nspname, ', ')
             from pg_namespace
             where nspname in ('public', 'rebuilt')"""


class SetupSettings(ServerSettings):
    """The administrators of both servers, and the passwords of the services' users.

    A complete administrator's URL, as managed servers provide it, takes precedence over its parts.
    """

    admin_database_url: Secret[PostgresDsn] | None = None
    admin_amqp_url: Secret[AmqpDsn] | None = None
    admin_rabbitmq_url: Secret[HttpUrl] | None = None
    postgres_password: SecretStr
    rabbitmq_password: SecretStr
    rabbitmq_url: HttpUrl = HttpUrl("http://rabbitmq:15672")
    intake_password: SecretStr
    crm_password: SecretStr
    notify_password: SecretStr
    scheduler_password: SecretStr
    console_password: SecretStr
    simulator_replicas: int = 1
    retry_delays: str = Field("1,5,30,120,600,1800,3600")

    @property
    def is_live(self) -> bool:
        """Whether the leads are real, and not the demo's."""
        return self.pauta_profile == "production" or self.simulator_replicas == 0

    @property
    def dsn(self) -> str:
        """The URL of PostgreSQL's administrator, for the database `postgres`."""
        if self.admin_database_url is not None:
            return str(self.admin_database_url.get_secret_value())
        server = address(
            "postgresql",
            "postgres",
            self.postgres_password,
            self.database_host,
            self.database_port,
        )
        return f"{server}postgres"

    @property
    def broker_url(self) -> str:
        """The URL of RabbitMQ's administrator."""
        if self.admin_amqp_url is not None:
            return str(self.admin_amqp_url.get_secret_value())
        return address(
            "amqp", broker_user.NAME, self.rabbitmq_password, self.amqp_host, self.amqp_port
        )

    def password_of(self, service: Service) -> str:
        """Returns the password of the service's user on both servers."""
        password: SecretStr = getattr(self, f"{service.name}_password")
        return password.get_secret_value()


class NotSetUp(Exception):
    """Raised when setup cannot continue. Names the obstacle."""


async def set_up(settings: SetupSettings) -> None:
    """Creates everything. Raises UnsafeConfiguration, NotSetUp, or the servers' own errors."""
    passwords = {service.name: settings.password_of(service) for service in SERVICES}
    refuse_unsafe(settings)
    await _until_both_answer(settings)
    await _refuse_mixed_leads(settings)
    delays = tuple(float(delay) for delay in settings.retry_delays.split(","))
    queues = list(chain.from_iterable(service.queues for service in SERVICES))
    await topology.declare(settings.broker_url, queues, delays)
    await _make_broker_users(settings, passwords)
    log.info("setup.broker", queues=len(queues))
    for service in SERVICES:
        await _make_database(settings.dsn, service.name, passwords[service.name])
        log.info("setup.database", database=service.name)
    async with administrator(settings, LEADS) as connection:
        await connection.execute(INSTALLATION)
        await connection.execute(
            "insert into installation values ($1) on conflict do nothing", settings.is_live
        )


@asynccontextmanager
async def administrator(settings: SetupSettings, database: str) -> AsyncIterator[Connection]:
    """Opens an administrator's connection to one database, and closes it."""
    url = urlsplit(settings.dsn)._replace(path=f"/{database}")
    connection = await asyncpg.connect(urlunsplit(url), timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def _until_both_answer(settings: SetupSettings) -> None:
    """Waits for servers that start at the same time. Raises NotSetUp after SERVERS_TIMEOUT."""
    last_try = time.monotonic() + SERVERS_TIMEOUT
    while True:
        try:
            await (await asyncpg.connect(settings.dsn, timeout=10)).close()
            await (await aio_pika.connect(settings.broker_url, timeout=10)).close()
            async with BoundedClient(**management(settings)) as http:
                (await http.get("/overview")).raise_for_status()
        except asyncpg.InvalidPasswordError as refused:
            raise NotSetUp(Obstacle.OTHER_ORIGIN) from refused
        except (
            OSError,
            asyncpg.CannotConnectNowError,
            asyncpg.ConnectionDoesNotExistError,
            AMQPError,
            httpx.HTTPError,
        ) as error:
            if time.monotonic() > last_try:
                raise NotSetUp(
                    f"PostgreSQL or RabbitMQ does not accept a connection: {describe(error)}"
                ) from error
            await asyncio.sleep(0.5)
        else:
            return


async def _refuse_mixed_leads(settings: SetupSettings) -> None:
    """Raises NotSetUp if real accounts would get the demo's people, or the simulator real leads.

    This runs before the services' passwords are set. Production's passwords always differ from the
    demo's, so no service can open a database that has not passed this check.
    """
    async with administrator(settings, "postgres") as connection:
        if not await connection.fetchval("select true from pg_database where datname = $1", LEADS):
            return
    async with administrator(settings, LEADS) as connection:
        if await connection.fetchval("select to_regclass('installation') is null"):
            return
        is_live = await connection.fetchval("select is_live from installation")
    if is_live is not None and is_live != settings.is_live:
        raise NotSetUp(Obstacle.REAL_LEADS if is_live else Obstacle.DEMONSTRATION)


async def _make_database(admin_url: str, name: str, password: str) -> None:
    own_url = urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))
    admin = await asyncpg.connect(admin_url, timeout=10)
    try:
        known = await admin.fetchval("select true from pg_roles where rolname = $1", name)
        template = "create role %I login password %L"
        if known:
            template = "alter role %I with login password %L"
        statement = await admin.fetchval(
            f"select format('{template}', $1::text, $2::text)", name, password
        )
        await admin.execute(statement)
        if not await admin.fetchval("select true from pg_database where datname = $1", name):
            await admin.execute(f'create database "{name}"')
        await admin.execute(f'revoke all on database "{name}" from public')
        await admin.execute(f'grant connect on database "{name}" to "{name}"')
    finally:
        await admin.close()
    await migrations.upgrade(PROJECT / "services" / name / "migrations", own_url)
    owner = await asyncpg.connect(own_url, timeout=10)
    try:
        schemas = await owner.fetchval(SCHEMAS)
        await owner.execute(
            f"""revoke all on schema public from public;
                grant usage on schema {schemas} to "{name}";
                grant select, insert, update, delete on all tables in schema {schemas} to "{name}";
                grant usage on all sequences in schema public to "{name}";
                revoke all on alembic_version from "{name}";"""
        )
    finally:
        await owner.close()


def management(settings: SetupSettings) -> dict[str, Any]:
    """Returns the options of an HTTP client for RabbitMQ's management API."""
    if (given := settings.admin_rabbitmq_url) is None:
        auth = broker_user.NAME, settings.rabbitmq_password.get_secret_value()
        return {"base_url": f"{settings.rabbitmq_url}api", "auth": auth, "timeout": 15}
    return {"base_url": f"{str(given.get_secret_value()).rstrip('/')}/api", "timeout": 15}


async def _make_broker_users(settings: SetupSettings, passwords: dict[str, str]) -> None:
    async with BoundedClient(**management(settings)) as http:
        for service in SERVICES:
            name = quote(service.name)
            # console shows the queues
            tags = "management" if service.name == "console" else ""
            await _put(http, f"/users/{name}", {"password": passwords[service.name], "tags": tags})
            await _put(http, f"/permissions/%2F/{name}", permissions(service))
            for exchange in EXCHANGES:
                topics = {
                    "exchange": exchange,
                    "write": _writable_keys(service, exchange),
                    "read": NOTHING,
                }
                await _put(http, f"/topic-permissions/%2F/{name}", topics)


def _writable_keys(service: Service, exchange: str) -> str:
    """The routing keys that the service may publish with, as a regular expression."""
    topics = "|".join(
        re.escape(message.topic_name())
        for message in service.publishes
        if message.exchange == exchange
    )
    if not topics:
        return NOTHING
    if exchange == COMMAND_EXCHANGE.name:
        return rf"^\w+\.({topics})$"
    return rf"^({topics})(\.\w+)?$"


def permissions(service: Service) -> dict[str, str]:
    """Returns a service's broker permissions: its queues, its events, its retries and dead letters.

    Console also reads every service's dead letters and requeues them.
    """
    own = re.escape(service.name)
    writes: list[str] = []
    reads: list[str] = []
    if service.queues:
        writes += [rf"{own}\.wait\.\d+", re.escape(dead_letter_queue(service.name))]
        reads.append(rf"{own}\..*")
    writes += sorted({message.exchange for message in service.publishes})
    if service.name == "console":
        writes.append(rf"\w+{re.escape(work_exchange(''))}")
        reads.append(rf"\w+{re.escape(dead_letter_queue(''))}")
    return {
        "configure": NOTHING,
        "write": f"^({'|'.join(writes)})$" if writes else NOTHING,
        "read": f"^({'|'.join(reads)})$" if reads else NOTHING,
    }


async def _put(http: httpx.AsyncClient, path: str, body: dict[str, str]) -> None:
    response = await http.put(path, json=body)
    response.raise_for_status()
