"""Delivers a touch that scheduler published as due, at the address that the rules choose."""

from contracts.events.touch import TouchDue
from services.notify.decisions.addressing import booked_from
from services.notify.deps import Deps
from services.notify.repositories import addresses
from services.notify.touches import Touch
from services.notify.use_cases.deliver import deliver
from services.notify.use_cases.find_form import find_form


async def deliver_due(event: TouchDue, deps: Deps) -> None:
    """Delivers the touch. Raises Unavailable for an unknown lead."""
    form = await find_form(event.lead_id, event.channel, deps.database)
    address = booked_from(event.kind, event.channel, event.booking)
    if address is not None:
        await addresses.mark_alive(deps.database, address)
    await deliver(Touch.due(event, form, address=address), form.card, deps)
