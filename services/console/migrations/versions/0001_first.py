"""Every event there was."""

from alembic import op

from kit.messaging import outbox

revision = "0001"
down_revision = None

TABLES = """
create table actions (
  id bigint generated always as identity primary key, event_id uuid not null unique, lead_id bigint not null,
  topic text not null, at timestamptz not null, body jsonb not null, trace text,
  heard_at timestamptz not null default now());
create index actions_by_lead on actions (lead_id, id);
"""


def upgrade() -> None:
    for statement in (outbox.TABLE + TABLES).split(";"):
        if statement.strip():
            op.execute(statement)
