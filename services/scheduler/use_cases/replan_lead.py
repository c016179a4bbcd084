"""The steps that every change of a lead shares: lock its enrolment, then store it and replan."""

from dataclasses import dataclass
from datetime import timedelta

from contracts.events.touch import Channel
from domain.journey.model import Journey
from kit.database import Connection
from kit.errors import Unavailable
from services.scheduler.decisions.enrolment import Enrolment
from services.scheduler.decisions.planning import Timer, plan
from services.scheduler.decisions.reconciliation import StoredTimer, reconcile, reopened
from services.scheduler.repositories import enrolments, timers
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.repositories.timers import DueRow, TimerRow

CONSUMER = "scheduler.changes"


@dataclass(frozen=True, slots=True)
class EnrolledLead:
    """A stored enrolment, and the journey that the lead is pinned to."""

    lead: Enrolment
    version: str
    journey: Journey


async def lock_lead(connection: Connection, journeys: Journeys, lead_id: int) -> EnrolledLead:
    """Returns the lead, its enrolment locked until the transaction ends.

    Raises Unavailable while the lead is not enrolled yet: its own event is still on the way.
    """
    row = await enrolments.lock(connection, lead_id)
    if row is None:
        raise Unavailable("the lead is not enrolled yet")
    lead = Enrolment.model_validate(row.facts)
    return EnrolledLead(lead, row.journey, await journeys.get(connection, row.journey))


async def replan_lead(
    connection: Connection, before: EnrolledLead, after: Enrolment, *, spread: timedelta
) -> None:
    """Stores the enrolment after the change, and makes the lead's timers those of its new plan.

    The plan follows the journey of `before`.
    """
    lead_id = after.lead_id
    facts = after.model_dump_json()
    await enrolments.update(connection, lead_id, facts=facts, journey=before.version)
    stored = [_stored_timer(row) for row in await timers.of_lead(connection, lead_id)]
    planned = plan(after, before.journey, spread)
    changes = reconcile(stored, planned, reopened(before.lead, after, stored))
    if changes.delete:
        await timers.delete(connection, changes.delete)
    if changes.insert:
        await timers.insert(connection, lead_id, changes.insert)
    if changes.move:
        await timers.replan(connection, changes.move, state="pending")
    if changes.reopen:
        await timers.replan(connection, changes.reopen, state="fired")


def timer_of(row: TimerRow | DueRow) -> Timer:
    return Timer(row.step, Channel(row.channel), row.booking, row.run, row.due_at)


def _stored_timer(row: TimerRow) -> StoredTimer:
    return StoredTimer(row.timer_id, timer_of(row), row.planned_at, row.state)
