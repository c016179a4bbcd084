"""Adds what platforms delivered, what was found wrong with them, and files of leads."""

from kit.migrations import run_script

revision = "0004"
down_revision = "0003"

# a delivery takes its id from lead_ids, so that it differs from that of a raw submission.
TABLES = """
create table deliveries (
    delivery_id bigint primary key default nextval('lead_ids'),
    source text not null,
    dedupe_key text,
    state text not null check (state in ('received', 'done', 'failed', 'refused')),
    outcome text not null default '',
    submission_ids bigint[] not null default '{}',
    content_type text not null default '',
    body bytea,
    over_limit boolean not null default false,
    received_at timestamptz not null default now(),
    attempts int not null default 0,
    next_attempt_at timestamptz not null default now(),
    unique (source, dedupe_key)
);
create index deliveries_due on deliveries (next_attempt_at) where state = 'received';
create index deliveries_by_source on deliveries (source, delivery_id);
create index deliveries_by_submission on deliveries using gin (submission_ids);
create index deliveries_received on deliveries (received_at);
create table source_problems (
    source text not null,
    about text not null,
    problem text not null,
    at timestamptz not null default now(),
    primary key (source, about)
);
create table source_reads (
    source text not null,
    part text not null,
    read_until timestamptz not null,
    primary key (source, part)
);
create table job_turns (
    name text primary key,
    next_at timestamptz not null
);
create table imports (
    import_id bigint generated always as identity primary key,
    digest bytea not null unique,
    name text not null,
    journey text not null,
    mapping jsonb not null,
    created_at timestamptz not null default now()
);
create table import_lines (
    line_id bigint generated always as identity primary key,
    import_id bigint not null references imports (import_id),
    line int not null,
    state text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
    outcome text not null default 'waiting',
    reason text not null default '',
    name text not null default '',
    fields jsonb,
    submission_id bigint,
    attempts int not null default 0,
    next_attempt_at timestamptz not null default now(),
    unique (import_id, line)
);
create index import_lines_due on import_lines (next_attempt_at, line_id) where state = 'waiting';
create index import_lines_by_submission on import_lines (submission_id);
"""


def upgrade() -> None:
    run_script(TABLES)
