"""Who is one person, which id each form was answered with, and which version of the journey leads enter with."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
alter table leads add column person_id bigint, add column ended text,
  add column answered_at timestamptz not null default now();
update leads set person_id = lead_id, answered_at = created_at;
alter table leads alter column person_id set not null, drop column phone, drop column email;
create index leads_by_person on leads (person_id);
alter table submissions add column submission_id bigint, add column phone text, add column email text,
  add column content bytea;
update submissions s set phone = card->>'phone', email = card->>'email', submission_id =
  case when exists (select 1 from submissions o where o.lead_id = s.lead_id and o.id < s.id)
    then nextval('lead_ids') else s.lead_id end;
alter table submissions drop column id, add primary key (submission_id);
create index submissions_by_phone on submissions (phone);
create index submissions_by_email on submissions (email);
create index submissions_by_content on submissions (content, received_at);
alter table idempotency_keys rename column fingerprint to content;
alter table idempotency_keys rename column lead_id to submission_id;
create table current_journey (
  single boolean primary key default true check (single), version text not null, at timestamptz not null);
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
