"""Which leads were erased: nothing of theirs is kept again, and none is made in Kommo."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("alter table registrations add column erased boolean not null default false")
