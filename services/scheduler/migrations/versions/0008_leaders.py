"""Who leads, by terms."""

from alembic import op

from kit import leader

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(leader.TABLE)
