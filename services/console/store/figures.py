"""Console's SQL for its pages: leads to look through, and figures about them."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kit.database import Database
from services.console.decisions.leads import Lead, State
from services.console.decisions.letters import FailedRow
from services.console.decisions.stopwatch import Absence, Objective, absences
from services.console.store.projections import lead_of

PAGE = 50
EXPORTED_AT_ONCE = 500
PLAIN = str.maketrans("áéíóúüñ", "aeiouun")
WRITTEN_NUMBER = re.compile(r"[#+]?[0-9 ().-]+")
GROUPS = ("fuente", "utm_source", "utm_medium", "utm_campaign")
GROUPED = "coalesce(case when $2 = 'fuente' then source else fields->>$2 end, '')"

FUNNEL = """select count(*) as received, count(reached_at) as reached, count(booked_at) as booked, count(met_at) as met
            from leads where accepted_at >= $1 and accepted_at < $2"""
SEARCH = """select * from leads
            where ($1 = '' or lead_id = $2 or lead_id = (select lead_id from aliases where submission_id = $2)
                   or translate(lower(name), 'áéíóúüñ', 'aeiouun') like all($3::text[])
                   or lower(email) like all($3::text[]) or ($4 <> '' and phone like $4))
              and ($5 = '' or state = $5) and ($6 = '' or source = $6) and ($7 = '' or step = $7)
              and accepted_at is not null
              and ($8::date is null or accepted_at >= $8::date::timestamp at time zone $10)
              and ($9::date is null or accepted_at < ($9::date + 1)::timestamp at time zone $10)
              and ($11::timestamptz is null or (accepted_at, lead_id) < ($11, $12::bigint))
            order by accepted_at desc, lead_id desc limit $13 offset $14"""
# dialled in time or not: whoever has a phone and was or should have been called, by the welcome call's own hours
COUNTED = """accepted_at >= $1 and phone <> '' and call_end is distinct from 'skipped'
             and (waited is not null or (call_deferred_at is null or call_due_at is not null)
                  and coalesce(call_due_at, accepted_at) < now() - make_interval(secs => $2))"""
BUDGET = f"""select count(*) as calls, count(*) filter (where coalesce(waited, 'infinity') > $2) as missed
             from leads where {COUNTED}"""  # noqa: S608 - a constant
MISSED = f"""select * from leads where {COUNTED} and coalesce(waited, 'infinity') > $2
             order by accepted_at desc limit 50"""  # noqa: S608 - a constant
BY_DAY = """select (accepted_at at time zone $2)::date as name, count(waited) as calls,
              percentile_cont(array[0.5, 0.95, 0.99]) within group (order by waited) as waits
            from leads where accepted_at >= $1 and waited is not null group by 1 order by 1"""
BY_SOURCE = """select source as name, count(waited) as calls,
                 percentile_cont(array[0.5, 0.95, 0.99]) within group (order by waited) as waits
               from leads where accepted_at >= $1 and waited is not null group by 1 order by 2 desc limit 12"""
SOURCES = f"""select {GROUPED} as name, count(*) as leads, count(reached_at) as reached, count(booked_at) as booked,
                count(met_at) as met, sum(calls) as calls, sum(whatsapps) as whatsapps, sum(texts) as texts
              from leads where accepted_at >= $1 group by 1 order by 2 desc, 1"""  # noqa: S608 - a constant
AT_STEP = "select step, state, count(*) as leads from leads where accepted_at >= $1 group by 1, 2"
ATTENTION = """select * from leads where attention is not null and stopped is null and erased_at is null
               order by paused_at, lead_id limit $1"""
HELD = """select reason, scope, count(*) as touches, min(at) as oldest from held_touches
          group by 1, 2 order by 4, 1, 2"""
ALARM = """select at, (body->>'percent')::int as percent from actions
           where topic = 'spending.reached' and at > now() - interval '24 hours' order by at desc limit 1"""
FAILED = """select * from failed_work where $1::text[] is null or service || '-' || kind || '-' || row_id = any($1)
            order by at, service, kind, row_id limit $2"""
# from the last word before the span on, so that one who was away when it began is known to be
SAID_OF_COMPANY = """select at, topic = 'provider.away' as away from actions
                     where topic in ('provider.away', 'provider.back') and body->>'provider' = $1 and at <= $3
                       and at >= coalesce((select max(at) from actions
                                           where topic in ('provider.away', 'provider.back')
                                             and body->>'provider' = $1 and at <= $2), $2)
                     order by at, id"""
OUTCOMES = """select s.key as step, s.value as outcome, count(*) as leads from leads, jsonb_each_text(steps) s
              where accepted_at >= $1 group by 1, 2"""


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

    async def _found(self, wanted: Wanted, *, limit: int, offset: int = 0, behind: Lead | None = None) -> list[Lead]:
        text = wanted.text.strip().lower().translate(PLAIN)
        digits = "".join(c for c in text if c.isdecimal()) if WRITTEN_NUMBER.fullmatch(text) else ""
        rows = await self._database.fetch(
            SEARCH,
            text,
            int(digits) if 0 < len(digits) < 19 else 0,
            [f"%{_escaped(word)}%" for word in text.split()],
            f"%{digits[-10:]}" if len(digits) >= 4 else "",  # a Mexican mobile may still be written with 521
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
        )
        return [lead_of(row) for row in rows]

    async def lead(self, lead_id: int) -> Lead | None:
        rows = await self._database.fetch("select * from leads where lead_id = $1", lead_id)
        return lead_of(rows[0]) if rows else None

    async def own_id(self, lead_id: int) -> int:
        """The lead's own id, where `lead_id` is what a later form of the person was answered with."""
        rows = await self._database.fetch("select lead_id from aliases where submission_id = $1", lead_id)
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

    async def failed_work(self, *, limit: int, letter_ids: list[str] | None = None) -> list[FailedRow]:
        """Rows that services have set aside, the oldest first; all, or those with these ids."""
        return [FailedRow(**row) for row in await self._database.fetch(FAILED, letter_ids, limit)]

    async def names(self, lead_ids: list[int]) -> dict[int, str]:
        rows = await self._database.fetch("select lead_id, name from leads where lead_id = any($1)", lead_ids)
        return {row["lead_id"]: row["name"] for row in rows}

    async def choices(self) -> Mapping[str, list[str]]:
        """The sources and steps there are, to filter by; the states are known."""
        rows = await self._database.fetch(
            """select array(select distinct source from leads where source <> '' order by 1 limit 200) as sources,
                      array(select distinct step from leads where step <> '' order by 1 limit 100) as steps"""
        )
        return {"sources": rows[0]["sources"], "steps": rows[0]["steps"], "states": [str(one) for one in State]}

    async def budget(self, since: datetime, objective: Objective) -> tuple[int, int]:
        """How many calls count, and how many of them missed the objective."""
        [row] = await self._database.fetch(BUDGET, since, objective.seconds)
        return row["calls"], row["missed"]

    async def missed(self, since: datetime, objective: Objective) -> list[Lead]:
        return [lead_of(row) for row in await self._database.fetch(MISSED, since, objective.seconds)]

    async def waits_by_day(self, since: datetime, zone: str) -> list[Waits]:
        return [_waits(row) for row in await self._database.fetch(BY_DAY, since, zone)]

    async def waits_by_source(self, since: datetime) -> list[Waits]:
        return [_waits(row) for row in await self._database.fetch(BY_SOURCE, since)]

    async def sources(self, since: datetime, group: str) -> list[dict[str, Any]]:
        """Leads and what became of them, by the form's `fuente` or one of the `utm_*` fields."""
        return [dict(row) for row in await self._database.fetch(SOURCES, since, group)]

    async def at_step(self, since: datetime) -> dict[tuple[str, str], int]:
        """How many leads stand at a step, by their state."""
        return {(r["step"], r["state"]): r["leads"] for r in await self._database.fetch(AT_STEP, since)}

    async def outcomes(self, since: datetime) -> dict[tuple[str, str], int]:
        """How many leads a step came how far with."""
        return {(r["step"], r["outcome"]): r["leads"] for r in await self._database.fetch(OUTCOMES, since)}

    async def companies(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: dict(row) for row in await self._database.fetch("select * from companies")}

    async def absences(self, company: str, since: datetime, until: datetime) -> list[Absence]:
        """When the company did not work for us, as far as that lay between the two times."""
        rows = await self._database.fetch(SAID_OF_COMPANY, company, since, until)
        return absences([(row["at"], row["away"]) for row in rows])

    async def unmatched(self) -> list[dict[str, Any]]:
        """Bookings that are nobody's, the newest first."""
        rows = await self._database.fetch(
            "select * from bookings where lead_id is null order by said_at desc limit 200"
        )
        return [dict(row) for row in rows]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _waits(row: Any) -> Waits:
    return Waits(str(row["name"]), row["calls"], *row["waits"])
