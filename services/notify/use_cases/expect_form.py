"""Remembers who has booked before their form came, as a page with form and calendar allows."""

from contracts.events.booking import BookingUnmatched
from kit.database import Database
from services.notify.repositories import unmatched_bookings


async def expect_form(event: BookingUnmatched, database: Database) -> None:
    """Stores the booking by its addresses. A repeat has no effect."""
    addresses = [address for address in (event.email, event.phone) if address]
    if addresses and event.starts_at is not None:
        await unmatched_bookings.store(database, addresses, event.uid, event.starts_at)
