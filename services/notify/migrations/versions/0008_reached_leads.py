"""Adds when a lead was last reached: they answered a call, or wrote."""

from kit.migrations import run_script

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_script("alter table leads add column reached_at timestamptz")
