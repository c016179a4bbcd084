"""Where a touch's form came from, by a name that tells nobody."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("alter table touches add column visitor text")
