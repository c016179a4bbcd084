"""Publishes the changes of a lead's booking since the last time, in the caller's transaction."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.events.booking import Booking
from kit.clock import now
from kit.database import Connection
from kit.messaging import outbox
from services.crm.decisions.bookings import Slot, Stage, changes_to_publish, current_booking
from services.crm.repositories import bookings, registrations, webhooks
from services.crm.repositories.bookings import BookingRow


async def publish_booking_changes(connection: Connection, lead_id: int) -> None:
    """Publishes the changes, and stores the published booking. No effect for an unknown lead.

    For an erased lead it publishes nothing, and erases what came with the bookings.
    """
    published = await registrations.lock_published_booking(connection, lead_id)
    if published is None:
        return
    if published.erased:
        await webhooks.erase(connection, lead_id, [])
        await bookings.erase(connection, lead_id)
        return
    slots = {row.uid: slot_of(row) for row in await bookings.of_lead(connection, lead_id)}
    before = _from_json(published.booking) if published.booking else None
    after = current_booking(slots.values())
    events = changes_to_publish(
        lead_id, before, after, slots, revision=published.revision, now=now()
    )
    if not events:
        return
    await registrations.update_published_booking(
        connection,
        lead_id,
        event_count=len(events),
        booking=_to_json(after) if after is not None else None,
        booked_until=after.booking.ends_at if after and after.booking else None,
        booked=after is not None and after.stage is not Stage.PENDING,
    )
    await outbox.add(connection, events)


def slot_of(row: BookingRow) -> Slot:
    """Returns the state of a stored booking."""
    return Slot(
        uid=row.uid,
        stage=Stage(row.stage),
        reported_at=row.reported_at,
        booking=Booking.model_validate(row.booking) if row.booking else None,
        attended=row.attended,
        reason=row.reason,
    )


def _from_json(published: Mapping[str, Any]) -> Slot:
    booking = published["booking"]
    return Slot(
        uid=published["uid"],
        stage=Stage(published["stage"]),
        reported_at=datetime.fromisoformat(published["reported_at"]),
        booking=Booking.model_validate(booking) if booking else None,
        attended=published["attended"],
        reason=published["reason"],
    )


def _to_json(slot: Slot) -> str:
    return json.dumps(
        {
            "uid": slot.uid,
            "stage": slot.stage,
            "reported_at": slot.reported_at.isoformat(),
            "booking": slot.booking.model_dump(mode="json") if slot.booking else None,
            "attended": slot.attended,
            "reason": slot.reason,
        }
    )
