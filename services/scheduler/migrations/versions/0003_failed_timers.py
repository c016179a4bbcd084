"""Timers that are set aside, when a touch was due, and leads that have been quiet for long."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
alter table enrolments add column dormant boolean not null default false;
drop index enrolments_idle;
create index enrolments_idle on enrolments (updated_at) where not dormant;
alter table timers add column reason text, add column fired_at timestamptz[] not null default '{}',
  drop constraint timers_state_check,
  add constraint timers_state_check check (state in ('pending', 'fired', 'dropped', 'failed'));
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
