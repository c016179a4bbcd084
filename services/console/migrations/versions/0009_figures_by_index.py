"""Indexes for what would read a whole table: the search, the filters, the stopwatch, and a restore's last day."""

from alembic import op

from kit.migrations import create_index

revision = "0009"
down_revision = "0008"

NAME_AND_EMAIL = "translate(lower(' ' || name || ' ' || email), 'ÁÉÍÓÚÜÑáéíóúüñ', 'aeiouunaeiouun')"
INDEXES = {
    "leads_found": f"leads using gin ({NAME_AND_EMAIL} gin_trgm_ops) with (gin_pending_list_limit = 1024)",
    "leads_by_phone_end": "leads (reverse(phone) text_pattern_ops)",
    "leads_by_arrival": "leads (accepted_at, lead_id) include (reached_at, booked_at, met_at)",
    "leads_called": """leads (accepted_at, lead_id)
                       include (waited, source, phone, call_end, call_due_at, call_deferred_at)""",
    "leads_by_source": "leads (source, accepted_at, lead_id) include (waited)",
    "leads_by_step": "leads (step, accepted_at, lead_id)",
    "leads_in_need": """leads (paused_at, lead_id)
                        where attention is not null and stopped is null and erased_at is null""",
    "bookings_unmatched": "bookings (said_at) where lead_id is null",
    "actions_by_time": "actions using brin (at) with (autosummarize = on)",
}
NO_LONGER_READ = ("leads_by_acceptance", "leads_by_phone", "leads_by_email", "leads_by_attention")


def upgrade() -> None:
    op.execute("create extension if not exists pg_trgm")
    for name, definition in INDEXES.items():
        create_index(name, definition)
    op.execute("alter index leads_found alter column 1 set statistics 500")  # how rare a name is decides how to look
    for name in NO_LONGER_READ:
        op.execute(f"drop index if exists {name}")
