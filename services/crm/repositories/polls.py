"""SQL of the time until which Cal.com's list of bookings has been read."""

from datetime import datetime

from services.crm.repositories import Executor

SELECT = "select polled_until from polls"
UPSERT = """
insert into polls (single, polled_until) values (true, $1)
on conflict (single) do update set polled_until = $1"""


async def polled_until(executor: Executor) -> datetime | None:
    """Returns None before the first poll."""
    rows = await executor.fetch(SELECT)
    return rows[0]["polled_until"] if rows else None


async def set_polled_until(executor: Executor, until: datetime) -> None:
    """Stores the time of the last complete poll."""
    await executor.fetch(UPSERT, until)
