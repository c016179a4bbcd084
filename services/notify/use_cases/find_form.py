"""Finds the form that a touch of a lead is made from."""

from contracts.events.touch import Channel
from kit.database import Database
from kit.errors import Unavailable
from services.notify.decisions.addressing import form_for
from services.notify.repositories import leads
from services.notify.touches import Form

UNKNOWN_LEAD = "the lead's card is not here yet"


async def find_form(lead_id: int, channel: Channel, database: Database) -> Form:
    """Returns the form whose address a touch on this channel goes to.

    Raises Unavailable for an unknown lead: its own event has not arrived yet.
    """
    forms = await leads.forms_of(database, lead_id)
    if not forms:
        raise Unavailable(UNKNOWN_LEAD)
    return form_for(channel, forms)
