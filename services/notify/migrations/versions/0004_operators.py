"""What operators order: whose follow-up waits, who was erased; and what each touch said, word for word."""

from alembic import op

from kit.messaging import inbox

revision = "0004"
down_revision = "0003"

TABLES = """
create table paused_leads (lead_id bigint primary key, paused boolean not null, at timestamptz not null);
create table texts (
  touch_id uuid primary key, lead_id bigint not null, subject text not null, text text not null,
  at timestamptz not null default now());
create index texts_by_lead on texts (lead_id);
alter table touches add column claimed_at timestamptz;
alter table leads add column erased boolean not null default false;
"""


def upgrade() -> None:
    for statement in (inbox.TABLE + TABLES).split(";"):
        if statement.strip():
            op.execute(statement)
