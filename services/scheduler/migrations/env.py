"""Alembic's entry to this service's migrations."""

from alembic import context

from kit.migrations import run

run(context.config)
