"""notify's SQL: the addresses that must never be contacted."""

from kit.database import Connection, Database

INSERT_OPT_OUT = """
insert into opt_outs (address, channel, reason) values ($1, $2, $3)
on conflict do nothing
returning true"""


async def add(connection: Connection, address: str, channel: str, reason: str) -> bool:
    """Adds the address; returns False where it was added before."""
    return bool(await connection.fetchval(INSERT_OPT_OUT, address, channel, reason))


async def remove(database: Database | Connection, address: str) -> None:
    """Removes the address."""
    await database.fetch("delete from opt_outs where address = $1", address)
