"""Who holds a touch: a claim that a process can give back although it never heard that it was granted."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("alter table touches add column claim uuid")
