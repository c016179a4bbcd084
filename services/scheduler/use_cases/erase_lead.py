"""Erases a lead: nothing more is planned for it."""

from datetime import timedelta

from kit.database import Database
from services.scheduler.decisions.enrolment import erased
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.replan_lead import lock_lead, replan_lead


async def erase_lead(
    lead_id: int, database: Database, journeys: Journeys, *, spread: timedelta
) -> None:
    """Raises Unavailable while the lead is not enrolled yet. A repeat has no effect."""
    async with database.transaction() as connection:
        enrolled = await lock_lead(connection, journeys, lead_id)
        await replan_lead(connection, enrolled, erased(enrolled.lead), spread=spread)
