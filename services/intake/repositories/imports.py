"""SQL of files of leads, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from kit.database import Connection, Database
from kit.failed_work import FailedRows

ADD = """
insert into imports (digest, name, journey, mapping) values ($1, $2, $3, $4)
on conflict (digest) do nothing
returning import_id"""
OF_DIGEST = "select import_id from imports where digest = $1"
ADD_LINES = """
insert into import_lines (import_id, line, fields)
select $1, line, fields::jsonb from unnest($2::int[], $3::text[]) as l (line, fields)"""
CLAIM = """
with due as (
  update import_lines
  set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $2)
  where line_id in (
    select line_id from import_lines
    where state = 'waiting' and next_attempt_at <= now()
    order by next_attempt_at, line_id
    limit $1
    for update skip locked)
  returning line_id, import_id, line, fields, attempts)
select due.*, i.name as import_name, i.journey, i.mapping, i.created_at
from due join imports i using (import_id)
order by due.line_id"""
# the fields are kept with the submission, or until somebody has read why there is none
FINISH = """
update import_lines l
set state = 'done', outcome = d.outcome, reason = d.reason, name = d.name,
    submission_id = d.submission_id,
    fields = case when d.submission_id is null then l.fields end
from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[])
  as d (line_id, outcome, reason, name, submission_id)
where l.line_id = d.line_id"""
FAIL = """
update import_lines set state = 'failed', outcome = 'failed', reason = $2
where line_id = $1 and state = 'waiting'
returning true"""
RETRY = """
update import_lines
set state = 'waiting', outcome = 'waiting', reason = '', attempts = 0, next_attempt_at = now()
where line_id = $1 and state = 'failed'"""
DISCARD = """
update import_lines set state = 'done', outcome = 'refused', reason = 'discarded', fields = null
where line_id = $1 and state = 'failed'"""
SELECT = """
select i.import_id, i.name, i.journey, i.mapping, count(*) as total,
  count(*) filter (where l.state <> 'waiting') as done
from imports i join import_lines l using (import_id)
where $1::bigint is null or i.import_id = $1
group by i.import_id
order by i.import_id desc
limit $2"""
OUTCOMES = """
select import_id, outcome, count(*) as lines
from import_lines
where import_id = any($1::bigint[])
group by import_id, outcome"""
LINES = """
select line, outcome, name, reason
from import_lines
where import_id = $1
order by outcome in ('new', 'joined', 'repeated', 'waiting'), line
limit $2"""
ERASE = """
update import_lines set name = '', fields = null
where submission_id = any($2::bigint[] || array(
  select submission_id from submissions where lead_id = $1))"""
FORGET_LINES = """
update import_lines set fields = null, name = ''
where state = 'done' and fields is not null
  and next_attempt_at < now() - make_interval(secs => $1)"""
IMPORT_LINES = FailedRows(kind="import_line", retry=RETRY, discard=DISCARD)


@dataclass(frozen=True, slots=True)
class DueLine:
    """A line that this replica has claimed. `attempts` counts this one."""

    line_id: int
    import_id: int
    line: int
    fields: Mapping[str, Any]
    attempts: int
    import_name: str
    journey: str
    mapping: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WorkedLine:
    """What came of a line."""

    line_id: int
    outcome: str
    reason: str = ""
    name: str = ""
    submission_id: int | None = None


async def add(
    connection: Connection, digest: bytes, name: str, journey: str, mapping: Mapping[str, str]
) -> int | None:
    """Returns the id of a new import; None for a file that was imported in the same way before."""
    import_id: int | None = await connection.fetchval(ADD, digest, name, journey, dict(mapping))
    return import_id


async def of_digest(connection: Connection, digest: bytes) -> int:
    return int(await connection.fetchval(OF_DIGEST, digest))


async def add_lines(
    connection: Connection, import_id: int, lines: Sequence[tuple[int, str]]
) -> None:
    """Adds the lines; each is its number and the JSON of its fields."""
    await connection.execute(
        ADD_LINES, import_id, [number for number, _ in lines], [fields for _, fields in lines]
    )


async def claim(database: Database, *, limit: int, lease: timedelta) -> list[DueLine]:
    rows = await database.fetch(CLAIM, limit, lease.total_seconds())
    return [DueLine(**row) for row in rows]


async def finish(database: Database, lines: Sequence[WorkedLine]) -> None:
    await database.fetch(
        FINISH,
        [line.line_id for line in lines],
        [line.outcome for line in lines],
        [line.reason for line in lines],
        [line.name for line in lines],
        [line.submission_id for line in lines],
    )


async def fail(connection: Connection, line_id: int, reason: str) -> bool:
    """Records that a line cannot be worked. Returns False if that was so already."""
    return bool(await connection.fetchval(FAIL, line_id, reason))


async def listed(
    database: Database, *, import_id: int | None = None, limit: int
) -> list[asyncpg.Record]:
    """Returns the newest imports, each with how many lines it has."""
    return await database.fetch(SELECT, import_id, limit)


async def outcomes(database: Database, import_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Returns how many lines of each import had each outcome."""
    found: dict[int, dict[str, int]] = {import_id: {} for import_id in import_ids}
    for row in await database.fetch(OUTCOMES, import_ids):
        found[row["import_id"]][row["outcome"]] = row["lines"]
    return found


async def lines_of(database: Database, import_id: int, *, limit: int) -> list[asyncpg.Record]:
    """Returns the import's lines, those first that somebody should look at."""
    return await database.fetch(LINES, import_id, limit)


async def erase(connection: Connection, lead_id: int, held: Sequence[int]) -> None:
    """Deletes the names in the lines of the lead's submissions, and of these held ones."""
    await connection.execute(ERASE, lead_id, held)


async def forget_old_lines(database: Database, age: timedelta) -> None:
    """Deletes what people wrote in lines that made no submission, and are older than `age`."""
    await database.fetch(FORGET_LINES, age.total_seconds())
