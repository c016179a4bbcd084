"""Stores who has booked before their form came."""

from kit.migrations import run_script

revision = "0005"
down_revision = "0004"

TABLE = """
create table unmatched_bookings (
    address text not null,
    uid text not null,
    starts_at timestamptz not null,
    at timestamptz not null default now(),
    primary key (address, uid)
);
create index unmatched_bookings_by_time on unmatched_bookings (at);
"""


def upgrade() -> None:
    run_script(TABLE)
