"""Skips a step of a lead for an operator."""

from contracts.commands.lead import SkipStep
from kit.database import Database
from kit.messaging.inbox import first_time
from services.scheduler.decisions.lateness import skip
from services.scheduler.repositories import timers
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.replan_lead import lock_lead, timer_of
from services.scheduler.use_cases.settle_timers import SettledTimer, record_ends

CONSUMER = "scheduler.commands"


async def skip_step(command: SkipStep, database: Database, journeys: Journeys) -> None:
    """Drops the step's pending timers, and publishes that. A repeat has no effect.

    Raises Unavailable while the lead is not enrolled yet.
    """
    lead_id = command.lead_id
    async with database.transaction() as connection:
        if not await first_time(connection, CONSUMER, command.event_id):
            return
        enrolled = await lock_lead(connection, journeys, lead_id)
        rows = await timers.lock_step(
            connection, lead_id, step=command.step, booking=command.booking
        )
        ends = [
            SettledTimer(
                row.timer_id, lead_id, skip(enrolled.lead, enrolled.journey, timer_of(row))
            )
            for row in rows
        ]
        await record_ends(connection, ends)
