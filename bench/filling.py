"""Fills the services' databases with the rows that so many events would leave.

PostgreSQL generates the rows, because folding that many events takes hours.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bench.pages import FILL, story
from bench.timers import JOURNEY
from domain.journey.time_zones import Whereabouts
from kit.database import Connection
from services.scheduler.decisions.enrolment import Enrolment

EVENTS_OF_A_LEAD = 12.17
DAYS = 365
BATCH = 20_000

FIRST_NAMES = """
María José Juan Guadalupe Sofía Luis Ana Jesús Carlos Miguel Rosa Francisco Alejandra Pedro Elena
Jorge Lucía Óscar Íñigo Zoé Ángel Teresa Raúl Iván Marta Hugo Inés Andrés Noemí Ximena
"""
SURNAMES = """
Hernández García Martínez López González Pérez Rodríguez Sánchez Ramírez Cruz Flores Gómez Morales
Vázquez Reyes Jiménez Díaz Torres Gutiérrez Ruiz Mendoza Aguilar Ortiz Castillo Moreno Chávez Garza
Treviño Villarreal Núñez Elizondo Ibáñez Peña Zúñiga Ávila Ochoa Quiroz Urrutia Xolocotzi Yáñez
Beltrán Cantú Dávila Escobedo Fuentes Guajardo Huerta Ibarra Juárez Lozano Montemayor Nava Olvera
Padilla Quintero Robles Salinas Tamez Uribe Vela Zepeda
"""

# Leads number $2 to $3 of $1, spread over the last $4 days. A sixth of them book and half of those
# attend; a third read a message; some stop or are paused.
LEADS = """
insert into leads (
  lead_id, name, email, phone, company, service, source, fields,
  received_at, accepted_at, kommo_asked_at, registered_at, kommo_lead_id,
  call_asked_at, call_sent_at, call_ended_at, call_end, fallback_asked_at, fallback_sent_at,
  delivered_at, reached_at,
  booked_at, revision, booking, meets_at, met_at,
  stopped, stopped_at, paused, paused_at, attention, finished_at,
  calls, whatsapps, texts, emails,
  step, steps, last_at, state, waited)
select
  n,
  first || ' ' || s1 || ' ' || s2,
  lower(first) || n || '@example.com',
  '+5255' || (10000000 + n),
  'Empresa ' || n % 5000,
  '',
  'Fuente ' || n % 9,
  jsonb_build_object('utm_source', 'u' || n % 5, 'utm_campaign', 'c' || n % 40),
  at, at, at + second, at + second, n,
  at + w * second, at + w * second, at + 25 * second, 'no_answer',
  at + 26 * second, at + 26 * second,
  case when n % 3 = 0 then at + 28 * second end,
  case when n % 3 = 0 then at + 28 * second end,
  case when n % 6 = 0 then at + 3 * day end,
  (n % 6 = 0)::int,
  case when n % 6 = 0 then 'uid-' || n end,
  case when n % 6 = 0 then at + 5 * day end,
  case when n % 12 = 0 then at + 5 * day end,
  case when n % 17 = 0 then 'opted_out' end,
  case when n % 17 = 0 then at + 2 * day end,
  n % 101 = 0,
  case when n % 101 = 0 then at + 2 * day end,
  case when n % 101 = 0 then 'whatsapp_refused' end,
  case when n % 2 = 0 then at + 9 * day end,
  1, 2, 0, 2,
  'day_' || (array[3, 6, 9, 12])[n % 4 + 1],
  jsonb_build_object(
    'welcome_call', 'unanswered',
    'welcome_email', 'delivered',
    'day_3', 'delivered',
    'day_6', (array['sent', 'delivered', 'failed'])[n % 3 + 1]),
  at + 9 * day,
  case
    when n % 12 = 0 then 'met'
    when n % 6 = 0 then 'booked'
    when n % 17 = 0 then 'stopped'
    when n % 101 = 0 then 'paused'
    when n % 2 = 0 then 'finished'
    when n % 3 = 0 then 'reached'
    else 'waiting'
  end,
  w
