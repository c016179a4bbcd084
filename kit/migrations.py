"""Brings a service's database to the newest version: Alembic, with each service's scripts in its own folder."""

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine


async def upgrade(scripts: Path, dsn: str) -> None:
    """Runs the migrations in `scripts` that the database has not had yet, as the user of `dsn`, who owns its tables."""
    config = Config()
    config.set_main_option("script_location", str(scripts))
    engine = create_async_engine(sqlalchemy.make_url(dsn).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, config)
    finally:
        await engine.dispose()


def _upgrade(connection: sqlalchemy.Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def run(config: Config) -> None:
    """What every service's `migrations/env.py` does."""
    from alembic import context

    context.configure(connection=config.attributes["connection"])
    with context.begin_transaction():
        context.run_migrations()
