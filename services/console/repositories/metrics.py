"""Console's SQL for its pages: searches for leads, and metrics about them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kit.database import Database
from services.console.decisions.dead_letters import FailedRow
from services.console.decisions.leads import Lead, State
from services.console.decisions.response_times import Downtime, Objective, downtimes
from services.console.decisions.search import ACCENTS, PLAIN, read_search
from services.console.decisions.tallies import OUTCOME, STEP, hour_of
from services.console.repositories.projections import lead_of

PAGE = 50
EXPORT_BATCH = 500

SELECT_FUNNEL = """
select count(*) as received,
       count(reached_at) as reached,
       count(booked_at) as booked,
       count(met_at) as met
from leads
where accepted_at >= $1 and accepted_at < $2
"""
# the same expression as in the index `leads_found`
NAME_AND_EMAIL = f"translate(lower(' ' || name || ' ' || email), '{ACCENTS}', '{PLAIN}')"
FILTERS = """
accepted_at is not null
  and ($1 = '' or state = $1)
  and ($2 = '' or source = $2)
  and ($3 = '' or step = $3)
  and ($4::date is null or accepted_at >= $4::date::timestamp at time zone $6)
  and ($5::date is null or accepted_at < ($5::date + 1)::timestamp at time zone $6)
  and ($7::timestamptz is null or (accepted_at, lead_id) < ($7, $8::bigint))
"""
# Whole rows are read for one page only, however many come before it.
SELECT_PAGE = """
select leads.*
from (
  select lead_id, accepted_at from leads
  where {conditions}
  order by accepted_at desc, lead_id desc
  limit $9
  offset $10
) found
join leads using (lead_id)
order by found.accepted_at desc, lead_id desc
"""
# The leads that count for the objective: they have a phone, and were called or should have been
# called by now, by the hours of the welcome call.
COUNTED = """
accepted_at >= $1
  and phone <> ''
  and call_end is distinct from 'skipped'
  and (
    waited is not null
    or (call_deferred_at is null or call_due_at is not null)
      and coalesce(call_due_at, accepted_at) < now() - make_interval(secs => $2)
  )
"""
COUNT_BUDGET = f"""
select count(*) as calls,
       count(*) filter (where coalesce(waited, 'infinity') > $2) as missed
from leads
where {COUNTED}
"""  # noqa: S608 - a constant
SELECT_MISSED = f"""
select * from leads
where {COUNTED} and coalesce(waited, 'infinity') > $2
order by accepted_at desc
limit 50
"""  # noqa: S608 - a constant
WAITS = """
count(waited) as calls,
percentile_cont(array[0.5, 0.95, 0.99]) within group (order by waited) as waits
from leads
where accepted_at >= $1 and waited is not null
"""
# One subquery for each day, and for each source: sorting the waits of one day is little work,
# sorting all rows by their day is much.
SELECT_WAITS_BY_DAY = f"""
select day::date as name, waits.*
from generate_series(
       date_trunc('day', $1::timestamptz at time zone $2),
       now() at time zone $2,
       interval '1 day'
     ) as day,
     lateral (
       select {WAITS}
         and accepted_at >= day at time zone $2
         and accepted_at < (day + interval '1 day') at time zone $2
     ) waits
where calls > 0
order by day
"""  # noqa: S608 - a constant
SELECT_WAITS_BY_SOURCE = f"""
select known.name, waits.*
from (
       select name from tallies
       where figure = 'fuente' and hour >= $2
       group by name
       order by sum(leads) desc, name
       limit 12
     ) known,
     lateral (select {WAITS} and source = known.name) waits
where calls > 0
order by calls desc
"""  # noqa: S608 - a constant
SUM_BY_SOURCE = """
select name,
       sum(leads) as leads,
       sum(reached) as reached,
       sum(booked) as booked,
       sum(met) as met,
       sum(calls) as calls,
       sum(whatsapps) as whatsapps,
       sum(texts) as texts
