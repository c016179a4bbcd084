"""Stores which booking an appointment replaced, whichever of the two is heard of first."""

from kit.migrations import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_script("alter table appointments add column if not exists replaces text;")
