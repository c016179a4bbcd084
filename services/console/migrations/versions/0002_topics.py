"""Finds the last action of a kind."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("create index actions_by_topic on actions (topic, id)")
