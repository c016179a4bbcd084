"""The switch that stops everything that leaves."""

from alembic import op

from kit import outbound_switch

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(outbound_switch.TABLE)
