"""Makes, before any service starts, what they may only use: databases, roles, broker users, queues, tables.

Everything is safe to run again. The services' own users can change rows, read their queues and publish their events,
and nothing else.
"""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import httpx
import structlog
from pydantic import Field, SecretStr

from kit import migrations, topology
from kit.bus import EVENTS, parking, work_exchange
from kit.database import Connection
from kit.examples import refuse_examples
from kit.settings import ProcessSettings, from_file
from pauta.catalogue import SERVICES, Service
from pauta.running.recipe import PROJECT

log = structlog.get_logger()

NOTHING = "^$"


class SetupSettings(ProcessSettings):
    """The administrator's addresses. Each service's password is in `<SERVICE>_PASSWORD`, or in the file it names."""

    admin_database_url: SecretStr
    admin_amqp_url: SecretStr
    admin_rabbitmq_url: SecretStr
    retry_delays: str = Field("1,5,30,120,600,1800,3600")


async def set_up(settings: SetupSettings) -> None:
    """Raises KeyError naming the missing password, ExampleValues, or whatever the servers refuse with."""
    passwords = {service.name: _password(f"{service.name.upper()}_PASSWORD") for service in SERVICES}
    refuse_examples(settings)
    delays = tuple(float(delay) for delay in settings.retry_delays.split(","))
    works = [work for service in SERVICES for work in service.works]
    await topology.declare(settings.admin_amqp_url.get_secret_value(), works, delays)
    await _make_broker_users(settings, passwords)
    log.info("setup.broker", queues=len(works))
    for service in SERVICES:
        await _make_database(settings.admin_database_url.get_secret_value(), service.name, passwords[service.name])
        log.info("setup.database", database=service.name)


@asynccontextmanager
async def administrator(settings: SetupSettings, database: str) -> AsyncIterator[Connection]:
    """An administrator's connection to one database."""
    url = urlsplit(settings.admin_database_url.get_secret_value())._replace(path=f"/{database}")
    connection = await asyncpg.connect(urlunsplit(url), timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


def _password(name: str) -> str:
    return from_file(name) or os.environ[name]


async def _make_database(admin_url: str, name: str, password: str) -> None:
    own_url = urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))
    admin = await asyncpg.connect(admin_url, timeout=10)
    try:
        known = await admin.fetchval("select true from pg_roles where rolname = $1", name)
        verb = "alter role %I with login password %L" if known else "create role %I login password %L"
        await admin.execute(await admin.fetchval(f"select format('{verb}', $1::text, $2::text)", name, password))
        if not await admin.fetchval("select true from pg_database where datname = $1", name):
            await admin.execute(f'create database "{name}"')
        await admin.execute(f'revoke all on database "{name}" from public')
        await admin.execute(f'grant connect on database "{name}" to "{name}"')
    finally:
        await admin.close()
    await migrations.upgrade(PROJECT / "services" / name / "migrations", own_url)
    owner = await asyncpg.connect(own_url, timeout=10)
    try:
        await owner.execute(
            f"""revoke all on schema public from public;
                grant usage on schema public to "{name}";
                grant select, insert, update, delete on all tables in schema public to "{name}";
                grant usage on all sequences in schema public to "{name}";
                revoke all on alembic_version from "{name}";"""
        )
    finally:
        await owner.close()


def management(settings: SetupSettings) -> dict[str, Any]:
    """How an HTTP client reaches RabbitMQ's management API."""
    url = urlsplit(settings.admin_rabbitmq_url.get_secret_value())
    base = urlunsplit((url.scheme, f"{url.hostname}:{url.port}", "/api", "", ""))
    return {"base_url": base, "auth": (url.username or "", url.password or ""), "timeout": 15}


async def _make_broker_users(settings: SetupSettings, passwords: dict[str, str]) -> None:
    async with httpx.AsyncClient(**management(settings)) as http:
        for service in SERVICES:
            name = quote(service.name)
            tags = "management" if service.name == "console" else ""  # it shows the queues
            await _put(http, f"/users/{name}", {"password": passwords[service.name], "tags": tags})
            await _put(http, f"/permissions/%2F/{name}", permissions(service))
            said = "|".join(re.escape(event.named()) for event in service.says)
            topics = {"exchange": EVENTS.name, "write": f"^({said})$" if said else NOTHING, "read": NOTHING}
            await _put(http, f"/topic-permissions/%2F/{name}", topics)


def permissions(service: Service) -> dict[str, str]:
    """What a service may do on the broker: read its own queues, say its events, put its failures aside.

    Console also takes what anybody has put aside, and gives it back to be worked on.
    """
    own = re.escape(service.name)
    looks_after = service.name == "console"
    writes = [rf"{own}\.wait\.\d+", re.escape(parking(service.name))] if service.works else []
    writes += [EVENTS.name] if service.says else []
    writes += [rf"\w+{re.escape(work_exchange(''))}"] if looks_after else []
    reads = [rf"{own}\..*"] if service.works else []
    reads += [rf"\w+{re.escape(parking(''))}"] if looks_after else []
    return {
        "configure": NOTHING,
        "write": f"^({'|'.join(writes)})$" if writes else NOTHING,
        "read": f"^({'|'.join(reads)})$" if reads else NOTHING,
    }


async def _put(http: httpx.AsyncClient, path: str, body: dict[str, str]) -> None:
    response = await http.put(path, json=body)
    response.raise_for_status()
