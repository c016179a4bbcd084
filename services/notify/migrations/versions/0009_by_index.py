"""Indexes for what read all leads and touches there ever were: the week's sources, and what an operator releases."""

from kit.migrations import create_index

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    create_index("leads_by_creation", "leads (created_at)")
    create_index("touches_planned", "touches (reason, scope) where state = 'planned'")
