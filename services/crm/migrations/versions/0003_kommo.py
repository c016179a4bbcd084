"""Adds what crm must know about leads in Kommo: places, refusals, contacts, turns."""

from kit.migrations import create_index, run_script

revision = "0003"
down_revision = "0002"

# a refused lead used to stay so for ever; now it fails, and is tried again with other settings
CHANGES = """
alter table registrations
    add column if not exists pipeline_before bigint,
    add column if not exists merged boolean not null default false,
    add column if not exists refused_with text,
    add column if not exists move_reason text,
    add column if not exists move_refused_with text,
    add column if not exists contact_due_at timestamptz,
    add column if not exists ask_at timestamptz,
    add column if not exists turn bigint;
create sequence if not exists registrations_turn;
update registrations set state = 'failed', refused_with = '' where state = 'refused';
alter table tokens add column if not exists origin text;
"""


def upgrade() -> None:
    run_script(CHANGES)
    create_index(
        "registrations_contact_due",
        "registrations (contact_due_at) where contact_due_at is not null",
    )
    create_index("registrations_to_ask", "registrations (kommo_lead_id) where ask_at is not null")
