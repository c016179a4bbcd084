"""Stores which stops may reach a lead whose form was accepted before them, and is not here yet."""

from kit.migrations import run_script

revision = "0007"
down_revision = "0006"

TABLE = """
create table recent_stops (
    address text primary key,
    channel text not null,
    reason text not null,
    text text not null,
    at timestamptz not null default now()
);
create index recent_stops_by_time on recent_stops (at);
"""


def upgrade() -> None:
    run_script(TABLE)
