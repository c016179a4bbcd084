"""Rows that could not be worked on: set aside with their reason. One note in Kommo for each outcome."""

from alembic import op

from kit.messaging import outbox

revision = "0005"
down_revision = "0004"

REGISTRATIONS = "alter table registrations add column tries int not null default 0"
NOTES = """alter table notes add column tries int not null default 0, add column reason text,
             add column outcome text"""
ONE_NOTE = "create unique index notes_outcome on notes (lead_id, outcome)"


def upgrade() -> None:
    for statement in (outbox.FAILED_ROWS, REGISTRATIONS, NOTES, ONE_NOTE):
        op.execute(statement)
