"""notify's SQL: the addresses that showed a sign of life, and those that reach nobody."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.addresses import canonical
from kit.database import Connection, Database
from kit.retention import forget

KEPT_DAYS = 366  # as long as a setting may count soft bounces

INSERT_SIGN_OF_LIFE = """
insert into signs_of_life (address) values ($1)
on conflict (address) do update set at = now()"""
# a doubtful address may turn out dead, and never the other way round
SUSPEND = """
insert into undeliverable_addresses as known (address, doubtful, reason) values ($1, $2, $3)
on conflict (address) do update
set doubtful = false, reason = $3, at = now()
where known.doubtful and not $2
returning true"""
SELECT_SUSPENDED = """
select address, doubtful, reason, at,
       coalesce((select max(lead_id) from submissions s
                 where s.email = a.address or s.phone = a.address), 0) as lead_id
from undeliverable_addresses a
order by at desc
limit $1"""
RESTORE = """
with forgotten as (delete from soft_bounces where address = $1)
delete from undeliverable_addresses where address = $1
returning true"""
INSERT_SOFT_BOUNCE = """
insert into soft_bounces (touch_id, address) values ($1, $2)
on conflict do nothing"""
SELECT_SOFT_BOUNCES = """
select count(*)
from soft_bounces
where address = $1 and at > now() - $2::interval"""


async def mark_alive(database: Database | Connection, address: str) -> None:
    """Stores a sign of life, such as a click, a booking or a reply."""
    await database.fetch(INSERT_SIGN_OF_LIFE, canonical(address))


async def suspend(connection: Connection, address: str, reason: str, *, doubtful: bool) -> bool:
    """Stores that nothing more goes to the address. Returns False where that was known."""
    return bool(await connection.fetchval(SUSPEND, canonical(address), doubtful, reason))


async def suspended(database: Database, *, limit: int) -> list[dict[str, Any]]:
    """Returns the suspended addresses, the newest first."""
    return [dict(row) for row in await database.fetch(SELECT_SUSPENDED, limit)]


async def restore(connection: Connection, address: str) -> bool:
    """Lets touches go to the address again. Returns False where it was not suspended."""
    return bool(await connection.fetchval(RESTORE, canonical(address)))


async def add_soft_bounce(
    connection: Connection, touch_id: UUID, address: str, *, within: timedelta
) -> int:
    """Stores that this mail bounced, and returns how many in a row did `within` that time."""
    await connection.execute(INSERT_SOFT_BOUNCE, touch_id, canonical(address))
    return int(await connection.fetchval(SELECT_SOFT_BOUNCES, canonical(address), within))


async def forget_soft_bounces(connection: Connection, address: str) -> None:
    """Forgets the bounces of an address that took a mail."""
    await connection.execute("delete from soft_bounces where address = $1", canonical(address))


async def forget_old_bounces(database: Database) -> None:
    """Deletes soft bounces that no setting counts."""
    await forget(database, "soft_bounces", f"at < now() - interval '{KEPT_DAYS} days'")
