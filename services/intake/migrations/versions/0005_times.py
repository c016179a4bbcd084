"""Adds when a submission was stored, by the database's own clock, and when a lead's end came."""

from kit.migrations import run_script

revision = "0005"
down_revision = "0004"

# received_at is of the clock of the machine that received it. Earlier rows have no other time.
TABLES = """
alter table submissions add column stored_at timestamptz;
alter table submissions alter column stored_at set default now();
alter table held_submissions add column stored_at timestamptz;
alter table held_submissions alter column stored_at set default now();
alter table leads add column ended_at timestamptz;
"""


def upgrade() -> None:
    run_script(TABLES)
