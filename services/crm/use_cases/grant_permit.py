"""Grants a permit to contact a lead, and ends it."""

from uuid import UUID

from contracts.api.permits import Permit
from contracts.events.booking import Booking
from kit.database import Database
from services.crm.repositories import permits, registrations

EXPIRED_SECONDS = 24 * 3600.0


async def grant_permit(
    database: Database, permit_id: UUID, lead_id: int, *, seconds: float, person_id: int | None
) -> Permit:
    """Stores a permit of so many seconds, then returns what speaks against contacting the lead.

    In that order, and each in a commit of its own. A booking is committed first, and then waits for
    running permits, so one of the two always sees the other. `person_id` is for a lead that is not
    known yet.
    """
    await permits.insert(database, permit_id, lead_id, seconds=seconds, person_id=person_id)
    facts = await registrations.eligibility(database, lead_id, person_id)
    meeting = facts.booking or facts.elsewhere
    return Permit(
        booking=facts.uid,
        meetings=tuple(facts.meetings),
        booked_elsewhere=facts.elsewhere is not None,
        closed=facts.closed,
        meeting=Booking.model_validate(meeting) if meeting else None,
        seconds=seconds,
    )


async def end_permit(database: Database, permit_id: UUID) -> None:
    """Ends the permit, and deletes old ones. A repeat has no effect."""
    await permits.delete(database, permit_id, expired_seconds=EXPIRED_SECONDS)