from generate_series($2::int, $3::int) n,
  lateral (
    select
      now() - ($1::int - n) * $4::int * interval '1 day' / $1::int as at,
      interval '1 second' as second,
      interval '1 day' as day,
      random() * 4 + (n % 50 = 0)::int * 20 as w,
      ($5::text[])[n % cardinality($5::text[]) + 1] as first,
      ($6::text[])[n::bigint * 7919 % cardinality($6::text[]) + 1] as s1,
      ($6::text[])[n::bigint * 8056 / 13 % cardinality($6::text[]) + 1] as s2) e"""
# one lead in a thousand has a touch of unknown outcome; all but the newest have been reviewed
UNKNOWN = """
insert into actions (event_id, lead_id, topic, at, body)
select gen_random_uuid(), n * 1000, topic, now(),
  jsonb_build_object(
    'topic', topic,
    'lead_id', n * 1000,
    'touch_id', n,
    'step', 'day_3',
    'channel', 'whatsapp')
from generate_series(1, $1::int / 1000) n,
  unnest(array['touch.unresolved', 'touch.reviewed']) as topic
where topic = 'touch.unresolved' or n < $1::int / 1000 - 20
order by n, topic desc"""
SWITCHED = """
insert into actions (event_id, lead_id, topic, at, body)
select gen_random_uuid(), 0, topic, now() - n * interval '1 day',
  jsonb_build_object(
    'topic', topic,
    'lead_id', 0,
    'by', 'ana',
    'at', now() - n * interval '1 day',
    'percent', 80)
from generate_series(1, 365) n,
  unnest(array['outbound.paused', 'outbound.resumed', 'spending.reached']) as topic"""
BOOKINGS = """
insert into bookings (uid, starts_at, email, phone, reported_at, lead_id)
select 'uid-' || n, at, '', '', at, case when n % 600 <> 0 then n end
from generate_series(6, $1::int, 6) n,
  lateral (select now() - ($1 - n) * interval '1 year' / $1 as at) e"""
OTHERS = """
insert into aliases
  select $1::int + n, n
  from generate_series(1, $1::int / 10) n;
insert into providers
  select 'kommo', null, null, now();
insert into failed_work
  select 'crm', 'note', n, n, 'refused', now() - n * interval '1 minute'
  from generate_series(1, least(2000, $1::int / 100)) n;
insert into held_touches
  select gen_random_uuid(), n, 'capped', 'daily', now() - n * interval '1 second'
  from generate_series(1, least(5000, $1::int / 100)) n;
update projected set
  until = (select max(id) from actions),
  tallied = (select max(id) from actions)"""

NOTIFY = """
insert into leads (lead_id, phone, email, card, person_id, created_at)
  select n, '+5255' || (10000000 + n), 'p' || n || '@example.com',
    jsonb_build_object('name', 'Persona ' || n, 'source', 'Fuente ' || n % 9),
    n, now() - ($1::int - n) * interval '1 year' / $1::int
  from generate_series(1, $1::int) n;
insert into submissions (submission_id, lead_id, phone, email, card)
  select lead_id, lead_id, phone, email, card
  from leads;
insert into touches (
    touch_id, lead_id, step, channel, template, address, state, provider_ref, attempts, sendings,
    first_claimed_at, sent_at, kind, country, source, visitor, scope, reason)
  select gen_random_uuid(), n, step, channel, step, '+5255' || (10000000 + n),
    case when n % 1000 = 0 then 'planned' else 'delivered' end,
    channel || n || step, 1, 1, at, at, kind, 'MX', 'Fuente ' || n % 9, 'v' || n,
    case when n % 1000 = 0 then 'daily' end,
    case when n % 1000 = 0 then 'capped' end
  from generate_series(1, $1::int) n,
    lateral (select now() - ($1::int - n) * interval '1 year' / $1::int as at) e,
    (values
      ('welcome_call', 'call', 'first_contact'),
      ('welcome_email', 'email', 'first_contact'),
      ('day_3', 'whatsapp', 'follow_up')) as s(step, channel, kind)"""
SCHEDULER = """
insert into enrolments (lead_id, journey, person_id, facts)
  select n, (select hash from journeys), n,
    jsonb_set($2::text::jsonb, '{lead_id}', to_jsonb(n))
  from generate_series(1, $1::int) n;
insert into timers (lead_id, step, channel, due_at, planned_at, state)
  select n, step, 'whatsapp', at, at, case when at > now() then 'pending' else 'fired' end
  from generate_series(1, $1::int) n,
    (values ('day_3', 3), ('day_6', 6), ('day_9', 9), ('day_12', 12)) as s(step, days),
    lateral (
      select now() - ($1::int - n) * interval '1 year' / $1::int
        + days * interval '1 day' as at) e"""
CRM = """
insert into registrations (
    lead_id, card, phone, email, state, kommo_lead_id, kommo_contact_id, person_id)
  select n, '{"name": "Persona"}', '+5255' || (10000000 + n), 'p' || n || '@example.com',
    'registered', n, n, n
  from generate_series(1, $1::int) n;
