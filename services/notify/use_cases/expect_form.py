"""Remembers who has booked before their form came, as a page with form and calendar allows."""

from contracts.events.booking import BookingUnmatched
from kit.database import Database
from services.notify.repositories import unmatched_bookings


async def expect_form(event: BookingUnmatched, database: Database) -> None:
    """Stores the booking by its addresses, or that it no longer stands.

    A repeat has no effect, nor has an event that is older than what is stored.
    """
    addresses = [address for address in (event.email, event.phone) if address]
    starts_at = None if event.cancelled else event.starts_at
    await unmatched_bookings.store(database, addresses, event.uid, starts_at, event.at)
