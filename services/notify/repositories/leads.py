"""notify's SQL: the leads, and the forms that they submitted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.events.lead import LeadCard
from domain.addresses import canonical
from kit.database import Connection, Database
from services.notify.touches import Addressed, Form

SELECT_FORMS = """
select s.submission_id, s.card, e.at as email_alive_at, p.at as phone_alive_at,
  (select count(*) from touches t
   where t.lead_id = s.lead_id and t.address = s.card->>'email' and t.kind = 'follow_up'
     and t.sent_at is not null) as follow_up_mails,
  (select count(*) from touches t
   where t.lead_id = s.lead_id and t.address = s.card->>'phone' and t.kind = 'follow_up'
     and t.sent_at is not null) as follow_up_texts
from submissions s
left join signs_of_life e on e.address = s.email
left join signs_of_life p on p.address = s.phone
where s.lead_id = $1
order by s.submission_id"""
INSERT_FORM = """
insert into submissions (submission_id, lead_id, phone, email, card, received_at)
select $1, lead_id, $3, $4, $5::text::jsonb, $6
from leads
where lead_id = $2 and not erased
on conflict do nothing"""
INSERT_LEAD = """
with card as (
  insert into leads (lead_id, phone, email, card, person_id)
  values ($1, $2, $3, $4::text::jsonb, $1)
  on conflict do nothing)
insert into submissions (submission_id, lead_id, phone, email, card, received_at)
values ($1, $1, $2, $3, $4::text::jsonb, $5)
on conflict do nothing"""
SELECT_FORM = "select submission_id, lead_id, card from submissions where submission_id = $1"
SELECT_LEADS_BY_ADDRESS = """
select lead_id, bool_or(submission_id = lead_id) as in_first_form
from submissions
where phone = $1 or email = $1
group by lead_id
order by lead_id"""
SELECT_ADDRESSES = """
select card->>'phone' as phone, card->>'email' as email
from submissions
where lead_id = $1"""
STOP_LEAD = """
update leads
set stopped = true
where lead_id = $1 and not stopped
returning true"""
REFUSE_LEAD = """
update leads
set refused = true
where lead_id = $1 and not refused
returning true"""
RESTORE_LEAD = """
update leads
set stopped = false, refused = false
where lead_id = $1 and (stopped or refused) and not erased
returning true"""
MARK_REACHED = "update leads set reached_at = now() where lead_id = $1"
SET_PAUSED = """
insert into paused_leads (lead_id, paused, at) values ($1, $2, $3)
on conflict (lead_id) do update
set paused = $2, at = $3
where paused_leads.at < $3"""
PAUSE_LEAD = """
insert into paused_leads (lead_id, paused, at) values ($1, true, $2)
on conflict (lead_id) do update
set paused = true, at = $2
where not paused_leads.paused
returning true"""


@dataclass(frozen=True, slots=True)
class LeadWithAddress:
    """A lead that gave the address. `in_first_form` is False where it was added later."""

    lead_id: int
    in_first_form: bool


async def forms_of(database: Database, lead_id: int) -> list[Addressed]:
    """Returns the lead's forms, the oldest first; none for an unknown lead."""
    return [_addressed(row) for row in await database.fetch(SELECT_FORMS, lead_id)]


async def get_form(database: Database, submission_id: int) -> tuple[int, Form] | None:
    """Returns the form that was answered with this id, and its lead; None for an unknown id."""
    rows = await database.fetch(SELECT_FORM, submission_id)
    if not rows:
        return None
    return rows[0]["lead_id"], Form(submission_id, LeadCard.model_validate(rows[0]["card"]))


async def exists(database: Database, lead_id: int) -> bool:
    """Returns whether the lead is known."""
    return bool(await database.fetch("select true from leads where lead_id = $1", lead_id))


async def add(database: Database, form: Form, *, arrived_at: datetime) -> None:
    """Stores a lead with its first form. A repeat has no effect."""
    card = form.card
    await database.fetch(
        INSERT_LEAD,
        form.submission_id,
        canonical(card.phone) if card.phone else None,
        canonical(card.email) if card.email else None,
        card.model_dump_json(),
        arrived_at,
    )


async def add_form(database: Database, lead_id: int, form: Form, *, arrived_at: datetime) -> None:
    """Adds a form to a lead, unless the lead is erased."""
    card = form.card
    await database.fetch(
        INSERT_FORM,
        form.submission_id,
        lead_id,
        canonical(card.phone) if card.phone else None,
        canonical(card.email) if card.email else None,
        card.model_dump_json(),
        arrived_at,
    )


async def mark_reached(connection: Connection, lead_id: int) -> None:
    """Records that the lead has answered a call, or written."""
    await connection.execute(MARK_REACHED, lead_id)


async def form_arrived_at(database: Database, submission_id: int) -> datetime | None:
    """Returns when the form arrived; None for an unknown one."""
    statement = "select received_at from submissions where submission_id = $1"
    rows = await database.fetch(statement, submission_id)
    return rows[0]["received_at"] if rows else None


async def with_address(database: Database | Connection, address: str) -> list[LeadWithAddress]:
    """Returns the leads that gave this address, in any spelling, the oldest first."""
    rows = await database.fetch(SELECT_LEADS_BY_ADDRESS, canonical(address))
    return [LeadWithAddress(**row) for row in rows]


async def lock(connection: Connection, lead_id: int) -> bool:
    """Locks the lead for the transaction; returns False for an unknown lead."""
    statement = "select true from leads where lead_id = $1 for update"
    return bool(await connection.fetchval(statement, lead_id))


async def addresses_of(connection: Connection, lead_id: int) -> list[str]:
    """Returns every address in the lead's forms."""
    rows = await connection.fetch(SELECT_ADDRESSES, lead_id)
    addresses = {row["phone"] for row in rows} | {row["email"] for row in rows}
    return sorted(address for address in addresses if address)


async def stop(connection: Connection, lead_id: int) -> bool:
    """Stops the lead's touches, except those of a meeting; returns False where it was stopped."""
    return bool(await connection.fetchval(STOP_LEAD, lead_id))


async def refuse(connection: Connection, lead_id: int) -> bool:
    """Ends the lead's follow-up, which the person does not want; returns False where it had."""
    return bool(await connection.fetchval(REFUSE_LEAD, lead_id))


async def restore(connection: Connection, lead_id: int) -> bool:
    """Lets the lead be followed up again; returns False where nothing prevented it."""
    return bool(await connection.fetchval(RESTORE_LEAD, lead_id))


async def welcome_back(database: Database, lead_id: int) -> None:
    """Forgets that the person was not interested: they have filled in a form again."""
    await database.fetch("update leads set refused = false where lead_id = $1 and refused", lead_id)


async def set_paused(database: Database, lead_id: int, at: datetime, *, paused: bool) -> None:
    """Pauses or resumes the lead's follow-up. A change older than the last one has no effect."""
    await database.fetch(SET_PAUSED, lead_id, paused, at)


async def pause(connection: Connection, lead_id: int, at: datetime) -> bool:
    """Pauses the lead's follow-up; returns False where it was paused."""
    return bool(await connection.fetchval(PAUSE_LEAD, lead_id, at))


def _addressed(row: Any) -> Addressed:
    return Addressed(
        form=Form(row["submission_id"], LeadCard.model_validate(row["card"])),
        email_alive_at=row["email_alive_at"],
        phone_alive_at=row["phone_alive_at"],
        follow_up_mails=row["follow_up_mails"],
        follow_up_texts=row["follow_up_texts"],
    )
