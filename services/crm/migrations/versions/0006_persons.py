"""Persons, and each form of a lead: the id that it was answered with, and the addresses it names."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
alter table registrations add column person_id bigint;
update registrations set person_id = lead_id;
create index registrations_by_person on registrations (person_id);
alter table permits add column person_id bigint;
create index permits_by_person on permits (person_id);
create table submissions (submission_id bigint primary key, lead_id bigint not null, phone text, email text);
insert into submissions select lead_id, lead_id, phone, email from registrations;
create index submissions_by_lead on submissions (lead_id);
create index submissions_by_phone on submissions (phone);
create index submissions_by_email on submissions (email);
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
