"""Keeps hashes of the addresses of erased persons, so that no late event brings one back."""

from kit.migrations import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_script("""
create table erased_addresses (
    hash text primary key,
    erased_at timestamptz not null
)""")
