"""Applies an update of a booking: finds its lead, stores the state, and publishes the changes."""

from collections.abc import Mapping

from contracts.events.booking import Booking, BookingUnmatched
from domain.phone import canonical_phone
from kit.database import Connection
from kit.messaging import outbox
from providers.calcom.models import AttendeeHints, BookingUpdate
from services.crm.decisions.bookings import (
    Matched,
    Slot,
    apply_update,
    email_of,
    phones_of,
    with_attendee,
)
from services.crm.repositories import bookings, webhooks
from services.crm.repositories.bookings import BookingLock, Hints
from services.crm.use_cases.match_booking import BookingMatcher
from services.crm.use_cases.publish_booking_changes import publish_booking_changes, slot_of


async def apply_booking_update(
    update: BookingUpdate | None,
    *,
    lock: BookingLock,
    matcher: BookingMatcher,
    webhook_id: int | None = None,
) -> int | None:
    """Applies the update, and marks the webhook that brought it done, in one transaction.

    Returns the lead, or None where none matches. A repeat has no effect. A webhook without an
    update is only marked done.
    """
    async with lock.transaction() as connection:
        if webhook_id is not None and not await webhooks.mark_done(connection, webhook_id):
            return None
        return await _apply(connection, matcher, update) if update is not None else None


async def _apply(
    connection: Connection, matcher: BookingMatcher, update: BookingUpdate
) -> int | None:
    update = with_attendee(update, matcher.region)
    uids = [uid for uid in (update.uid, update.previous_uid) if uid]
    rows = await bookings.by_uids(connection, uids)
    by_uid = next((row.lead_id for row in rows if row.lead_id is not None), None)
    found = await matcher.find_lead(connection, update.hints, by_uid=by_uid)
    known = {row.uid: slot_of(row) for row in rows}
    is_new = await _store(connection, matcher.region, update, known, found)
    if found is not None:
        lead_id, _ = found
        await publish_booking_changes(connection, lead_id)
        return lead_id
    if is_new and update.booking is not None:
        unmatched = _unmatched(update.uid, update.booking, update.hints, matcher.region)
        await outbox.add(connection, [unmatched])
    return None


async def _store(
    connection: Connection,
    region: str,
    update: BookingUpdate,
    known: Mapping[str, Slot],
    found: tuple[int, Matched] | None,
) -> bool:
    """Stores the slots that the update changes. Returns whether any of them is new."""
    hints = Hints(
        hinted=update.hints.lead_id,
        token=update.hints.token,
        email=email_of(update.hints),
        phones=tuple(canonical_phone(phone) for phone in phones_of(update.hints, region)),
    )
    lead_id, matched = found if found is not None else (None, None)
    is_new = False
    for slot in apply_update(known, update):
        inserted = await bookings.upsert(
            connection,
            uid=slot.uid,
            stage=slot.stage,
            reported_at=slot.reported_at,
            booking=slot.booking,
            attended=slot.attended,
            reason=slot.reason,
            hints=hints,
            lead_id=lead_id,
            matched=matched,
        )
        is_new = is_new or inserted
    return is_new


def _unmatched(uid: str, booking: Booking, hints: AttendeeHints, region: str) -> BookingUnmatched:
    phones = phones_of(hints, region)
    return BookingUnmatched(
        uid=uid,
        starts_at=booking.starts_at,
        email=email_of(hints),
        phone=phones[0] if phones else None,
    )
