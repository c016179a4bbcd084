"""Adds held submissions, the sources' keys and ids, and what was sent, word for word."""

from kit.migrations import create_index, run_script

revision = "0003"
down_revision = "0002"

# `leads.suspect` stays for the version before, which still writes it during an upgrade; a job
# moves its rows into held_submissions. raw_submissions and its like take their ids from lead_ids.
TABLES = """
alter table leads alter column suspect set default false;
alter table submissions
    add column source text not null default 'form',
    add column fields jsonb,
    add column page text not null default '';
create table held_submissions (
    submission_id bigint primary key,
    state text not null default 'held' check (state in ('held', 'discarded')),
    reason text not null,
    source text not null,
    door text not null default 'form',
    journey text,
    first_message text not null default '',
    card jsonb not null,
    fields jsonb,
    phone text,
    email text,
    content bytea,
    remote_address text not null,
    user_agent text not null,
    page text not null default '',
    received_at timestamptz not null,
    decided_by text,
    decided_at timestamptz
);
create index held_submissions_by_state on held_submissions (state, submission_id);
create index held_submissions_by_phone on held_submissions (phone);
create index held_submissions_by_email on held_submissions (email);
create index held_submissions_by_content on held_submissions (content, received_at);
create index held_submissions_by_visitor on held_submissions ((card->>'visitor'), received_at)
    where card->>'visitor' is not null;
create table external_ids (
    source text not null,
    external_id text not null,
    submission_id bigint not null,
    primary key (source, external_id)
);
create table raw_submissions (
    delivery_id bigint primary key,
    source text not null,
    received_at timestamptz not null,
    state text not null,
    outcome text not null default '',
    content_type text not null,
    body bytea not null
);
create index raw_submissions_received on raw_submissions using brin (received_at);
create table sources (
    name text primary key,
    created_at timestamptz not null default now()
);
create table source_keys (
    key_id bigint generated always as identity primary key,
    source text not null references sources (name),
    hash bytea not null unique,
    hint text not null,
    created_at timestamptz not null default now()
);
create index source_keys_by_source on source_keys (source, key_id);
"""


def upgrade() -> None:
    # first, because it commits: an interrupted migration can then be repeated
    create_index(
        "submissions_by_visitor",
        "submissions ((card->>'visitor'), received_at) where card->>'visitor' is not null",
    )
    run_script(TABLES)
