"""Creates the tables of submissions, leads and idempotency keys, and the outbox."""

from kit.messaging import outbox
from kit.migrations import run_script

revision = "0001"
down_revision = None

TABLES = """
create sequence lead_ids start 100001;
create table turn (
    single boolean primary key default true check (single),
    version bigint not null
);
insert into turn (version) values (0);
create table leads (
    lead_id bigint primary key,
    suspect boolean not null,
    card jsonb not null,
    created_at timestamptz not null default now(),
    person_id bigint not null,
    ended text,
    answered_at timestamptz not null default now()
);
create index leads_by_person on leads (person_id);
create table submissions (
    lead_id bigint not null,
    card jsonb not null,
    remote_address text not null,
    user_agent text not null,
    received_at timestamptz not null default now(),
    submission_id bigint primary key,
    phone text,
    email text,
    content bytea,
    foreign key (lead_id) references leads(lead_id)
);
create index submissions_by_lead on submissions (lead_id);
create index submissions_by_phone on submissions (phone);
create index submissions_by_email on submissions (email);
create index submissions_by_content on submissions (content, received_at);
create table idempotency_keys (
    key text primary key,
    content bytea not null,
    submission_id bigint not null,
    created_at timestamptz not null default now()
);
create table current_journey (
    single boolean primary key default true check (single),
    version text not null,
    at timestamptz not null
);
"""


def upgrade() -> None:
    run_script(outbox.TABLE + TABLES)
