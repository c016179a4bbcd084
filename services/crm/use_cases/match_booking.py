"""Finds the lead that a booking belongs to, and matches bookings to leads that came later."""

import structlog

from kit.database import GONE, PASSING, Connection
from providers.calcom.models import AttendeeHints
from services.crm.decisions.bookings import Candidate, Matched, email_of, match, phones_of
from services.crm.repositories import bookings, submissions
from services.crm.repositories.bookings import BookingLock, Hints
from services.crm.use_cases.publish_booking_changes import publish_booking_changes

log = structlog.get_logger()

BATCH = 50


class BookingMatcher:
    """Matches bookings to leads.

    `secret` signs the booking links. `region` is the region of phones without a country code.
    """

    def __init__(self, *, secret: str, region: str) -> None:
        self._secret = secret
        self.region = region

    async def find_lead(
        self, connection: Connection, hints: AttendeeHints, *, by_uid: int | None
    ) -> tuple[int, Matched] | None:
        """Returns the lead that booked, and how it was found. None where no lead matches.

        `by_uid` is the lead that the booking, or the one it replaces, belongs to already.
        """
        phones = phones_of(hints, self.region)
        rows = await submissions.similar(connection, hints.lead_id, email_of(hints), phones)
        candidates = [
            Candidate(row.submission_id, row.lead_id, row.email, row.phone) for row in rows
        ]
        return match(
            hints, by_uid=by_uid, leads=candidates, secret=self._secret, region=self.region
        )


async def match_bookings(lock: BookingLock, matcher: BookingMatcher) -> list[int]:
    """Matches unmatched bookings to leads that have appeared since. Returns these leads."""
    matched: list[int] = []
    async with lock.transaction() as connection:
        for uid, hints in await bookings.matchable(connection, BATCH):
            try:
                async with connection.transaction():
                    lead_id = await _match(connection, matcher, uid, hints)
            except (*GONE, *PASSING):
                raise
            except Exception as bug:  # one booking must not prevent the others
                log.error("booking.not_matched", exc_info=bug)
                continue
            if lead_id is not None:
                matched.append(lead_id)
    return matched


async def _match(
    connection: Connection, matcher: BookingMatcher, uid: str, hints: Hints
) -> int | None:
    attendee = AttendeeHints(hints.hinted, hints.token, hints.email, hints.phones)
    found = await matcher.find_lead(connection, attendee, by_uid=None)
    if found is None:
        return None
    lead_id, matched = found
    if await bookings.assign(connection, uid, lead_id, matched):
        await publish_booking_changes(connection, lead_id)
    return lead_id
