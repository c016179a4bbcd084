"""Polls Cal.com's list of bookings, because it does not repeat a webhook that was lost."""

import hashlib
from datetime import timedelta
from uuid import UUID, uuid5

import structlog

from contracts.events.failed_work import WorkFailed
from kit.clock import now
from kit.database import Database
from kit.errors import Unavailable, describe
from kit.messaging import outbox
from providers.calcom.client import CalcomClient
from services.crm.repositories import polls
from services.crm.repositories.appointments import BookingLock
from services.crm.use_cases.apply_booking_update import apply_booking_update
from services.crm.use_cases.match_booking import BookingMatcher

log = structlog.get_logger()

FIRST_PERIOD = timedelta(days=1)
OVERLAP = timedelta(minutes=10)  # for bookings that were being written during the last poll
FAILED_BOOKINGS = UUID("0d8e8c3a-7a55-5d1c-9a55-3b1c2f7e6d90")  # namespace of their event ids


async def poll_calcom(
    calcom: CalcomClient, database: Database, *, lock: BookingLock, matcher: BookingMatcher
) -> None:
    """Applies the bookings changed since the last poll. Only one replica may run it at a time.

    Raises Unavailable.
    """
    started_at = now()
    since = await polls.polled_until(database) or started_at - FIRST_PERIOD
    for update in await calcom.bookings_updated_since(since - OVERLAP):
        try:
            await apply_booking_update(update, lock=lock, matcher=matcher)
        except Unavailable:
            raise
        except Exception as bug:  # one unreadable booking must not hide the others
            log.error("booking.not_understood", exc_info=bug)
            await _publish_failure(database, update.uid, describe(bug))
    await polls.set_polled_until(database, started_at)


async def _publish_failure(database: Database, uid: str, reason: str) -> None:
    """Publishes, once for each booking, that it cannot be processed."""
    row_id = int.from_bytes(hashlib.blake2b(uid.encode(), digest_size=6).digest())
    failure = WorkFailed(
        event_id=uuid5(FAILED_BOOKINGS, uid),
        lead_id=0,
        service="crm",
        kind="booking",
        row_id=row_id,
        reason=reason,
    )
    await outbox.publish(database, failure)
