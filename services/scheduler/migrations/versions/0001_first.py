"""Enrolments, their timers, and the versions of the journey."""

from kit import leader
from kit.messaging import inbox, outbox
from kit.migrations import run_script

revision = "0001"
down_revision = None

TABLES = """
create table journeys (
    hash text primary key,
    content text not null,
    at timestamptz not null default now()
);
create table enrolments (
    lead_id bigint primary key,
    journey text not null,
    facts jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    dormant boolean not null default false,
    person_id bigint not null,
    foreign key (journey) references journeys(hash)
);
create index enrolments_idle on enrolments (updated_at) where not dormant;
create index enrolments_by_person on enrolments (person_id);
create table timers (
    id bigint generated always as identity primary key,
    lead_id bigint not null,
    step text not null,
    channel text not null,
    booking text not null default '',
    due_at timestamptz not null,
    planned_at timestamptz not null,
    late boolean not null default false,
    state text not null default 'pending',
    settled_at timestamptz,
    created_at timestamptz not null default now(),
    reason text,
    fired_at timestamptz[] not null default '{}',
    run bigint not null default 0,
    written_at timestamptz not null default now(),
    check (state in ('pending', 'fired', 'dropped', 'failed')),
    foreign key (lead_id) references enrolments(lead_id),
    unique (lead_id, step, channel, booking, run)
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000);
create index timers_due on timers (due_at, id) where state = 'pending' and not late;
create index timers_late on timers (due_at, id) where (state = 'pending' and late);
create table backlog (
    single boolean primary key default true check (single),
    held boolean not null,
    released boolean not null
);
create table aliases (
    submission_id bigint primary key,
    lead_id bigint not null
);
create table current_journey (
    single boolean primary key default true check (single),
    version text not null
);
create table firing (
    single boolean primary key default true check (single),
    since timestamptz not null,
    last timestamptz not null
);
"""


def upgrade() -> None:
    run_script(outbox.TABLE + inbox.TABLE + leader.TABLE + TABLES)
