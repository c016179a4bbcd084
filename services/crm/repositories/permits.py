"""SQL of the permits to contact a lead. Each ends by itself after a while."""

from uuid import UUID

from services.crm.repositories import Executor

INSERT = """
insert into permits (id, lead_id, until, person_id)
select $1, $2, now() + make_interval(secs => $3),
       coalesce($4, (select person_id from registrations where lead_id = $2), $2)"""
DELETE = "delete from permits where id = $1 or until < now() - make_interval(secs => $2)"
SELECT_RUNNING = """
select exists (
  select 1
  from permits p, registrations booked
  where booked.lead_id = $1 and p.until > now()
    and (p.lead_id = booked.lead_id or p.person_id = booked.person_id)) as running"""


async def insert(
    executor: Executor, permit_id: UUID, lead_id: int, *, seconds: float, person_id: int | None
) -> None:
    """Stores a permit of so many seconds. `person_id` is for a lead without a registration."""
    await executor.fetch(INSERT, permit_id, lead_id, seconds, person_id)


async def delete(executor: Executor, permit_id: UUID, *, expired_seconds: float) -> None:
    """Deletes a permit, and those of anybody that ended so many seconds ago."""
    await executor.fetch(DELETE, permit_id, expired_seconds)


async def is_running(executor: Executor, lead_id: int) -> bool:
    """Returns whether a permit for the lead, or for another lead of its person, still runs."""
    [row] = await executor.fetch(SELECT_RUNNING, lead_id)
    return bool(row["running"])
