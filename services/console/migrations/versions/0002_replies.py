"""Leads keep the reply that a person must see, and when a stop was taken back."""

from kit.migrations import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for schema in ("public", "rebuilt"):
        run_script(f"""
alter table {schema}.leads
    add column attention_text text not null default '',
    add column attention_at timestamptz,
    add column restored_at timestamptz;
update {schema}.leads set attention_at = paused_at where attention is not null;
drop index {schema}.leads_in_need;
create index leads_in_need on {schema}.leads (attention_at, lead_id)
    where attention is not null and erased_at is null;
""")  # noqa: S608 - names of our own