from tallies
where figure = $2 and hour >= $1
group by 1
having sum(leads) > 0
order by 2 desc, 1
"""
COUNT_LEADS = """
select name, value, sum(leads) as leads
from tallies
where figure = $2 and hour >= $1
group by 1, 2
having sum(leads) > 0
"""
SELECT_NEEDING_ATTENTION = """
select * from leads
where attention is not null and erased_at is null
order by attention_at, lead_id
limit $1
"""
SELECT_HELD = """
select reason, scope, count(*) as touches, min(at) as oldest
from held_touches
group by 1, 2
order by 4, 1, 2
"""
SELECT_SPENDING_ALARM = """
select at, (body->>'percent')::int as percent
from actions
where topic = 'spending.reached' and at > now() - interval '24 hours'
order by at desc
limit 1
"""
SELECT_FAILED_WORK = """
select * from failed_work
where $1::text[] is null or service || '-' || kind || '-' || row_id = any($1)
order by at, service, kind, row_id
limit $2
"""
# From the last event before the span on, so that an outage that had begun by then is included.
SELECT_PROVIDER_EVENTS = """
select at, topic = 'provider.unavailable' as unavailable
from actions
where topic in ('provider.unavailable', 'provider.recovered')
  and body->>'provider' = $1
  and at <= $3
  and at >= coalesce(
    (
      select max(at) from actions
      where topic in ('provider.unavailable', 'provider.recovered')
        and body->>'provider' = $1
        and at <= $2
    ),
    $2
  )
order by at, id
"""
# Goes from each value to the next by the index, because `distinct` would read the whole table.
DISTINCT_VALUES = """(
  with recursive known (value, number) as (
    (select {column}, 1 from leads where {column} > '' order by {column} limit 1)
    union all
    select
      (select {column} from leads where {column} > value order by {column} limit 1),
      number + 1
    from known
    where value is not null and number < {most}
  )
  select array_agg(value) from known where value is not null
)"""
SELECT_CHOICES = f"""
select coalesce({DISTINCT_VALUES.format(column="source", most=200)}, '{{}}') as sources,
       coalesce({DISTINCT_VALUES.format(column="step", most=100)}, '{{}}') as steps
