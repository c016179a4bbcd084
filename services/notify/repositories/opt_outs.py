"""notify's SQL: the addresses that must never be contacted, each in its canonical form."""

from collections.abc import Sequence

from domain.addresses import canonical
from kit.database import Connection, Database

INSERT_OPT_OUT = """
insert into opt_outs (address, channel, reason) values ($1, $2, $3)
on conflict do nothing
returning true"""


async def add(connection: Connection, address: str, channel: str, reason: str) -> bool:
    """Adds the address; returns False where it was added before."""
    return bool(await connection.fetchval(INSERT_OPT_OUT, canonical(address), channel, reason))


async def remove(database: Database | Connection, address: str) -> bool:
    """Removes the address; returns False where it was not among them."""
    removed = await database.fetch(
        "delete from opt_outs where address = $1 returning true", canonical(address)
    )
    return bool(removed)


async def remove_added_for(
    connection: Connection, addresses: Sequence[str], reasons: Sequence[str]
) -> None:
    """Removes those of the addresses that were added for one of the reasons."""
    await connection.execute(
        "delete from opt_outs where address = any($1) and reason = any($2)",
        [canonical(address) for address in addresses],
        reasons,
    )
