"""Leads, what was submitted, and the keys that make a repeat harmless."""

from alembic import op

from kit.messaging import outbox

revision = "0001"
down_revision = None

TABLES = """
create sequence lead_ids start 100001;
create table turn (single boolean primary key default true check (single), version bigint not null);
insert into turn (version) values (0);
create table leads (
  lead_id bigint primary key, phone text, email text, suspect boolean not null, card jsonb not null,
  created_at timestamptz not null default now());
create index leads_by_phone on leads (phone, created_at);
create index leads_by_email on leads (email, created_at);
create table submissions (
  id bigint generated always as identity primary key, lead_id bigint not null references leads, card jsonb not null,
  remote_address text not null, user_agent text not null, received_at timestamptz not null default now());
create index submissions_by_lead on submissions (lead_id);
create table idempotency_keys (
  key text primary key, fingerprint bytea not null, lead_id bigint not null,
  created_at timestamptz not null default now());
"""


def upgrade() -> None:
    for statement in (outbox.TABLE + TABLES).split(";"):
        if statement.strip():
            op.execute(statement)
