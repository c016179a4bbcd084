"""Describes a lead's planned touches to an operator."""

from contracts.api.lead_plan import Hours, LeadPlan, PlannedTouch
from domain.journey.contact_hours import Week
from domain.journey.model import Journey
from kit.database import Database
from services.scheduler.decisions.enrolment import Enrolment
from services.scheduler.decisions.planning import Timer, hours_of
from services.scheduler.repositories import aliases, enrolments, timers
from services.scheduler.repositories.journeys import Journeys
from services.scheduler.use_cases.replan_lead import timer_of


async def show_plan(any_id: int, database: Database, journeys: Journeys) -> LeadPlan | None:
    """Returns None for a lead that is not enrolled.

    `any_id` may be any id that one of the lead's forms was answered with.
    """
    lead_id = await aliases.resolve(database, any_id)
    row = await enrolments.find(database, lead_id)
    if row is None:
        return None
    pending = await timers.pending_of_lead(database, lead_id)
    journey = await journeys.get(database, row.journey)
    lead = Enrolment.model_validate(row.facts)
    return LeadPlan(
        journey=row.journey,
        zone=lead.where.home,
        paused=lead.paused,
        stopped=lead.stopped or lead.follow_up_ended,
        touches=[_planned_touch(timer_of(timer), lead, journey) for timer in pending],
    )


def _planned_touch(timer: Timer, lead: Enrolment, journey: Journey) -> PlannedTouch:
    return PlannedTouch(
        step=timer.step,
        channel=timer.channel,
        booking=timer.booking,
        due_at=timer.due_at,
        hours=_hours(hours_of(timer, lead, journey)),
    )


def _hours(week: Week | None) -> Hours | None:
    if week is None:
        return None
    return Hours(zone=week.zone, days=[list(spans) for spans in week.days])
