"""Where a lead may be: the zones of its number, and the one that its days are counted in."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """update enrolments set facts = facts - 'zones' - 'country' || jsonb_build_object('where', jsonb_build_object(
             'country', facts->'country', 'phone_zones', facts->'zones', 'home', facts->'zones'->0))
           where jsonb_exists(facts, 'zones')"""
    )
