"""Who leads, by terms."""

from alembic import op

from kit import leader

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(leader.TABLE)
