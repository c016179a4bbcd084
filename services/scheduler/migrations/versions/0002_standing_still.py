"""The follow-up's clock stands still for a booking or for an operator's word: one name for both."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """update enrolments set facts = (facts - 'booked_since')
             || jsonb_build_object('still_since', facts->'booked_since')
           where jsonb_exists(facts, 'booked_since')"""
    )
