"""notify's SQL: the stops of the last days, which may overtake the form of a lead."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.addresses import canonical
from kit.database import Connection, Database
from kit.retention import forget as forget_rows

KEPT_DAYS = 7  # longer than a form may wait in the queue

INSERT = """
insert into recent_stops (address, channel, reason, text) values ($1, $2, $3, $4)
on conflict (address) do update
set channel = $2, reason = $3, text = $4, at = now()"""
SELECT_SINCE_FIRST_FORM = """
select r.channel, r.reason, r.text
from submissions s
join recent_stops r on r.address in (s.phone, s.email)
where s.submission_id = $1 and r.at > s.received_at
order by r.at
limit 1"""


@dataclass(frozen=True, slots=True)
class RecentStop:
    """A stop, and what the person wrote."""

    channel: str
    reason: str
    text: str


async def store(connection: Connection, address: str, channel: str, reason: str, text: str) -> None:
    """Stores the last stop of the address."""
    await connection.execute(INSERT, canonical(address), channel, reason, text)


async def since_first_form(connection: Connection, lead_id: int) -> RecentStop | None:
    """Returns the first stop from an address of the lead's first form that came after that form."""
    row = await connection.fetchrow(SELECT_SINCE_FIRST_FORM, lead_id)
    return RecentStop(**row) if row else None


async def forget(connection: Connection, addresses: Sequence[str]) -> None:
    """Forgets the stops of the addresses, which were taken back."""
    compared = [canonical(address) for address in addresses]
    await connection.execute("delete from recent_stops where address = any($1)", compared)


async def forget_old(database: Database) -> None:
    """Deletes stops after a week: the forms that were accepted before them have come."""
    await forget_rows(database, "recent_stops", f"at < now() - interval '{KEPT_DAYS} days'")
