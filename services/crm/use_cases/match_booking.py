"""Finds the lead that a booking belongs to, and matches bookings to leads that came later."""

from collections.abc import Collection

import structlog

from kit.database import GONE, PASSING, Connection
from providers.calcom.models import AttendeeHints, BookingUpdate
from services.crm.decisions.bookings import (
    Candidate,
    Matched,
    email_of,
    has_type,
    match,
    phones_of,
)
from services.crm.repositories import appointments, submissions
from services.crm.repositories.appointments import BookingLock, MatchableRow
from services.crm.use_cases.publish_booking_changes import publish_booking_changes

log = structlog.get_logger()

BATCH = 50


class BookingMatcher:
    """Matches bookings to leads.

    `secret` signs the booking links. `region` is the region of phones without a country code.
    `event_types` are those that count; empty means all.
    """

    def __init__(
        self, *, secret: str, region: str, event_types: Collection[str] = frozenset()
    ) -> None:
        self._secret = secret
        self._event_types = event_types
        self.region = region

    def counts(self, update: BookingUpdate) -> bool:
        """Returns whether the booking is one of ours: by its event type, or by our link."""
        came_by_our_link = update.booker.lead_id is not None
        return came_by_our_link or has_type(update.event_type, self._event_types)

    async def find_lead(
        self, connection: Connection, hints: AttendeeHints, *, of_attendee: int | None
    ) -> tuple[int, Matched] | None:
        """Returns the lead that booked, and how it was found. None where no lead matches.

        `of_attendee` is the lead that the same attendee's appointment belongs to already.
        """
        phones = phones_of(hints, self.region)
        rows = await submissions.similar(connection, hints.lead_id, email_of(hints), phones)
        candidates = [
            Candidate(row.submission_id, row.lead_id, row.email, row.phone) for row in rows
        ]
        return match(
            hints,
            of_attendee=of_attendee,
            leads=candidates,
            secret=self._secret,
            region=self.region,
        )


async def match_bookings(lock: BookingLock, matcher: BookingMatcher) -> list[int]:
    """Matches unmatched appointments to leads that have appeared since. Returns these leads."""
    matched: list[int] = []
    async with lock.transaction() as connection:
        for row in await appointments.matchable(connection, BATCH):
            try:
                async with connection.transaction():
                    lead_id = await _match(connection, matcher, row)
            except (*GONE, *PASSING):
                raise
            except Exception as bug:  # one booking must not prevent the others
                log.error("booking.not_matched", exc_info=bug)
                continue
            if lead_id is not None:
                matched.append(lead_id)
    return matched


async def _match(connection: Connection, matcher: BookingMatcher, row: MatchableRow) -> int | None:
    hints = AttendeeHints(row.hinted, row.token, row.email, row.phones)
    found = await matcher.find_lead(connection, hints, of_attendee=None)
    if found is None:
        return None
    lead_id, matched = found
    if await appointments.assign(connection, (row.uid, row.attendee), lead_id, matched):
        await publish_booking_changes(connection, lead_id)
    return lead_id
