"""SQL of what is known about the sources: problems, how far each was read, whose turn it is."""

from datetime import datetime, timedelta

from kit.database import Database

SET_PROBLEM = """
insert into source_problems (source, about, problem) values ($1, $2, $3)
on conflict (source, about) do update set problem = $3, at = now()
where source_problems.problem <> $3"""
CLEAR_PROBLEM = "delete from source_problems where source = $1 and about = $2"
PROBLEMS = "select source, problem from source_problems order by source, at"
BEGIN_READING = """
insert into source_reads (source, part, read_until) values ($1, $2, $3)
on conflict (source, part) do update set source = excluded.source
returning read_until"""
SET_READ = """
insert into source_reads (source, part, read_until) values ($1, $2, $3)
on conflict (source, part) do update set read_until = $3"""
READ_UNTIL = "select read_until from source_reads where source = $1 and part = $2"
TAKE_TURN = """
insert into job_turns (name, next_at) values ($1, now() + make_interval(secs => $2))
on conflict (name) do update set next_at = excluded.next_at
where job_turns.next_at <= now()
returning true"""
TAKE_TURN_SOON = """
update job_turns set next_at = least(next_at, now() + make_interval(secs => $2))
where name = $1"""


async def set_problem(database: Database, source: str, about: str, problem: str) -> None:
    await database.fetch(SET_PROBLEM, source, about, problem)


async def clear_problem(database: Database, source: str, about: str) -> None:
    await database.fetch(CLEAR_PROBLEM, source, about)


async def problems(database: Database) -> dict[str, str]:
    """Returns the problems of each source that has any, in one text."""
    found: dict[str, list[str]] = {}
    for row in await database.fetch(PROBLEMS):
        found.setdefault(row["source"], []).append(row["problem"])
    return {source: "; ".join(texts) for source, texts in found.items()}


async def begin_reading(database: Database, source: str, part: str, now: datetime) -> datetime:
    """Returns when reading of the part began; `now` where it begins."""
    [row] = await database.fetch(BEGIN_READING, source, part, now)
    began: datetime = row["read_until"]
    return began


async def read_until(database: Database, source: str, part: str) -> datetime | None:
    rows = await database.fetch(READ_UNTIL, source, part)
    return rows[0]["read_until"] if rows else None


async def set_read(database: Database, source: str, part: str, until: datetime) -> None:
    await database.fetch(SET_READ, source, part, until)


async def take_turn(database: Database, name: str, every: timedelta) -> bool:
    """Returns whether the job is due, and no other replica does it."""
    return bool(await database.fetch(TAKE_TURN, name, every.total_seconds()))


async def take_turn_soon(database: Database, name: str, within: timedelta) -> None:
    """Makes the job due sooner, because it failed."""
    await database.fetch(TAKE_TURN_SOON, name, within.total_seconds())
