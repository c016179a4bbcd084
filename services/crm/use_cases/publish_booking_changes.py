"""Publishes the changes of a lead's booking since the last time, in the caller's transaction."""

from dataclasses import fields
from datetime import datetime

from pydantic import TypeAdapter

from contracts.events.booking import Booking
from kit.clock import now
from kit.database import Connection
from kit.messaging import outbox
from services.crm.decisions.bookings import (
    Appointment,
    Stage,
    changes_to_publish,
    current_booking,
)
from services.crm.repositories import appointments, registrations, webhooks
from services.crm.repositories.appointments import AppointmentRow

PUBLISHED = TypeAdapter(Appointment)


async def publish_booking_changes(connection: Connection, lead_id: int) -> None:
    """Publishes the changes, and stores the published booking. No effect for an unknown lead.

    For an erased lead it publishes nothing, and erases what came with the bookings.
    """
    published = await registrations.lock_published_booking(connection, lead_id)
    if published is None:
        return
    if published.erased:
        await webhooks.erase(connection, lead_id, [])
        await appointments.erase(connection, lead_id)
        return
    known = [appointment_of(row) for row in await appointments.of_lead(connection, lead_id)]
    before = PUBLISHED.validate_python(published.booking) if published.booking else None
    at = now()
    after = current_booking(known, before, now=at)
    events = changes_to_publish(lead_id, before, after, known, revision=published.revision, now=at)
    if not events:
        return
    await registrations.update_published_booking(
        connection,
        lead_id,
        event_count=len(events),
        booking=PUBLISHED.dump_json(after).decode() if after is not None else None,
        booked_until=_booked_until(after.booking) if after and after.booking else None,
        booked=after is not None and after.stage is not Stage.PENDING,
    )
    await outbox.add(connection, events)


def _booked_until(booking: Booking) -> datetime | None:
    """Returns the end of the last meeting; None where no time is known."""
    ends = [meeting.ends_at for meeting in booking.meetings if meeting.ends_at is not None]
    return max(ends, default=None)


def appointment_of(row: AppointmentRow) -> Appointment:
    """Returns the state of a stored appointment."""
    values = {field.name: getattr(row, field.name) for field in fields(Appointment)}
    return Appointment(**(values | {"stage": Stage(row.stage)}))


def row_of(appointment: Appointment, lead_id: int | None) -> AppointmentRow:
    """Returns the appointment as it is stored."""
    values = {field.name: getattr(appointment, field.name) for field in fields(appointment)}
    return AppointmentRow(**values, lead_id=lead_id)
