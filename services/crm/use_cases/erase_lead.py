"""Erases a lead's personal data. In Kommo, a person has to do that by hand."""

from contracts.events.lead import LeadCard
from kit.database import Database
from kit.errors import Unavailable
from services.crm.repositories import appointments, notes, registrations, submissions, webhooks

ANONYMOUS_CARD = LeadCard(name="")
LAST_DIGITS = 8
ERASE_IN_KOMMO = (
    "La persona pidió que se borren sus datos: ya no están en Pauta. Bórralos también en Kommo."
)


async def erase_lead(database: Database, lead_id: int) -> None:
    """Overwrites all that identifies the lead. Ids and outcomes stay.

    The lead gets one last note, so that somebody erases it in Kommo too. Raises Unavailable while
    the lead is not known yet.
    """
    async with database.transaction() as connection:
        addresses = await registrations.lock_addresses(connection, lead_id)
        if addresses is None:
            raise Unavailable("the lead is not known yet")
        # numbers are written in many ways, but all end in the same digits
        last_digits = (addresses.phone or "")[-LAST_DIGITS:]
        fragments = [fragment for fragment in (last_digits, addresses.email) if fragment]
        await webhooks.erase(connection, lead_id, fragments)
        await appointments.erase(connection, lead_id)
        if not addresses.erased:
            await notes.delete(connection, lead_id)
            await notes.insert_last(connection, lead_id, ERASE_IN_KOMMO)
        await submissions.erase(connection, lead_id)
        await registrations.erase(connection, lead_id, ANONYMOUS_CARD)
