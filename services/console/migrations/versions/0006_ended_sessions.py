"""Sessions that were logged out of."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("create table ended_sessions (session text primary key, ended_at timestamptz not null default now())")
