"""Persons, runs of the journey, its current version, and the further ids of a lead."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
alter table enrolments add column person_id bigint;
update enrolments set person_id = lead_id;
alter table enrolments alter column person_id set not null, drop column phone, drop column email;
create index enrolments_by_person on enrolments (person_id);
alter table timers add column run bigint not null default 0,
  drop constraint timers_lead_id_step_channel_booking_key,
  add constraint timers_name unique (lead_id, step, channel, booking, run);
create table aliases (submission_id bigint primary key, lead_id bigint not null);
create table current_journey (single boolean primary key default true check (single), version text not null);
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
