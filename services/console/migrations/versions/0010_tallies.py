"""What the pages about sources and the journey count, by the hour; `tallied` is how far it was counted.

Console's older version, which may still run, counts nothing: the newer one then sees `until` ahead of `tallied`.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

TABLE = """
create table tallies (
  figure text not null, hour timestamptz not null, name text not null, value text not null, leads int not null,
  reached int not null, booked int not null, met int not null, calls int not null, whatsapps int not null,
  texts int not null, primary key (figure, hour, name, value))
"""
HOUR = "date_trunc('hour', accepted_at at time zone 'UTC') at time zone 'UTC'"
STEPS = f"""
insert into tallies
select 'step', {HOUR}, step, state, count(*), 0, 0, 0, 0, 0, 0 from leads where accepted_at is not null group by 2, 3, 4
"""  # noqa: S608 - a constant
OUTCOMES = f"""
insert into tallies
select 'outcome', {HOUR}, s.key, s.value, count(*), 0, 0, 0, 0, 0, 0 from leads, jsonb_each_text(steps) s
where accepted_at is not null group by 2, 3, 4
"""  # noqa: S608 - a constant
SOURCES = f"""
insert into tallies
select figure, {HOUR}, left(case when figure = 'fuente' then source else coalesce(fields->>figure, '') end, 200), '',
  count(*), count(reached_at), count(booked_at), count(met_at), sum(calls), sum(whatsapps), sum(texts)
from leads, unnest(array['fuente', 'utm_source', 'utm_medium', 'utm_campaign']) as figure
where accepted_at is not null group by 1, 2, 3
"""  # noqa: S608 - a constant


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("alter table projected add column tallied bigint not null default 0")
    op.execute("update projected set tallied = until")  # nobody folds on until all is counted
    for statement in (STEPS, OUTCOMES, SOURCES):
        op.execute(statement)
