"""The audit log, and two sets of the projections: the pages read one while the other is rebuilt."""

from alembic import op

from kit import leader
from kit.messaging import outbox
from kit.migrations import run_script

revision = "0001"
down_revision = None

TABLES = """
create table actions (
    id bigint generated always as identity primary key,
    event_id uuid not null unique,
    lead_id bigint not null,
    topic text not null,
    at timestamptz not null,
    body jsonb not null,
    trace text,
    received_at timestamptz not null default now()
);
create index actions_by_lead on actions (lead_id, id);
create index actions_by_topic on actions (topic, id);
create index actions_by_time on actions using brin (at) with (autosummarize='on');
create table leads (
    lead_id bigint primary key,
    name text not null,
    email text not null,
    phone text not null,
    company text not null,
    service text not null,
    source text not null,
    fields jsonb not null,
    received_at timestamptz,
    accepted_at timestamptz,
    kommo_asked_at timestamptz,
    registered_at timestamptz,
    kommo_lead_id bigint,
    call_deferred_at timestamptz,
    call_due_at timestamptz,
    call_held text,
    call_asked_at timestamptz,
    call_sent_at timestamptz,
    call_ended_at timestamptz,
    call_end text,
    fallback_asked_at timestamptz,
    fallback_sent_at timestamptz,
    delivered_at timestamptz,
    reached_at timestamptz,
    booked_at timestamptz,
    revision int not null,
    booking text,
    meets_at timestamptz,
    met_at timestamptz,
    stopped text,
    stopped_at timestamptz,
    paused boolean not null,
    paused_at timestamptz,
    finished_at timestamptz,
    erased_at timestamptz,
    calls int not null,
    whatsapps int not null,
    texts int not null,
    emails int not null,
    step text not null,
    steps jsonb not null,
    last_at timestamptz,
    state text not null,
    waited double precision,
    unusable_phone text not null default '',
    further jsonb not null default '[]',
    returned_at timestamptz,
    superseded_by bigint,
    attention text,
    pending text not null default '',
    pending_at timestamptz
);
create index leads_by_state on leads (state, accepted_at desc);
create index leads_found on leads using gin
    (translate(lower(' ' || name || ' ' || email), 'ÁÉÍÓÚÜÑáéíóúüñ',
        'aeiouunaeiouun') gin_trgm_ops)
    with (gin_pending_list_limit='1024');
create index leads_by_phone_end on leads (reverse(phone) text_pattern_ops);
create index leads_by_arrival on leads
    (accepted_at, lead_id)
    include (reached_at, booked_at, met_at);
create index leads_called on leads
    (accepted_at, lead_id)
    include (waited, source, phone, call_end, call_due_at, call_deferred_at);
create index leads_by_source on leads (source, accepted_at, lead_id) include (waited);
create index leads_by_step on leads (step, accepted_at, lead_id);
create index leads_in_need on leads
    (paused_at, lead_id)
    where attention is not null and stopped is null and erased_at is null;
create table providers (
    name text primary key,
    unavailable text,
    unavailable_since timestamptz,
    succeeded_at timestamptz
);
create table bookings (
    uid text primary key,
    starts_at timestamptz,
    email text not null,
    phone text not null,
    reported_at timestamptz not null,
    lead_id bigint
);
create index bookings_unmatched on bookings (reported_at) where lead_id is null;
create table projected (
    single boolean primary key default true check (single),
    until bigint not null,
    tallied bigint not null default 0
);
insert into projected (until) values (0);
create table aliases (
    submission_id bigint primary key,
    lead_id bigint not null
);
create table failed_work (
    service text not null,
    kind text not null,
    row_id bigint not null,
    lead_id bigint not null,
    reason text not null,
    at timestamptz not null,
    primary key (service, kind, row_id)
);
create index failed_work_by_age on failed_work (at);
create table held_touches (
    touch_id uuid primary key,
    lead_id bigint not null,
    reason text not null,
    scope text not null,
    at timestamptz not null
);
create index held_touches_by_scope on held_touches (reason, scope);
create table ended_sessions (
    session text primary key,
    ended_at timestamptz not null default now()
);
create table logins (
    id bigint generated always as identity primary key,
    name text not null,
    address text not null,
    worked boolean not null default false,
    at timestamptz not null default now()
);
create index logins_at on logins (at);
create table tallies (
    figure text not null,
    hour timestamptz not null,
    name text not null,
    value text not null,
    leads int not null,
    reached int not null,
    booked int not null,
    met int not null,
    calls int not null,
    whatsapps int not null,
    texts int not null,
    primary key (figure, hour, name, value)
);
"""
KEYS = {
    "projected": "single",
    "leads": "lead_id",
    "providers": "name",
    "bookings": "uid",
    "aliases": "submission_id",
    "failed_work": "service, kind, row_id",
    "held_touches": "touch_id",
    "tallies": "figure, hour, name, value",
}
# both sets have the same names, because they are swapped
INDEXES = """
select replace(indexdef, ' ON public.', ' ON rebuilt.') from pg_indexes
where schemaname = 'public' and tablename = any($1) and indexname not like '%\\_pkey'
"""
BOTH = ", ".join(f"public.{table}, rebuilt.{table}" for table in KEYS)
REBUILT = ", ".join(f"rebuilt.{table}" for table in KEYS)
# The service may change rows only. Truncating and swapping need the owner, with whose rights the
# functions run.
RIGHTS = "language plpgsql security definer set search_path = pg_catalog, pg_temp"
BEGIN = f"""
create function begin_rebuild() returns void {RIGHTS} as $$
begin
  if exists (select 1 from rebuilt.projected) then
    truncate {REBUILT};
  end if;
  insert into rebuilt.projected (until, tallied) values (0, 0);
end $$
"""  # noqa: S608 - names of our own
# `nowait`, because a queued lock would make every page wait. The old rows are truncated, because a
# later erasure would not reach them.
FINISH = f"""
create function finish_rebuild() returns boolean {RIGHTS} as $$
declare
  name text;
begin
  lock table {BOTH} in access exclusive mode nowait;
  if (select until from rebuilt.projected)
    is distinct from (select until from public.projected)
  then
    return false;
  end if;
  create schema swapping;
  foreach name in array array[{", ".join(f"'{table}'" for table in KEYS)}] loop
    execute format('alter table public.%I set schema swapping', name);
    execute format('alter table rebuilt.%I set schema public', name);
    execute format('alter table swapping.%I set schema rebuilt', name);
  end loop;
  drop schema swapping;
  truncate {REBUILT};
  return true;
end $$
"""  # noqa: S608 - names of our own


def upgrade() -> None:
    op.execute("create extension if not exists pg_trgm")
    run_script(outbox.TABLE + leader.TABLE + TABLES)
    op.execute("create schema rebuilt")
    for table, key in KEYS.items():
        op.execute(
            f"create table rebuilt.{table}"
            f" (like public.{table} including defaults including constraints)"
        )
        op.execute(f"alter table rebuilt.{table} add primary key ({key})")
    indexes = op.get_bind().exec_driver_sql(INDEXES, (list(KEYS),)).scalars().all()
    for statement in indexes:
        op.execute(statement)
    for schema in ("public", "rebuilt"):
        # how rare a name is decides between the trigrams' index and the one by time
        op.execute(f"alter index {schema}.leads_found alter column 1 set statistics 500")
        # pages read from indexes alone, as far as rows are vacuumed
        op.execute(f"alter table {schema}.leads set (autovacuum_vacuum_scale_factor = 0.02)")
    op.execute(BEGIN)
    op.execute(FINISH)
