"""Crm's SQL: nobody is to be recognised by what is kept of a lead. In Kommo a person does that by hand: nothing is
deleted there.
"""

from contracts.events.lead import LeadCard
from kit.database import Connection, Database
from kit.errors import Unavailable

ANONYMOUS_CARD = LeadCard(name="").model_dump_json()

WHOSE = "select phone, email, erased from registrations where lead_id = $1 for update"
LEAD = """update registrations set card = $2::text::jsonb, phone = null, email = null, reason = null, erased = true,
            published_booking = published_booking || '{"booking": null, "reason": ""}', updated_at = now() where lead_id = $1"""
WEBHOOKS = """update webhooks set body = '{}', state = 'done', error = null
              where exists (select 1 from bookings where lead_id = $1 and position(convert_to(uid, 'UTF8') in body) > 0)
                or exists (select 1 from unnest($2::text[]) as t where position(convert_to(t, 'UTF8') in body) > 0)"""
BOOKINGS = """update bookings set token = null, email = null, phones = '{}', reason = '',
                booking = booking
                  || '{"title": "", "meeting_url": null, "email": null, "phone": null}' where lead_id = $1"""
FORMS = "update submissions set phone = null, email = null where lead_id = $1"
NOTES = "delete from notes where lead_id = $1"
LAST_NOTE = "insert into notes (lead_id, text) values ($1, $2)"
DONE_IN_KOMMO_BY_HAND = (
    "La persona pidió que se borren sus datos: ya no están en Pauta. Bórralos también en Kommo."
)


async def erase(database: Database, lead_id: int) -> None:
    """Overwrites what says who the lead is; ids and outcomes stay. Raises Unavailable while it is not known yet.

    Kommo is published_booking, once, so that somebody does the same there.
    """
    async with database.transaction() as connection:
        row = await connection.fetchrow(WHOSE, lead_id)
        if row is None:
            raise Unavailable("the lead is not known yet")
        telltales = [
            (row["phone"] or "")[-10:],
            row["email"],
        ]  # numbers are written in many ways, and end the same
        await erase_bookings(connection, lead_id, [one for one in telltales if one])
        if not row["erased"]:
            await connection.execute(NOTES, lead_id)
            await connection.execute(LAST_NOTE, lead_id, DONE_IN_KOMMO_BY_HAND)
        await connection.execute(FORMS, lead_id)
        await connection.execute(LEAD, lead_id, ANONYMOUS_CARD)


async def erase_bookings(connection: Connection, lead_id: int, telltales: list[str]) -> None:
    """What the calendar said of the lead's bookings; `telltales` are ends of their addresses."""
    await connection.execute(WEBHOOKS, lead_id, telltales)
    await connection.execute(BOOKINGS, lead_id)
