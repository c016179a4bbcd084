"""Deletes old rows in batches, so that no statement takes long however many rows are due."""

from kit.database import Database

BATCH = 5_000


async def forget(database: Database, table: str, old: str, *, batch: int = BATCH) -> None:
    """Deletes the rows of `table` for which the condition `old` is true.

    Both are SQL from our own code, never from outside.
    """
    statement = f"""
        with gone as (
          delete from {table}
          where ctid = any(array(select ctid from {table} where {old} limit {batch}))
          returning 1)
        select count(*) as rows from gone
    """  # noqa: S608 - nothing in it comes from outside
    while (await database.fetch(statement))[0]["rows"] == batch:
        pass
