"""Enrolments, the journeys they entered with, and timers."""

from alembic import op

from kit.messaging import inbox, outbox

revision = "0001"
down_revision = None

TABLES = """
create table journeys (hash text primary key, content text not null, at timestamptz not null default now());
create table enrolments (
  lead_id bigint primary key, journey text not null references journeys, phone text, email text, facts jsonb not null,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create index enrolments_by_phone on enrolments (phone);
create index enrolments_by_email on enrolments (email);
create index enrolments_idle on enrolments (updated_at);
create table timers (
  id bigint generated always as identity primary key, lead_id bigint not null references enrolments, step text not null,
  channel text not null, booking text not null default '', due_at timestamptz not null,
  planned_at timestamptz not null, late boolean not null default false,
  state text not null default 'pending' check (state in ('pending', 'fired', 'dropped')), settled_at timestamptz,
  created_at timestamptz not null default now(), unique (lead_id, step, channel, booking));
create index timers_due on timers (due_at, id) where state = 'pending' and not late;
create index timers_late on timers (due_at, id) where state = 'pending' and late;
alter table timers set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create table catch_up (
  single boolean primary key default true check (single), held boolean not null, released boolean not null);
"""


def upgrade() -> None:
    for statement in (outbox.TABLE + inbox.TABLE + TABLES).split(";"):
        if statement.strip():
            op.execute(statement)
