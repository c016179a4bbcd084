"""Brings a service's database to the newest version: Alembic, with each service's scripts in its own folder."""

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
    """Runs the migrations in `scripts` that the database has not had yet, as the user of `dsn`, who owns its tables.

    Each is a transaction of its own. One that waits for a table stands in the way of everybody who comes after it: it
    lets them through after two seconds, and comes back. Raises sqlalchemy.exc.DBAPIError when it never gets its turn.
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
    """What every service's `migrations/env.py` does."""
    from alembic import context

    context.configure(connection=config.attributes["connection"], transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


def run_script(script: str) -> None:
    """Runs SQL statements that end in semicolons, in a migration. None may hold a semicolon inside."""
    from alembic import op

    for statement in script.split(";"):
        if statement.strip():
            op.execute(statement)


def create_index(name: str, definition: str) -> None:
    """Makes an index in a migration, while the table is read and written as ever.

    It waits for transactions that began before, and keeps nobody waiting itself. What a try that broke off left of it,
    which PostgreSQL keeps and never uses, goes first.
    """
    from alembic import op

    with op.get_context().autocommit_block():
        op.execute("set lock_timeout = 0")
        op.execute(f"drop index concurrently if exists {name}")
        op.execute(f"create index concurrently {name} on {definition}")
        op.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'")
