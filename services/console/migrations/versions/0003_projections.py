"""What the pages show of leads and companies, folded from the audit log; it can be made anew from it."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
create table leads (
  lead_id bigint primary key, name text not null, email text not null, phone text not null, company text not null,
  service text not null, source text not null, fields jsonb not null, received_at timestamptz, accepted_at timestamptz,
  kommo_asked_at timestamptz, registered_at timestamptz, kommo_lead_id bigint, call_deferred_at timestamptz,
  call_due_at timestamptz, call_held text, call_asked_at timestamptz, call_sent_at timestamptz,
  call_ended_at timestamptz, call_end text, fallback_asked_at timestamptz, fallback_sent_at timestamptz,
  delivered_at timestamptz, reached_at timestamptz, booked_at timestamptz, revision int not null, booking text,
  meets_at timestamptz, met_at timestamptz, stopped text, stopped_at timestamptz, paused boolean not null,
  paused_at timestamptz, finished_at timestamptz, erased_at timestamptz, calls int not null, whatsapps int not null,
  texts int not null, emails int not null, step text not null, steps jsonb not null, last_at timestamptz,
  state text not null, waited float8);
create index leads_by_acceptance on leads (accepted_at desc, lead_id);
create index leads_by_state on leads (state, accepted_at desc);
create index leads_by_phone on leads (phone);
create index leads_by_email on leads (email);
create table companies (name text primary key, away text, away_at timestamptz, heard_at timestamptz);
create table bookings (
  uid text primary key, starts_at timestamptz, email text not null, phone text not null, said_at timestamptz not null,
  lead_id bigint);
create table projected (single boolean primary key default true check (single), until bigint not null);
insert into projected (until) values (0)
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
