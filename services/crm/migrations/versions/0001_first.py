"""What Kommo should know: leads, notes, and the tokens to tell it with."""

from alembic import op

from kit.messaging import inbox, outbox

revision = "0001"
down_revision = None

TABLES = """
create table registrations (
  lead_id bigint primary key, card jsonb not null, phone text, email text, state text not null,
  kommo_lead_id bigint, kommo_contact_id bigint, reason text, looks int not null default 0, look_at timestamptz,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create index registrations_to_do on registrations (state, lead_id) where state <> 'registered';
create index registrations_by_phone on registrations (phone);
create index registrations_by_email on registrations (email);
create table notes (
  id bigint generated always as identity primary key, lead_id bigint not null, text text not null,
  state text not null default 'waiting', looks int not null default 0, look_at timestamptz,
  created_at timestamptz not null default now());
create index notes_to_do on notes (state, id) where state <> 'written';
create table tokens (
  single boolean primary key default true check (single), access text not null, refresh text not null,
  expires_at timestamptz not null);
"""


def upgrade() -> None:
    for statement in (outbox.TABLE + inbox.TABLE + TABLES).split(";"):
        if statement.strip():
            op.execute(statement)
