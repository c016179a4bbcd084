"""Each form of a lead, how far a stop reaches, versions of the journey, and how often an address was reached."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
alter table leads add column person_id bigint, add column stopped boolean not null default false,
  add column journey text;
update leads set person_id = lead_id;
create table submissions (
  submission_id bigint primary key, lead_id bigint not null, phone text, email text, card jsonb not null,
  received_at timestamptz not null default now());
insert into submissions (submission_id, lead_id, phone, email, card)
  select lead_id, lead_id, phone, email, card from leads;
create index submissions_by_lead on submissions (lead_id);
create index submissions_by_phone on submissions (phone);
create index submissions_by_email on submissions (email);
create table signs_of_life (address text primary key, at timestamptz not null default now());
drop index leads_by_phone;
drop index leads_by_email;
alter table touches add column run bigint not null default 0, add column submission_id bigint,
  add column country text, add column source text, add column scope text,
  add column released boolean not null default false;
create table contacts (
  address text not null, what text not null, day date not null, place int not null, touch_id uuid not null,
  primary key (address, what, day, place));
create index contacts_by_touch on contacts (touch_id);
create index contacts_by_day on contacts (day);
drop table welcome_calls;
create table journeys (hash text primary key, content text not null, at timestamptz not null default now());
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
