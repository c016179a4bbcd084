"""Asks Cal.com about a booking where a webhook leaves a doubt."""

from kit.database import Database
from providers.calcom.client import CalcomClient
from providers.calcom.models import BookingUpdate
from services.crm.decisions.bookings import leaves_doubt
from services.crm.repositories import appointments
from services.crm.use_cases.publish_booking_changes import appointment_of


async def settle_doubt(
    update: BookingUpdate, database: Database, calcom: CalcomClient
) -> BookingUpdate:
    """Returns the booking as Cal.com has it now; the update itself where it leaves no doubt.

    Also where Cal.com does not know the booking by our keys. Raises Unavailable.
    """
    rows = await appointments.by_uids(database, [update.uid])
    if not leaves_doubt([appointment_of(row) for row in rows], update):
        return update
    return await calcom.booking(update.uid, update.at) or update