insert into submissions
  select lead_id, lead_id, phone, email, phone, email
  from registrations;
insert into notes (lead_id, text, state)
  select n, 'note', 'written'
  from generate_series(1, $1::int) n, generate_series(1, 3);
insert into appointments (
    uid, lead_id, stage, reported_at, changed_at, attended, reason, email)
  select 'uid-' || n, case when n % 600 <> 0 then n end, 1, now() - n * interval '1 second',
    now() - n * interval '1 second', false,
    '', case when n % 600 = 0 then 'nobody' || n || '@example.org' end
  from generate_series(6, $1::int, 6) n"""
INTAKE = """
insert into leads (lead_id, card, person_id)
  select n, jsonb_build_object('name', 'Persona ' || n), n
  from generate_series(1, $1::int) n;
insert into submissions (
    submission_id, lead_id, card, remote_address, user_agent, phone, email, content)
  select lead_id, lead_id, card, '203.0.113.1', 'bench', '+5255' || (10000000 + lead_id),
    'p' || lead_id || '@example.com', sha256(lead_id::text::bytea)
  from leads;
select setval('lead_ids', $1::int + 1000000)"""

# the counts by the hour, as the projections keep them
HOUR = "date_trunc('hour', accepted_at at time zone 'UTC') at time zone 'UTC'"
TALLIES = f"""
insert into tallies
select 'step', {HOUR}, step, state, count(*), 0, 0, 0, 0, 0, 0
from leads
where accepted_at is not null
group by 2, 3, 4;
insert into tallies
select 'outcome', {HOUR}, s.key, s.value, count(*), 0, 0, 0, 0, 0, 0
from leads, jsonb_each_text(steps) s
where accepted_at is not null
group by 2, 3, 4;
insert into tallies
select figure, {HOUR},
  left(case when figure = 'fuente' then source else coalesce(fields->>figure, '') end, 200), '',
  count(*), count(reached_at), count(booked_at), count(met_at),
  sum(calls), sum(whatsapps), sum(texts)
from leads, unnest(array['fuente', 'utm_source', 'utm_medium', 'utm_campaign']) as figure
where accepted_at is not null
group by 1, 2, 3
"""  # noqa: S608 - a constant

Report = Callable[[str], None]


async def fill_console(database: Connection, events: int, report: Report) -> int:
    """Fills the audit log and its projections, and returns the number of leads."""
    leads = int(events / EVENTS_OF_A_LEAD)
    events_of_a_lead = story()
    bodies = [json.dumps(event.model_dump(mode="json")) for event, _ in events_of_a_lead]
    topics = [event.topic for event, _ in events_of_a_lead]
    after = [seconds for _, seconds in events_of_a_lead]
    for first in range(1, leads + 1, BATCH):
        last = min(leads, first + BATCH - 1)
        await database.execute(FILL, leads, topics, bodies, after, first, last, DAYS, timeout=600)
        await database.execute(
            LEADS, leads, first, last, DAYS, FIRST_NAMES.split(), SURNAMES.split(), timeout=600
        )
        report(f"console: {last:,} of {leads:,} leads")
    for statement in (UNKNOWN, BOOKINGS, *OTHERS.split(";")):
        arguments = (leads,) if "$1" in statement else ()
        await database.execute(statement, *arguments, timeout=600)
    await database.execute(SWITCHED)
    for statement in TALLIES.split(";"):
        await database.execute(statement, timeout=600)
    return leads


async def fill_others(databases: Mapping[str, Connection], leads: int, report: Report) -> None:
    """Fills the databases of the other services with the rows of so many leads."""
    where = Whereabouts("MX", ("America/Monterrey",), "America/Monterrey")
    facts = Enrolment(lead_id=0, entered_at=datetime.now(UTC), where=where).model_dump_json()
    await databases["scheduler"].execute(
        "insert into journeys values ('bench', $1)", JOURNEY.read_text()
    )
    values = {"$1": leads, "$2": facts}
    for name, statements in (
        ("notify", NOTIFY),
        ("scheduler", SCHEDULER),
        ("crm", CRM),
        ("intake", INTAKE),
    ):
        for statement in statements.split(";"):
            arguments = [value for mark, value in values.items() if mark in statement]
            await databases[name].execute(statement, *arguments, timeout=1800)
        report(f"{name}: filled")
