"""Leads as notify knows them, their touches, and the addresses never to contact."""

from kit import outbound_switch
from kit.messaging import inbox, outbox
from kit.migrations import run_script

revision = "0001"
down_revision = None

TABLES = """
create table leads (
    lead_id bigint primary key,
    phone text,
    email text,
    card jsonb not null,
    created_at timestamptz not null default now(),
    erased boolean not null default false,
    person_id bigint,
    stopped boolean not null default false,
    journey text
);
create index leads_by_creation on leads (created_at);
create table touches (
    touch_id uuid primary key,
    lead_id bigint not null,
    step text not null,
    channel text not null,
    template text not null,
    address text,
    state text not null,
    provider_ref text,
    reason text,
    attempts int not null,
    sendings int not null,
    check_count int not null default 0,
    first_claimed_at timestamptz not null,
    lease_until timestamptz,
    check_at timestamptz,
    sent_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    kind text not null default 'first_contact',
    fallback text[] not null default '{}',
    until timestamptz,
    booking jsonb,
    claimed_at timestamptz,
    run bigint not null default 0,
    submission_id bigint,
    country text,
    source text,
    scope text,
    released boolean not null default false,
    visitor text,
    claim uuid,
    foreign key (lead_id) references leads(lead_id)
);
create index touches_by_lead on touches (lead_id);
create index touches_by_ref on touches (provider_ref);
create index touches_by_address on touches (address);
create index touches_leased on touches (lease_until) where state = 'sending';
create index touches_to_check on touches (state, check_at) where check_at is not null;
create index touches_costing on touches (first_claimed_at) where channel <> 'email';
create index touches_planned on touches (reason, scope) where state = 'planned';
create table opt_outs (
    address text primary key,
    channel text not null,
    reason text not null,
    at timestamptz not null default now()
);
create table callbacks (
    key text primary key,
    touch_id uuid,
    body jsonb not null,
    received_at timestamptz not null default now()
);
create index callbacks_received on callbacks (received_at);
create table undeliverable_addresses (
    address text primary key,
    at timestamptz not null default now()
);
create table sessions (
    phone text primary key,
    wrote_at timestamptz not null default now()
);
create table paused_leads (
    lead_id bigint primary key,
    paused boolean not null,
    at timestamptz not null
);
create table texts (
    touch_id uuid primary key,
    lead_id bigint not null,
    subject text not null,
    text text not null,
    at timestamptz not null default now()
);
create index texts_by_lead on texts (lead_id);
create table submissions (
    submission_id bigint primary key,
    lead_id bigint not null,
    phone text,
    email text,
    card jsonb not null,
    received_at timestamptz not null default now()
);
create index submissions_by_lead on submissions (lead_id);
create index submissions_by_phone on submissions (phone);
create index submissions_by_email on submissions (email);
create table signs_of_life (
    address text primary key,
    at timestamptz not null default now()
);
create table contacts (
    address text not null,
    what text not null,
    day date not null,
    place int not null,
    touch_id uuid not null,
    primary key (address, what, day, place)
);
create index contacts_by_touch on contacts (touch_id);
create index contacts_by_day on contacts (day);
create table journeys (
    hash text primary key,
    content text not null,
    at timestamptz not null default now()
);
"""


def upgrade() -> None:
    run_script(outbox.TABLE + outbound_switch.TABLE + inbox.TABLE + TABLES)
