"""Since when timers are fired without a pause, and when each of them was written: both say what is late."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("alter table timers add column written_at timestamptz not null default now()")
    op.execute("""create table firing (single boolean primary key default true check (single),
                    since timestamptz not null, last timestamptz not null)""")
