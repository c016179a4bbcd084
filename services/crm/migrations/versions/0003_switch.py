"""The switch that stops everything that leaves."""

from alembic import op

from kit import switch

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(switch.TABLE)
