"""notify's SQL: the calls and messages that cost money, and where their leads came from."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from kit.database import Database

SETTLED_AFTER = timedelta(days=1)  # Twilio has a price by then, and is asked again as often
GIVEN_UP_AFTER = timedelta(days=7)

# the partial index is on channel <> 'email'
SELECT_SPENDINGS = """
select channel,
       coalesce(country, '') as country,
       left(address, $1) as prefix,
       coalesce(source, '') as source,
       coalesce(visitor, '') as visitor,
       kind = 'first_contact' as answers_form,
       sum(sendings)::int as day,
       coalesce(sum(sendings * units) filter (where price is null), 0)::int as units,
       coalesce(sum(price), 0) as paid,
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
SELECT_PRICES = """
select channel,
       country,
       sum(price) / sum(sendings * units) as price
from touches
where channel <> 'email' and first_claimed_at > now() - $1::interval and price is not null
  and country is not null and sendings * units > 0
group by 1, 2"""
# the partial index has the touches without a price
TAKE_UNPRICED = """
update touches
set price_checked_at = now()
where touch_id in (
  select touch_id from touches
  where channel <> 'email' and price is null and provider_ref is not null
    and first_claimed_at between now() - $2::interval and now() - $1::interval
    and (price_checked_at is null or price_checked_at < now() - $1::interval)
  order by first_claimed_at
  limit $3
  for update skip locked)
returning touch_id, provider_ref"""
STORE_BILL = """
update touches
set units = coalesce($2, units), price = $3
where touch_id = $1"""
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


async def set_units(database: Database, touch_id: UUID, units: int) -> None:
    """Stores the segments of an SMS, or the minutes of a call."""
    await database.fetch("update touches set units = $2 where touch_id = $1", touch_id, units)


async def take_unpriced(database: Database, *, limit: int) -> list[tuple[UUID, str]]:
    """Takes touches whose price may be known by now, with their references, for a day."""
    rows = await database.fetch(TAKE_UNPRICED, SETTLED_AFTER, GIVEN_UP_AFTER, limit)
    return [(row["touch_id"], row["provider_ref"]) for row in rows]


async def store_bill(
    database: Database, touch_id: UUID, units: int | None, price: float | None
) -> None:
    """Stores how many units were charged, and their price where it is settled."""
    await database.fetch(STORE_BILL, touch_id, units, price)


async def prices_paid(database: Database, *, within: timedelta) -> list[dict[str, Any]]:
    """Returns the average price of a unit lately, by channel and country."""
    return [dict(row) for row in await database.fetch(SELECT_PRICES, within)]


async def names_by_visitor(database: Database, *, within: timedelta) -> dict[str, set[str]]:
    """Returns the names that each visitor gave lately, of people who are called or written to."""
    rows = await database.fetch(SELECT_NAMES, within)
    return {row["visitor"]: set(row["names"]) for row in rows}


async def count_sources(database: Database, *, within: timedelta) -> int:
    """Returns how many sources brought leads lately."""
    [row] = await database.fetch(COUNT_SOURCES, within)
    return int(row["count"])
