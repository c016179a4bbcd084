"""notify's SQL: the meetings of people whose form has not come yet."""

from collections.abc import Sequence
from datetime import datetime

from contracts.events.booking import Booking
from domain.addresses import canonical
from kit.database import Database
from kit.retention import forget

INSERT = """
insert into unmatched_bookings (address, uid, starts_at, at)
select address, $2, $3, $4 from unnest($1::text[]) as address
on conflict (address, uid) do update set starts_at = $3, at = $4
where unmatched_bookings.at < $4"""
SELECT_AHEAD = """
select uid, starts_at
from unmatched_bookings
where address = any($1) and starts_at > $2
order by starts_at
limit 1"""


async def store(
    database: Database,
    addresses: Sequence[str],
    uid: str,
    starts_at: datetime | None,
    at: datetime,
) -> None:
    """Stores a meeting with the addresses of who booked it; no time for one that was cancelled."""
    compared = [canonical(address) for address in addresses]
    await database.fetch(INSERT, compared, uid, starts_at, at)


async def ahead(database: Database, addresses: Sequence[str], now: datetime) -> Booking | None:
    """Returns the next meeting of who has one of these addresses; None where there is none."""
    compared = [canonical(address) for address in addresses]
    rows = await database.fetch(SELECT_AHEAD, compared, now)
    return Booking(uid=rows[0]["uid"], starts_at=rows[0]["starts_at"]) if rows else None


async def forget_old(database: Database) -> None:
    """Deletes bookings that came a day ago: their form has come, or is not on its way."""
    await forget(database, "unmatched_bookings", "at < now() - interval '1 day'")
