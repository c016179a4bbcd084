"""Lists the bookings that match no lead, for an operator."""

from typing import Any

from kit.database import Database
from services.crm.decisions.bookings import Stage
from services.crm.repositories import appointments

LIMIT = 200


async def list_unmatched_bookings(database: Database) -> list[dict[str, Any]]:
    """Returns the bookings, the newest first, each with the name of its stage."""
    rows = await appointments.unmatched(database, LIMIT)
    return [dict(row) | {"stage": Stage(row["stage"]).name.lower()} for row in rows]
