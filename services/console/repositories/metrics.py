"""Console's SQL for its pages: leads to look through, and figures about them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kit.database import Database
from services.console.decisions.dead_letters import FailedRow
from services.console.decisions.leads import Lead, State
from services.console.decisions.response_times import Absence, Objective, absences
from services.console.decisions.search import ACCENTS, PLAIN, read_search
from services.console.decisions.tallies import OUTCOME, STEP, hour_of
from services.console.repositories.projections import lead_of

PAGE = 50
EXPORTED_AT_ONCE = 500

FUNNEL = """select count(*) as received, count(reached_at) as reached, count(booked_at) as booked, count(met_at) as met
            from leads where accepted_at >= $1 and accepted_at < $2"""
# as the index `leads_found` has it
NAME_AND_EMAIL = f"translate(lower(' ' || name || ' ' || email), '{ACCENTS}', '{PLAIN}')"
FILTERS = """accepted_at is not null
  and ($1 = '' or state = $1) and ($2 = '' or source = $2) and ($3 = '' or step = $3)
  and ($4::date is null or accepted_at >= $4::date::timestamp at time zone $6)
  and ($5::date is null or accepted_at < ($5::date + 1)::timestamp at time zone $6)
  and ($7::timestamptz is null or (accepted_at, lead_id) < ($7, $8::bigint))"""
# the rows themselves are read for one page only, however many come before it
PAGE_OF = """select leads.* from (select lead_id, accepted_at from leads where {conditions}
               order by accepted_at desc, lead_id desc limit $9 offset $10) found join leads using (lead_id)
             order by found.accepted_at desc, lead_id desc"""
# dialled in time or not: whoever has a phone and was or should have been called, by the welcome call's own hours
COUNTED = """accepted_at >= $1 and phone <> '' and call_end is distinct from 'skipped'
             and (waited is not null or (call_deferred_at is null or call_due_at is not null)
                  and coalesce(call_due_at, accepted_at) < now() - make_interval(secs => $2))"""
BUDGET = f"""select count(*) as calls, count(*) filter (where coalesce(waited, 'infinity') > $2) as missed
             from leads where {COUNTED}"""  # noqa: S608 - a constant
MISSED = f"""select * from leads where {COUNTED} and coalesce(waited, 'infinity') > $2
             order by accepted_at desc limit 50"""  # noqa: S608 - a constant
WAITS = """count(waited) as calls,
           percentile_cont(array[0.5, 0.95, 0.99]) within group (order by waited) as waits
           from leads where accepted_at >= $1 and waited is not null"""
# each day, and each source, by itself: to sort a day's waits is little, to sort all rows by their day is much
BY_DAY = f"""select day::date as name, waits.* from generate_series(
               date_trunc('day', $1::timestamptz at time zone $2), now() at time zone $2, interval '1 day') as day,
               lateral (select {WAITS} and accepted_at >= day at time zone $2
                          and accepted_at < (day + interval '1 day') at time zone $2) waits
             where calls > 0 order by day"""  # noqa: S608 - a constant
BY_SOURCE = f"""select known.name, waits.* from (
                  select name from tallies where figure = 'fuente' and hour >= $2 group by name
                  order by sum(leads) desc, name limit 12) known,
                  lateral (select {WAITS} and source = known.name) waits
                where calls > 0 order by calls desc"""  # noqa: S608 - a constant
SOURCES = """select name, sum(leads) as leads, sum(reached) as reached, sum(booked) as booked, sum(met) as met,
               sum(calls) as calls, sum(whatsapps) as whatsapps, sum(texts) as texts
             from tallies where figure = $2 and hour >= $1 group by 1 having sum(leads) > 0 order by 2 desc, 1"""
COUNTS = """select name, value, sum(leads) as leads from tallies where figure = $2 and hour >= $1
            group by 1, 2 having sum(leads) > 0"""
ATTENTION = """select * from leads where attention is not null and stopped is null and erased_at is null
               order by paused_at, lead_id limit $1"""
HELD = """select reason, scope, count(*) as touches, min(at) as oldest from held_touches
          group by 1, 2 order by 4, 1, 2"""
ALARM = """select at, (body->>'percent')::int as percent from actions
           where topic = 'spending.reached' and at > now() - interval '24 hours' order by at desc limit 1"""
FAILED = """select * from failed_work where $1::text[] is null or service || '-' || kind || '-' || row_id = any($1)
            order by at, service, kind, row_id limit $2"""
# from the last event before the span on, so that an outage which had begun by then is known
PROVIDER_EVENTS = """select at, topic = 'provider.unavailable' as away from actions
                     where topic in ('provider.unavailable', 'provider.recovered')
                       and body->>'provider' = $1 and at <= $3
                       and at >= coalesce((select max(at) from actions
                                           where topic in ('provider.unavailable', 'provider.recovered')
                                             and body->>'provider' = $1 and at <= $2), $2)
                     order by at, id"""
# from each value to the next, by the index: `distinct` would read the whole table
NEXT_VALUE = """(with recursive known (value, number) as (
    (select {column}, 1 from leads where {column} > '' order by {column} limit 1)
    union all
    select (select {column} from leads where {column} > value order by {column} limit 1), number + 1
    from known where value is not null and number < {most})
  select array_agg(value) from known where value is not null)"""
CHOICES = f"""select coalesce({NEXT_VALUE.format(column="source", most=200)}, '{{}}') as sources,
                     coalesce({NEXT_VALUE.format(column="step", most=100)}, '{{}}') as steps"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operator looks for; empty is any."""

    text: str = ""
    state: str = ""
    source: str = ""
    step: str = ""
    since: date | None = None
    until: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Held:
    """How many touches wait for an operator for the same reason, in the same scope, and since when."""

    reason: str
    scope: str
    touches: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds until the call was asked for, of a day or a source."""

    name: str
    calls: int
    p50: float
    p95: float
    p99: float


class Figures:
    """`timezone` is the business's own, by which its days begin."""

    def __init__(self, database: Database, timezone: str) -> None:
        self._database, self._timezone = database, timezone

    async def funnel(self, since: datetime, until: datetime) -> dict[str, int]:
        [row] = await self._database.fetch(FUNNEL, since, until)
        return dict(row)

    async def leads(self, wanted: Wanted) -> list[Lead]:
        """One page of them and one more, where there is a next page; the newest first."""
        return await self._found(wanted, limit=PAGE + 1, offset=(wanted.page - 1) * PAGE)

    async def every_lead(self, wanted: Wanted) -> AsyncIterator[list[Lead]]:
        """All of them, the newest first; each batch is a statement of its own, however slowly it is taken away."""
        last: Lead | None = None
        while some := await self._found(wanted, limit=EXPORTED_AT_ONCE, behind=last):
            yield some
            last = some[-1]

    async def _found(
        self, wanted: Wanted, *, limit: int, offset: int = 0, behind: Lead | None = None
    ) -> list[Lead]:
        conditions, texts = await self._sought(wanted.text, first=11)
        rows = await self._database.fetch(
            PAGE_OF.format(conditions=conditions),
            wanted.state,
            wanted.source,
            wanted.step,
            wanted.since,
            wanted.until,
            self._timezone,
            behind.accepted_at if behind else None,
            behind.lead_id if behind else None,
            limit,
            offset,
            *texts,
        )
        return [lead_of(row) for row in rows]

    async def _sought(self, text: str, *, first: int) -> tuple[str, list[Any]]:
        """The conditions of a search, each of which an index answers, and their parameters, numbered from `first`."""
        if not text.strip():
            return FILTERS, []
        search = read_search(text)
        ids = [search.lead_id, await self.own_id(search.lead_id)] if search.lead_id else []
        words = " and ".join(
            f"{NAME_AND_EMAIL} like ${number}"
            for number in range(first + 2, first + 2 + len(search.words))
        )
        any_of = [f"lead_id = any(${first}::bigint[])", f"reverse(phone) like ${first + 1}"]
        any_of += [f"({words})"] if words else []
        phone = f"{search.phone_end[::-1]}%" if search.phone_end else ""
        return f"{FILTERS} and ({' or '.join(any_of)})", [ids, phone, *search.words]

    async def lead(self, lead_id: int) -> Lead | None:
        rows = await self._database.fetch("select * from leads where lead_id = $1", lead_id)
        return lead_of(rows[0]) if rows else None

    async def own_id(self, lead_id: int) -> int:
        """The lead's own id, where `lead_id` is what a later form of the person was answered with."""
        rows = await self._database.fetch(
            "select lead_id from aliases where submission_id = $1", lead_id
        )
        return int(rows[0]["lead_id"]) if rows else lead_id

    async def in_need_of_attention(self, *, limit: int) -> list[Lead]:
        """Leads whose follow-up waits until an operator has looked; who has waited longest comes first."""
        return [lead_of(row) for row in await self._database.fetch(ATTENTION, limit)]

    async def held(self) -> list[Held]:
        """Touches that an operator must release, by reason and scope; the oldest first."""
        return [Held(**row) for row in await self._database.fetch(HELD)]

    async def spending_alarm(self) -> dict[str, Any] | None:
        """What was said last, within 24 hours, of the spending that comes near its cap."""
        rows = await self._database.fetch(ALARM)
        return dict(rows[0]) if rows else None

    async def failed_work(
        self, *, limit: int, letter_ids: list[str] | None = None
    ) -> list[FailedRow]:
        """Rows that services have set aside, the oldest first; all, or those with these ids."""
        return [FailedRow(**row) for row in await self._database.fetch(FAILED, letter_ids, limit)]

    async def names(self, lead_ids: list[int]) -> dict[int, str]:
        rows = await self._database.fetch(
            "select lead_id, name from leads where lead_id = any($1)", lead_ids
        )
        return {row["lead_id"]: row["name"] for row in rows}

    async def choices(self) -> Mapping[str, list[str]]:
        """The sources and steps there are, to filter by; the states are known."""
        rows = await self._database.fetch(CHOICES)
        return {
            "sources": rows[0]["sources"],
            "steps": rows[0]["steps"],
            "states": [str(one) for one in State],
        }

    async def budget(self, since: datetime, objective: Objective) -> tuple[int, int]:
        """How many calls count, and how many of them missed the objective."""
        [row] = await self._database.fetch(BUDGET, since, objective.seconds)
        return row["calls"], row["missed"]

    async def missed(self, since: datetime, objective: Objective) -> list[Lead]:
        return [
            lead_of(row) for row in await self._database.fetch(MISSED, since, objective.seconds)
        ]

    async def waits_by_day(self, since: datetime, zone: str) -> list[Waits]:
        return [_waits(row) for row in await self._database.fetch(BY_DAY, since, zone)]

    async def waits_by_source(self, since: datetime) -> list[Waits]:
        return [_waits(row) for row in await self._database.fetch(BY_SOURCE, since, hour_of(since))]

    async def sources(self, since: datetime, group: str) -> list[dict[str, Any]]:
        """Leads and what became of them, by the form's `fuente` or one of the `utm_*` fields; whole hours."""
        return [dict(row) for row in await self._database.fetch(SOURCES, hour_of(since), group)]

    async def at_step(self, since: datetime) -> dict[tuple[str, str], int]:
        """How many leads stand at a step, by their state; of whole hours."""
        return await self._counts(since, STEP)

    async def outcomes(self, since: datetime) -> dict[tuple[str, str], int]:
        """How many leads a step came how far with; of whole hours."""
        return await self._counts(since, OUTCOME)

    async def _counts(self, since: datetime, figure: str) -> dict[tuple[str, str], int]:
        rows = await self._database.fetch(COUNTS, hour_of(since), figure)
        return {(row["name"], row["value"]): row["leads"] for row in rows}

    async def providers(self) -> dict[str, dict[str, Any]]:
        return {
            row["name"]: dict(row) for row in await self._database.fetch("select * from providers")
        }

    async def absences(self, company: str, since: datetime, until: datetime) -> list[Absence]:
        """When the company did not work for us, as far as that lay between the two times."""
        rows = await self._database.fetch(PROVIDER_EVENTS, company, since, until)
        return absences([(row["at"], row["unavailable"]) for row in rows])

    async def unmatched(self) -> list[dict[str, Any]]:
        """Bookings that are nobody's, the newest first."""
        rows = await self._database.fetch(
            "select * from bookings where lead_id is null order by reported_at desc limit 200"
        )
        return [dict(row) for row in rows]


def _waits(row: Any) -> Waits:
    return Waits(str(row["name"]), row["calls"], *row["waits"])
