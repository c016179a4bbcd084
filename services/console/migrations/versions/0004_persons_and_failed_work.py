"""Persons with several forms, leads that wait for a person, work that was set aside, touches that are held."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
alter table leads
  add column unusable_phone text not null default '', add column further jsonb not null default '[]',
  add column returned_at timestamptz, add column superseded_by bigint, add column attention text;
create index leads_by_attention on leads (paused_at) where attention is not null;
create table aliases (submission_id bigint primary key, lead_id bigint not null);
create table failed_work (
  service text not null, kind text not null, row_id bigint not null, lead_id bigint not null, reason text not null,
  at timestamptz not null, primary key (service, kind, row_id));
create index failed_work_by_age on failed_work (at);
create table held_touches (
  touch_id uuid primary key, lead_id bigint not null, reason text not null, scope text not null,
  at timestamptz not null);
create index held_touches_by_scope on held_touches (reason, scope)
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
