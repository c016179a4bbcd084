"""Adds what crm must know about leads in Kommo: places, refusals, contacts, turns."""

from kit.migrations import run_script

revision = "0002"
down_revision = "0001"

# a refused lead used to stay so for ever; now it fails, and is tried again with other settings
CHANGES = """
alter table registrations
    add column pipeline_before bigint,
    add column merged boolean not null default false,
    add column refused_with text,
    add column move_reason text,
    add column move_refused_with text,
    add column contact_due_at timestamptz,
    add column ask_at timestamptz,
    add column turn bigint;
create index registrations_contact_due on registrations (lead_id) where contact_due_at is not null;
create index registrations_to_ask on registrations (lead_id) where ask_at is not null;
create sequence registrations_turn;
update registrations set state = 'failed', refused_with = '' where state = 'refused';
alter table tokens add column origin text;
"""


def upgrade() -> None:
    run_script(CHANGES)
