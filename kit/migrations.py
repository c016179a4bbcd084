"""Migrates a service's database to the newest version, with Alembic and the service's scripts."""

import asyncio
from pathlib import Path

import sqlalchemy
import structlog
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine

log = structlog.get_logger()

LOCK_TIMEOUT = "2s"
LOCKED = "55P03"  # lock_not_available
TRIES = 60


async def upgrade(scripts: Path, dsn: str) -> None:
    """Runs the migrations in `scripts` that the database lacks, as the user of `dsn`.

    That user owns the tables. Each migration is a transaction of its own. A migration that waits
    for a table blocks every later statement on it, so it gives up after two seconds and is tried
    again. Raises sqlalchemy.exc.DBAPIError when it never gets the lock.
    """
    config = Config()
    config.set_main_option("script_location", str(scripts))
    url = sqlalchemy.make_url(dsn).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(
        url, connect_args={"server_settings": {"lock_timeout": LOCK_TIMEOUT}}
    )
    try:
        for tries_left in reversed(range(TRIES)):
            try:
                async with engine.connect() as connection:
                    return await connection.run_sync(_upgrade, config)
            except sqlalchemy.exc.DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != LOCKED or not tries_left:
                    raise
                log.warning("migration.waits", scripts=scripts.parent.name, tries_left=tries_left)
                await asyncio.sleep(1)
    finally:
        await engine.dispose()


def _upgrade(connection: sqlalchemy.Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def run(config: Config) -> None:
    """Runs Alembic's migrations: the body of every service's `migrations/env.py`."""
    from alembic import context

    context.configure(connection=config.attributes["connection"], transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def run_script(script: str) -> None:
    """Runs SQL statements in a migration.

    Each ends in a semicolon, and none may hold a semicolon inside.
    """
    from alembic import op

    for statement in script.split(";"):
        if statement.strip():
            op.execute(statement)


def create_index(name: str, definition: str) -> None:
    """Creates an index in a migration, while the table is read and written.

    It waits for transactions that began before it, and blocks none. An interrupted attempt leaves
    an invalid index, which PostgreSQL keeps and never uses; that one is dropped first.
    """
    from alembic import op

    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")
        op.execute(f"drop index concurrently if exists {name}")
        op.execute(f"create index concurrently {name} on {definition}")
        op.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'")
