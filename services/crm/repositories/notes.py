"""SQL of the notes for Kommo's leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kit.database import Connection
from services.crm.repositories import Executor

ENQUEUE = """
with first_time as (
  insert into inbox (consumer, event_id) values ('crm.notes', $1)
  on conflict do nothing
  returning 1)
insert into notes (lead_id, text, outcome)
select $2, $3, $4
from first_time
where not exists (select 1 from registrations where lead_id = $2 and erased)
on conflict (lead_id, outcome) do nothing"""
CLAIM = """
update notes set state = 'sending'
where id in (
  select id
  from notes join registrations r using (lead_id)
  where notes.state = 'waiting' and r.state = 'registered'
    and (select term from leaders where name = 'kommo_sync') = $2
  order by id
  limit $1)
returning id, text, attempts,
  (select kommo_lead_id from registrations r where r.lead_id = notes.lead_id)"""
SELECT_UNCLEAR = """
select id, kommo_lead_id, text, notes.check_count
from notes join registrations r using (lead_id)
where notes.state = 'unclear' and notes.check_at <= now()
order by id
limit $1"""
MARK_IN_FLIGHT_UNCLEAR = """
update notes
set state = 'unclear', check_count = 0, check_at = now() + make_interval(secs => $1)
where state = 'sending' and (select term from leaders where name = 'kommo_sync') = $2"""
SET_STATE = """
update notes
set state = $2, check_count = $3, check_at = now() + make_interval(secs => $4)
where id = any($1)"""
RELEASE = "update notes set state = 'waiting' where id = any($1) and state = 'sending'"
REQUEUE_UNCLEAR = """
update notes set state = 'waiting', attempts = attempts + 1
where id = $1 and state = 'unclear' and attempts < $2
returning true"""
MARK_FAILED = """
update notes set state = 'failed', reason = $2
where id = $1 and state in ('sending', 'unclear')
returning lead_id"""
INSERT = """
insert into notes (lead_id, text, outcome)
select $1, $2, $3
where not exists (select 1 from registrations where lead_id = $1 and erased)
on conflict (lead_id, outcome) do nothing"""
INSERT_LAST = "insert into notes (lead_id, text) values ($1, $2)"
DELETE = "delete from notes where lead_id = $1"


@dataclass(frozen=True, slots=True)
class WaitingNote:
    """A note that Kommo does not have yet, or may not have.

    `attempts` counts the calls that failed, `check_count` the checks after an unclear answer.
    """

    note_id: int
    kommo_lead_id: int
    text: str
    check_count: int = 0
    attempts: int = 0


async def enqueue(
    executor: Executor, event_id: UUID, lead_id: int, text: str, *, outcome: str | None
) -> None:
    """Stores a note for Kommo, unless the lead is erased.

    A repeated event has no effect, nor has another note with the same `outcome`.
    """
    await executor.fetch(ENQUEUE, event_id, lead_id, text, outcome)


async def claim(executor: Executor, limit: int, *, term: int) -> list[WaitingNote]:
    """Claims waiting notes of registered leads, the oldest first. None once the `term` is over."""
    claimed = [
        WaitingNote(row["id"], row["kommo_lead_id"], row["text"], attempts=row["attempts"])
        for row in await executor.fetch(CLAIM, limit, term)
    ]
    return sorted(claimed, key=lambda note: note.note_id)


async def unclear(executor: Executor, limit: int) -> list[WaitingNote]:
    """Returns notes without a clear answer whose next check is due."""
    return [
        WaitingNote(row["id"], row["kommo_lead_id"], row["text"], row["check_count"])
        for row in await executor.fetch(SELECT_UNCLEAR, limit)
    ]


async def mark_in_flight_unclear(connection: Connection, *, check_in: float, term: int) -> None:
    """Marks claimed notes unclear, to be checked in so many seconds. No effect in an old `term`."""
    await connection.execute(MARK_IN_FLIGHT_UNCLEAR, check_in, term)


async def set_state(
    executor: Executor,
    note_ids: Sequence[int],
    state: str,
    *,
    check_count: int = 0,
    check_in: float | None = None,
) -> None:
    """Sets the state: unclear, written or refused. `check_in` is in seconds."""
    await executor.fetch(SET_STATE, list(note_ids), state, check_count, check_in)


async def release(executor: Executor, note_ids: Sequence[int]) -> None:
    """Releases those of the notes that are still claimed."""
    await executor.fetch(RELEASE, list(note_ids))


async def requeue_unclear(executor: Executor, note_id: int, *, max_attempts: int) -> bool:
    """Queues an unclear note once more. Returns False if that has happened too often."""
    return bool(await executor.fetch(REQUEUE_UNCLEAR, note_id, max_attempts))


async def mark_failed(connection: Connection, note_id: int, reason: str) -> int | None:
    """Returns the note's lead, or None if the note was neither claimed nor unclear."""
    lead_id: int | None = await connection.fetchval(MARK_FAILED, note_id, reason)
    return lead_id


async def insert(executor: Executor, lead_id: int, text: str, *, outcome: str) -> None:
    """Stores a note that no event brought, unless the lead is erased or has one of its outcome."""
    await executor.fetch(INSERT, lead_id, text, outcome)


async def insert_last(connection: Connection, lead_id: int, text: str) -> None:
    """Stores the last note of a lead, which says that it was erased."""
    await connection.execute(INSERT_LAST, lead_id, text)


async def delete(connection: Connection, lead_id: int) -> None:
    """Deletes all notes of the lead."""
    await connection.execute(DELETE, lead_id)
