"""The ledger of touches, the lead's card, who said stop, and what providers called back."""

from alembic import op

from kit.messaging import outbox

revision = "0001"
down_revision = None

TABLES = """
create table leads (
  lead_id bigint primary key, phone text, email text, card jsonb not null,
  created_at timestamptz not null default now());
create index leads_by_phone on leads (phone);
create index leads_by_email on leads (email);
create table touches (
  touch_id uuid primary key, lead_id bigint not null references leads, step text not null, channel text not null,
  template text not null, address text, state text not null, provider_ref text, reason text,
  attempts int not null, sendings int not null, looks int not null default 0,
  first_claimed_at timestamptz not null, lease_until timestamptz, check_at timestamptz, sent_at timestamptz,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create index touches_by_lead on touches (lead_id);
create index touches_by_ref on touches (provider_ref);
create index touches_by_address on touches (address);
create index touches_leased on touches (lease_until) where state = 'sending';
create index touches_to_check on touches (state, check_at) where check_at is not null;
create table opt_outs (
  address text primary key, channel text not null, reason text not null, at timestamptz not null default now());
create table callbacks (
  key text primary key, touch_id uuid, body jsonb not null, received_at timestamptz not null default now());
create index callbacks_received on callbacks (received_at);
"""


def upgrade() -> None:
    for statement in (outbox.TABLE + TABLES).split(";"):
        if statement.strip():
            op.execute(statement)
