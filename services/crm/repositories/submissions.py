"""SQL of the ids and addresses of each lead's forms, by which bookings are matched."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.addresses import canonical
from kit.database import Connection
from services.crm.repositories import Executor

INSERT = """
insert into submissions
  (submission_id, lead_id, phone, email, compared_phone, compared_email)
select $1, $2, $3, $4, $5, $6
where not exists (select 1 from registrations where lead_id = $2 and erased)
on conflict do nothing"""
SELECT_SIMILAR = """
select submission_id, lead_id, compared_phone as phone, compared_email as email
from submissions
where submission_id = $1 or compared_email = $2 or compared_phone = any($3)"""
ERASE = """
update submissions
set phone = null, email = null, compared_phone = null, compared_email = null
where lead_id = $1"""


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """A form of a lead, by the id that it was answered with, and the addresses to compare."""

    submission_id: int
    lead_id: int
    phone: str | None
    email: str | None


def compared(phone: str | None, email: str | None) -> tuple[str | None, str | None]:
    """Returns the forms in which the addresses are compared."""
    return canonical(phone) if phone else None, canonical(email) if email else None


async def insert(
    executor: Executor, submission_id: int, lead_id: int, *, phone: str | None, email: str | None
) -> None:
    """Stores a further form of a lead, unless the lead is erased. A repeat has no effect."""
    await executor.fetch(INSERT, submission_id, lead_id, phone, email, *compared(phone, email))


async def similar(
    connection: Connection, submission_id: int | None, email: str | None, phones: Sequence[str]
) -> list[SubmissionRow]:
    """Returns the forms with this id, this email or one of these phones."""
    rows = await connection.fetch(
        SELECT_SIMILAR, submission_id, email, [canonical(phone) for phone in phones]
    )
    return [SubmissionRow(**row) for row in rows]


async def erase(connection: Connection, lead_id: int) -> None:
    """Deletes the addresses of the lead's forms."""
    await connection.execute(ERASE, lead_id)
