"""notify's SQL: the calls and messages that cost money, and where their leads came from."""

from datetime import timedelta
from typing import Any

from kit.database import Database

# the partial index is on channel <> 'email'
SELECT_SPENDINGS = """
select channel,
       coalesce(country, '') as country,
       left(address, $1) as prefix,
       coalesce(source, '') as source,
       coalesce(visitor, '') as visitor,
       kind = 'first_contact' as answers_form,
       sum(sendings)::int as day,
       coalesce(sum(sendings) filter (where first_claimed_at > now() - $3::interval), 0)::int
         as hour
from touches
where channel <> 'email' and first_claimed_at > now() - $2::interval and sendings > 0
group by 1, 2, 3, 4, 5, 6"""
SELECT_NAMES = """
select visitor, array_agg(distinct lower(card->>'name')) as names
from touches join leads using (lead_id)
where channel <> 'email' and first_claimed_at > now() - $1::interval and kind = 'first_contact'
  and visitor is not null
group by 1"""
COUNT_SOURCES = """
select count(distinct coalesce(card->>'source', '')) as count
from leads
where created_at > now() - $1::interval"""


async def spendings(
    database: Database, *, prefix_length: int, day: timedelta, hour: timedelta
) -> list[dict[str, Any]]:
    """Returns the calls and messages that were sent within `day`, or may have been.

    They are counted by channel, country, prefix, source, visitor and whether they answer a form.
    """
    rows = await database.fetch(SELECT_SPENDINGS, prefix_length, day, hour)
    return [dict(row) for row in rows]


async def names_by_visitor(database: Database, *, within: timedelta) -> dict[str, set[str]]:
    """Returns the names that each visitor gave lately, of people who are called or written to."""
    rows = await database.fetch(SELECT_NAMES, within)
    return {row["visitor"]: set(row["names"]) for row in rows}


async def count_sources(database: Database, *, within: timedelta) -> int:
    """Returns how many sources brought leads lately."""
    [row] = await database.fetch(COUNT_SOURCES, within)
    return int(row["count"])