"""


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """The filter that an operator set; an empty field matches every lead."""

    text: str = ""
    state: str = ""
    source: str = ""
    step: str = ""
    since: date | None = None
    until: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Held:
    """Touches that an operator must release, with the same reason and scope, and since when."""

    reason: str
    scope: str
    touches: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Waits:
    """Percentiles of the seconds until the call was requested, for a day or a source."""

    name: str
    calls: int
    p50: float
    p95: float
    p99: float


class Metrics:
    """Reads the projections. `timezone` is the business's own, in which its days begin."""

    def __init__(self, database: Database, timezone: str) -> None:
        self._database = database
        self._timezone = timezone

    async def funnel(self, since: datetime, until: datetime) -> dict[str, int]:
        [row] = await self._database.fetch(SELECT_FUNNEL, since, until)
        return dict(row)

    async def leads(self, wanted: LeadFilter) -> list[Lead]:
        """Returns one page of leads, the newest first, and one more where there is a next page."""
        return await self._find(wanted, limit=PAGE + 1, offset=(wanted.page - 1) * PAGE)

    async def every_lead(self, wanted: LeadFilter) -> AsyncIterator[list[Lead]]:
        """Yields all leads in batches, the newest first.

        Each batch is a statement of its own, so a slow reader keeps no transaction open.
        """
        last: Lead | None = None
        while batch := await self._find(wanted, limit=EXPORT_BATCH, before=last):
            yield batch
            last = batch[-1]

    async def _find(
        self, wanted: LeadFilter, *, limit: int, offset: int = 0, before: Lead | None = None
    ) -> list[Lead]:
        conditions, parameters = await self._conditions(wanted.text, first=11)
        rows = await self._database.fetch(
            SELECT_PAGE.format(conditions=conditions),
            wanted.state,
            wanted.source,
            wanted.step,
            wanted.since,
            wanted.until,
            self._timezone,
            before.accepted_at if before else None,
            before.lead_id if before else None,
            limit,
            offset,
            *parameters,
        )
        return [lead_of(row) for row in rows]

    async def _conditions(self, text: str, *, first: int) -> tuple[str, list[Any]]:
        """Returns the conditions of a search, and their parameters, numbered from `first`.

        Each condition is answered by an index.
        """
        if not text.strip():
            return FILTERS, []
        search = read_search(text)
        ids = [search.lead_id, await self.own_id(search.lead_id)] if search.lead_id else []
        words = " and ".join(
            f"{NAME_AND_EMAIL} like ${number}"
            for number in range(first + 2, first + 2 + len(search.words))
        )
        any_of = [f"lead_id = any(${first}::bigint[])", f"reverse(phone) like ${first + 1}"]
        if words:
            any_of.append(f"({words})")
        phone = f"{search.phone_end[::-1]}%" if search.phone_end else None
        return f"{FILTERS} and ({' or '.join(any_of)})", [ids, phone, *search.words]

    async def lead(self, lead_id: int) -> Lead | None:
        rows = await self._database.fetch("select * from leads where lead_id = $1", lead_id)
        return lead_of(rows[0]) if rows else None

    async def own_id(self, lead_id: int) -> int:
        """Returns the lead's own id, where `lead_id` was the answer to a later form of the person.

        Any other id is returned as it is.
        """
        rows = await self._database.fetch(
            "select lead_id from aliases where submission_id = $1", lead_id
        )
        return int(rows[0]["lead_id"]) if rows else lead_id

    async def in_need_of_attention(self, *, limit: int) -> list[Lead]:
        """Returns leads that wait for an operator, the longest wait first."""
        rows = await self._database.fetch(SELECT_NEEDING_ATTENTION, limit)
        return [lead_of(row) for row in rows]

    async def held(self) -> list[Held]:
        """Returns the touches that an operator must release, by reason and scope; oldest first."""
        return [Held(**row) for row in await self._database.fetch(SELECT_HELD)]

    async def spending_alarm(self) -> dict[str, Any] | None:
        """Returns the last alarm, within 24 hours, about spending that comes near its cap."""
        rows = await self._database.fetch(SELECT_SPENDING_ALARM)
        return dict(rows[0]) if rows else None

    async def failed_work(
        self, *, limit: int, letter_ids: list[str] | None = None
    ) -> list[FailedRow]:
        """Returns the failed rows of all services, the oldest first; or those with these ids."""
        rows = await self._database.fetch(SELECT_FAILED_WORK, letter_ids, limit)
        return [FailedRow(**row) for row in rows]

    async def names(self, lead_ids: list[int]) -> dict[int, str]:
        rows = await self._database.fetch(
            "select lead_id, name from leads where lead_id = any($1)", lead_ids
        )
        return {row["lead_id"]: row["name"] for row in rows}

    async def choices(self) -> Mapping[str, list[str]]:
        """Returns the values of the filters: all sources and steps of leads, and the states."""
        rows = await self._database.fetch(SELECT_CHOICES)
        return {
            "sources": rows[0]["sources"],
            "steps": rows[0]["steps"],
            "states": [str(state) for state in State],
        }

    async def budget(self, since: datetime, objective: Objective) -> tuple[int, int]:
        """Returns how many calls count, and how many of them missed the objective."""
        [row] = await self._database.fetch(COUNT_BUDGET, since, objective.seconds)
        return row["calls"], row["missed"]

    async def missed(self, since: datetime, objective: Objective) -> list[Lead]:
        rows = await self._database.fetch(SELECT_MISSED, since, objective.seconds)
        return [lead_of(row) for row in rows]

    async def waits_by_day(self, since: datetime, zone: str) -> list[Waits]:
        rows = await self._database.fetch(SELECT_WAITS_BY_DAY, since, zone)
        return [_waits(row) for row in rows]

    async def waits_by_source(self, since: datetime) -> list[Waits]:
        rows = await self._database.fetch(SELECT_WAITS_BY_SOURCE, since, hour_of(since))
        return [_waits(row) for row in rows]

    async def sources(self, since: datetime, group: str) -> list[dict[str, Any]]:
        """Returns leads, outcomes and touches by the form's `fuente` or a `utm_*` field.

        From the beginning of the hour on.
        """
        rows = await self._database.fetch(SUM_BY_SOURCE, hour_of(since), group)
        return [dict(row) for row in rows]

    async def at_step(self, since: datetime) -> dict[tuple[str, str], int]:
        """Returns how many leads are at each step in each state, from the beginning of the hour."""
        return await self._lead_counts(since, STEP)

    async def outcomes(self, since: datetime) -> dict[tuple[str, str], int]:
        """Returns how many leads have each outcome of each step, from the beginning of the hour."""
        return await self._lead_counts(since, OUTCOME)

    async def _lead_counts(self, since: datetime, figure: str) -> dict[tuple[str, str], int]:
        rows = await self._database.fetch(COUNT_LEADS, hour_of(since), figure)
        return {(row["name"], row["value"]): row["leads"] for row in rows}

    async def providers(self) -> dict[str, dict[str, Any]]:
        rows = await self._database.fetch("select * from providers")
        return {row["name"]: dict(row) for row in rows}

    async def downtimes(self, provider: str, since: datetime, until: datetime) -> list[Downtime]:
        """Returns the provider's downtimes that overlap the span."""
        rows = await self._database.fetch(SELECT_PROVIDER_EVENTS, provider, since, until)
        return downtimes([(row["at"], row["unavailable"]) for row in rows])

    async def unmatched(self) -> list[dict[str, Any]]:
        """Returns the bookings that belong to no lead, the newest first."""
        rows = await self._database.fetch(
            "select * from bookings where lead_id is null order by reported_at desc limit 200"
        )
        return [dict(row) for row in rows]


def _waits(row: Any) -> Waits:
    return Waits(str(row["name"]), row["calls"], *row["waits"])
