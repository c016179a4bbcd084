"""Creates an empty database with a service's tables."""

from uuid import uuid4

from kit.database import Database
from kit.migrations import upgrade
from pauta.running.compose_file import PROJECT


async def new_database(dsn: str, service: str) -> str:
    """Creates the database on the server of `dsn`, and returns its address."""
    name = f"{service}_{uuid4().hex}"
    server = Database(dsn, connections=1)
    await server.open()
    await server.fetch(f"create database {name}")
    await server.close()
    own = dsn.removesuffix("/postgres") + f"/{name}"
    await upgrade(PROJECT / "services" / service / "migrations", own)
    return own
