"""Applies an update of a booking: finds its leads, stores the state, and publishes the changes."""

from collections.abc import Sequence
from dataclasses import replace

from domain.addresses import canonical_email
from kit.database import Connection
from kit.messaging import outbox
from providers.calcom.models import AttendeeHints, BookingUpdate, UpdateKind
from services.crm.decisions.bookings import (
    Appointment,
    apply_update,
    legacy_uid,
    unmatched_to_publish,
)
from services.crm.repositories import appointments, webhooks
from services.crm.repositories.appointments import AppointmentRow, BookingLock
from services.crm.use_cases.match_booking import BookingMatcher
from services.crm.use_cases.publish_booking_changes import (
    appointment_of,
    publish_booking_changes,
    row_of,
)


async def apply_booking_update(
    update: BookingUpdate | None,
    *,
    lock: BookingLock,
    matcher: BookingMatcher,
    webhook_id: int | None = None,
) -> list[int]:
    """Applies the update, and marks the webhook that brought it done, in one transaction.

    Returns the leads that it concerns. A repeat has no effect. A webhook without an update is only
    marked done.
    """
    async with lock.transaction() as connection:
        if webhook_id is not None and not await webhooks.mark_done(connection, webhook_id):
            return []
        return await _apply(connection, matcher, update) if update is not None else []


async def _apply(
    connection: Connection, matcher: BookingMatcher, update: BookingUpdate
) -> list[int]:
    rows = await _known(connection, update)
    known = [appointment_of(row) for row in rows]
    if update.is_legacy:
        update = _with_uid(update, legacy_uid(known, update))
    is_only_a_hint = update.listed and update.what is UpdateKind.OTHER
    if not rows and (is_only_a_hint or not matcher.counts(update)):
        return []
    before = {appointment.name: appointment for appointment in known}
    leads = {(row.uid, row.attendee): row.lead_id for row in rows}
    changed = apply_update(known, update, matcher.region)
    concerned: list[int] = []
    for appointment in changed:
        of_attendee = leads.get(appointment.name) or _lead_before(changed, leads, appointment)
        hints = _hints(update, appointment)
        found = await matcher.find_lead(connection, hints, of_attendee=of_attendee)
        lead_id, matched = found or (None, None)
        await appointments.upsert(
            connection,
            row_of(appointment, lead_id),
            hinted=hints.lead_id,
            token=hints.token,
            matched=matched,
        )
        lead_id = leads.get(appointment.name) or lead_id
        if lead_id is not None:
            concerned.append(lead_id)
        else:
            await outbox.add(
                connection, unmatched_to_publish(before.get(appointment.name), appointment)
            )
    leads_concerned = list(dict.fromkeys(concerned))
    for lead_id in leads_concerned:
        await publish_booking_changes(connection, lead_id)
    return leads_concerned


async def _known(connection: Connection, update: BookingUpdate) -> list[AppointmentRow]:
    """Returns what is known of the booking, and of the one that it replaces."""
    if update.is_legacy and update.booker.lead_id is not None:
        return await appointments.legacy(connection, update.booker.lead_id)
    uids = [uid for uid in (update.uid, update.previous_uid) if uid]
    return await appointments.by_uids(connection, uids)


def _with_uid(update: BookingUpdate, uid: str) -> BookingUpdate:
    booking = update.booking.model_copy(update={"uid": uid}) if update.booking else None
    return replace(update, uid=uid, booking=booking)


def _lead_before(
    changed: Sequence[Appointment],
    leads: dict[tuple[str, str], int | None],
    appointment: Appointment,
) -> int | None:
    """Returns the lead of the appointment that this one replaces: the same attendee's."""
    same = [
        leads.get(other.name)
        for other in changed
        if other.uid != appointment.uid and _is_same_attendee(other, appointment)
    ]
    return next((lead_id for lead_id in same if lead_id is not None), None)


def _is_same_attendee(appointment: Appointment, other: Appointment) -> bool:
    if appointment.seated or other.seated or appointment.guest or other.guest:
        return appointment.email == other.email and appointment.email is not None
    return True


def _hints(update: BookingUpdate, appointment: Appointment) -> AttendeeHints:
    """Returns what suggests whose the appointment is: a link only for whoever followed it."""
    own = AttendeeHints(email=appointment.email, phone_texts=appointment.phones)
    if appointment.uid != update.uid or appointment.guest:
        return own
    known_by = update.booker
    if appointment.seated and not update.booker.is_anonymous:
        known_by = next(
            (found for found in update.attendees if _is_of(appointment, found)), AttendeeHints()
        )
    return replace(own, lead_id=known_by.lead_id, token=known_by.token)


def _is_of(appointment: Appointment, attendee: AttendeeHints) -> bool:
    if attendee.seat is not None and appointment.seat is not None:
        return attendee.seat == appointment.seat
    return attendee.email is not None and canonical_email(attendee.email) == appointment.email
