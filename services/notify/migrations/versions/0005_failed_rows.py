"""Events that cannot be published are set aside."""

from alembic import op

from kit.messaging import outbox

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(outbox.FAILED_ROWS)
