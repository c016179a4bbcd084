"""The aliases table: the ids that further forms of a lead were answered with."""

from kit.database import Database

INSERT = """
insert into aliases (submission_id, lead_id)
values ($1, $2)
on conflict do nothing"""
RESOLVE = """
select coalesce((select lead_id from aliases where submission_id = $1), $1) as lead_id"""


async def insert(database: Database, submission_id: int, lead_id: int) -> None:
    await database.fetch(INSERT, submission_id, lead_id)


async def resolve(database: Database, any_id: int) -> int:
    """Returns the lead's own id; the given id itself where it is no alias."""
    rows = await database.fetch(RESOLVE, any_id)
    return int(rows[0]["lead_id"])
