"""Creates the tables of registrations, notes, bookings, webhooks and permits."""

from kit import leader, outbound_switch
from kit.messaging import inbox, outbox
from kit.migrations import run_script

revision = "0001"
down_revision = None

TABLES = """
create table registrations (
    lead_id bigint primary key,
    card jsonb not null,
    phone text,
    email text,
    state text not null,
    kommo_lead_id bigint,
    kommo_contact_id bigint,
    reason text,
    check_count int not null default 0,
    check_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    revision int not null default 0,
    published_booking jsonb,
    booked_until timestamptz,
    stage text not null default 'initial',
    stage_wanted text not null default 'initial',
    status_before bigint,
    closed text,
    erased boolean not null default false,
    attempts int not null default 0,
    person_id bigint
);
create index registrations_to_do on registrations (state, lead_id) where state <> 'registered';
create index registrations_by_phone on registrations (phone);
create index registrations_by_email on registrations (email);
create index registrations_by_kommo_lead on registrations (kommo_lead_id);
create index registrations_to_move on registrations (lead_id) where stage <> stage_wanted;
create index registrations_by_person on registrations (person_id);
create table notes (
    id bigint generated always as identity primary key,
    lead_id bigint not null,
    text text not null,
    state text not null default 'waiting',
    check_count int not null default 0,
    check_at timestamptz,
    created_at timestamptz not null default now(),
    attempts int not null default 0,
    reason text,
    outcome text
);
create index notes_to_do on notes (state, id) where state <> 'written';
create unique index notes_outcome on notes (lead_id, outcome);
create table tokens (
    single boolean primary key default true check (single),
    access text not null,
    refresh text not null,
    expires_at timestamptz not null
);
create table webhooks (
    id bigint generated always as identity primary key,
    key text not null unique,
    body bytea not null,
    state text not null default 'new',
    attempts int not null default 0,
    error text,
    next_attempt_at timestamptz not null default now(),
    received_at timestamptz not null default now(),
    check (state in ('new', 'done', 'failed'))
);
create index webhooks_new on webhooks (id) where state = 'new';
create table bookings (
    uid text primary key,
    lead_id bigint,
    stage int not null,
    reported_at timestamptz not null,
    booking jsonb,
    attended boolean not null,
    reason text not null,
    hinted bigint,
    token text,
    email text,
    phones text[] not null default '{}',
    matched text,
    updated_at timestamptz not null default now()
);
create index bookings_by_lead on bookings (lead_id);
create index bookings_unmatched on bookings (reported_at) where lead_id is null;
create table permits (
    id uuid primary key,
    lead_id bigint not null,
    until timestamptz not null,
    person_id bigint
);
create index permits_by_lead on permits (lead_id);
create index permits_by_person on permits (person_id);
create table polls (
    single boolean primary key default true check (single),
    polled_until timestamptz not null
);
create table submissions (
    submission_id bigint primary key,
    lead_id bigint not null,
    phone text,
    email text
);
create index submissions_by_lead on submissions (lead_id);
create index submissions_by_phone on submissions (phone);
create index submissions_by_email on submissions (email);
"""


def upgrade() -> None:
    run_script(outbox.TABLE + inbox.TABLE + outbound_switch.TABLE + leader.TABLE + TABLES)
