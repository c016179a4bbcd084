"""Why an address is suspended, the soft bounces of a mailbox, and the turns of calls."""

from kit.migrations import run_script

revision = "0002"
down_revision = "0001"

STATEMENTS = """
alter table undeliverable_addresses
    add column doubtful boolean not null default false,
    add column reason text not null default '';
create index undeliverable_addresses_by_time on undeliverable_addresses (at);
create table soft_bounces (
    touch_id uuid primary key,
    address text not null,
    at timestamptz not null default now()
);
create index soft_bounces_by_address on soft_bounces (address);
create index soft_bounces_by_time on soft_bounces (at);
create table call_turns (
    one_row boolean primary key check (one_row),
    next_at timestamptz not null,
    placed_at timestamptz not null
);
"""


def upgrade() -> None:
    run_script(STATEMENTS)
