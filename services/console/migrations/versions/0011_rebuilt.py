"""A second set of the projections' tables, in which they are made anew, and the functions that begin and end that.

The service may change rows and nothing else: to empty a table and to put one in another's place are the owner's rights,
which the functions have. Whatever changes a table of the first set changes the second alike: they take turns.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

KEYS = {
    "projected": "single",
    "leads": "lead_id",
    "companies": "name",
    "bookings": "uid",
    "aliases": "submission_id",
    "failed_work": "service, kind, row_id",
    "held_touches": "touch_id",
    "tallies": "figure, hour, name, value",
}
# the names are those of the first set, with which they change places
INDEXES = """
select replace(indexdef, ' ON public.', ' ON rebuilt.') from pg_indexes
where schemaname = 'public' and tablename = any($1) and indexname not like '%\\_pkey'
"""
BOTH = ", ".join(f"public.{table}, rebuilt.{table}" for table in KEYS)
REBUILT = ", ".join(f"rebuilt.{table}" for table in KEYS)
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
# who waited for the tables would keep every page waiting; the old rows go, for what is erased later would stay in them
FINISH = f"""
create function finish_rebuild() returns boolean {RIGHTS} as $$
declare
  name text;
begin
  lock table {BOTH} in access exclusive mode nowait;
  if (select until from rebuilt.projected) is distinct from (select until from public.projected) then
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
    op.execute("create schema rebuilt")
    for table, key in KEYS.items():
        op.execute(f"create table rebuilt.{table} (like public.{table} including defaults including constraints)")
        op.execute(f"alter table rebuilt.{table} add primary key ({key})")
    indexes = op.get_bind().exec_driver_sql(INDEXES, (list(KEYS),)).scalars().all()
    for statement in indexes:
        op.execute(statement)
    op.execute("alter index rebuilt.leads_found alter column 1 set statistics 500")
    for schema in ("public", "rebuilt"):  # the stopwatch reads indexes alone, as far as rows are vacuumed
        op.execute(f"alter table {schema}.leads set (autovacuum_vacuum_scale_factor = 0.02)")
    op.execute(BEGIN)
    op.execute(FINISH)
