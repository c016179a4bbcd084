"""Leads keep how they came in, and an email address that cannot be used."""

from kit.migrations import run_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for schema in ("public", "rebuilt"):
        run_script(f"""
alter table {schema}.leads
    add column unusable_email text not null default '',
    add column attribution jsonb not null default '{{}}';
""")
