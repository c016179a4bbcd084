"""Assigns an unmatched booking to a lead, as an operator commands."""

from contracts.commands.lead import AssignBooking
from contracts.events.booking import BookingAssigned
from kit.errors import Unavailable
from kit.messaging import outbox
from services.crm.decisions.bookings import Matched
from services.crm.repositories import appointments, registrations
from services.crm.repositories.appointments import BookingLock
from services.crm.use_cases.publish_booking_changes import publish_booking_changes


async def assign_booking(lock: BookingLock, command: AssignBooking) -> bool:
    """Assigns the booking, and publishes that.

    Returns False if there is no unmatched booking of that uid. Raises Unavailable while the lead is
    not known yet.
    """
    lead_id = command.lead_id
    async with lock.transaction() as connection:
        if not await registrations.exists(connection, lead_id):
            raise Unavailable("the lead is not known yet")
        attendee = await appointments.unmatched_attendee(connection, command.uid)
        if attendee is None:
            return False
        name = (command.uid, attendee)
        await appointments.assign(connection, name, lead_id, Matched.OPERATOR)
        await publish_booking_changes(connection, lead_id)
        fact = BookingAssigned(
            event_id=command.fact_id, lead_id=lead_id, uid=command.uid, by=command.by
        )
        await outbox.add(connection, [fact])
        return True
