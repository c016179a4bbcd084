"""Bookings, what the calendar said of them, and who is just being reached out."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
alter table registrations add column revision int not null default 0, add column told jsonb,
  add column booked_until timestamptz, add column stage text not null default 'initial',
  add column stage_wanted text not null default 'initial', add column status_before bigint, add column closed text;
create index registrations_by_kommo_lead on registrations (kommo_lead_id);
create index registrations_to_move on registrations (lead_id) where stage <> stage_wanted;
create table webhooks (
  id bigint generated always as identity primary key, key text not null unique, body bytea not null,
  state text not null default 'new' check (state in ('new', 'done', 'failed')), attempts int not null default 0,
  error text, next_attempt_at timestamptz not null default now(), received_at timestamptz not null default now());
create index webhooks_new on webhooks (id) where state = 'new';
create table bookings (
  uid text primary key, lead_id bigint, stage int not null, said_at timestamptz not null, booking jsonb,
  attended boolean not null, reason text not null, hinted bigint, token text, email text,
  phones text[] not null default '{}', matched text, updated_at timestamptz not null default now());
create index bookings_by_lead on bookings (lead_id);
create index bookings_unmatched on bookings (said_at) where lead_id is null;
create table permits (id uuid primary key, lead_id bigint not null, until timestamptz not null);
create index permits_by_lead on permits (lead_id);
create table polls (single boolean primary key default true check (single), polled_until timestamptz not null);
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
