"""Lets go of booking requests that the host did not answer, so that the follow-up goes on."""

from datetime import timedelta

from kit.clock import now
from services.crm.decisions.bookings import Stage, expired
from services.crm.repositories import appointments
from services.crm.repositories.appointments import BookingLock
from services.crm.use_cases.publish_booking_changes import (
    appointment_of,
    publish_booking_changes,
)


async def expire_requests(lock: BookingLock, timeout: timedelta) -> list[int]:
    """Returns the leads whose request has expired. The host may still accept it later."""
    lead_ids: list[int] = []
    async with lock.transaction() as connection:
        for row in await appointments.of_stage(connection, Stage.PENDING):
            if not expired(appointment_of(row), now(), timeout):
                continue
            await appointments.expire(connection, (row.uid, row.attendee), Stage.GONE)
            if row.lead_id is not None:
                await publish_booking_changes(connection, row.lead_id)
                lead_ids.append(row.lead_id)
    return lead_ids
