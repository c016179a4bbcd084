"""What a touch is for, what follows it, until when it may go out; when somebody last wrote by
WhatsApp, and which addresses reach nobody.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
alter table touches add column kind text not null default 'first_contact',
  add column fallback text[] not null default '{}', add column until timestamptz, add column booking jsonb;
create table dead_addresses (address text primary key, at timestamptz not null default now());
create table sessions (phone text primary key, wrote_at timestamptz not null default now());
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
