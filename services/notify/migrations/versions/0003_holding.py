"""The switch that stops everything, and which number had its welcome call when."""

from alembic import op

from kit import outbound_switch

revision = "0003"
down_revision = "0002"

TABLES = """
create table welcome_calls (phone text primary key, touch_id uuid not null, at timestamptz not null default now());
create index touches_costing on touches (first_claimed_at) where channel <> 'email';
"""


def upgrade() -> None:
    for statement in (outbound_switch.TABLE + TABLES).split(";"):
        if statement.strip():
            op.execute(statement)
