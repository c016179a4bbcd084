"""The backlog table: whether overdue touches wait for an operator."""

from dataclasses import dataclass

from kit.database import Connection, Database

SELECT = """
select
  (select count(*) from timers where state = 'pending' and late and due_at <= now()) as overdue,
  coalesce((select held from backlog), false) as held,
  coalesce((select released from backlog), false) as released"""
UPSERT = """
insert into backlog (single, held, released)
values (true, $1, $2)
on conflict (single) do update
set held = $1, released = $2"""


@dataclass(frozen=True, slots=True)
class BacklogRow:
    """How many touches are overdue, and whether they are held or released by an operator."""

    overdue: int
    held: bool
    released: bool


async def get(database: Database) -> BacklogRow:
    [row] = await database.fetch(SELECT)
    return BacklogRow(row["overdue"], row["held"], row["released"])


async def update(connection: Connection, *, held: bool, released: bool) -> None:
    await connection.execute(UPSERT, held, released)
