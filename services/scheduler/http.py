"""Where an operator asks what is to come and what is overdue, and lets that go; inside the network only."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request

from contracts.api.backlog import BacklogStatus
from contracts.api.lead_plan import Hours, LeadPlan, PlannedTouch
from domain.journey.contact_hours import Week
from kit.operators import admit
from kit.runtime import deps_of
from services.scheduler.decisions.planning import hours_of
from services.scheduler.deps import Deps


async def operators_only(request: Request, deps: Annotated[Deps, Depends(deps_of)]) -> None:
    admit(request, deps.settings.scheduler_api_token)


routes = APIRouter(dependencies=[Depends(operators_only)])


FromApp = Annotated[Deps, Depends(deps_of)]


@routes.get("/backlog")
async def show_backlog(deps: FromApp) -> BacklogStatus:
    backlog = await deps.store.backlog()
    return BacklogStatus(overdue=backlog.overdue, held=backlog.held and not backlog.released)


@routes.post("/backlog/release", status_code=202)
async def release_backlog(deps: FromApp) -> BacklogStatus:
    """The overdue touches go out, each by its own rule for lateness. Saying it twice is fine."""
    backlog = await deps.store.backlog()
    if backlog.held and not backlog.released:
        await deps.store.release(backlog.overdue)
    return BacklogStatus(overdue=backlog.overdue, held=False)


@routes.get("/leads/{lead_id}")
async def show_plan(lead_id: int, deps: FromApp) -> LeadPlan:
    outlook = await deps.store.outlook(lead_id)
    if outlook is None:
        raise HTTPException(404)
    lead = outlook.lead
    touches = [
        PlannedTouch(
            step=timer.step,
            channel=timer.channel,
            booking=timer.booking,
            due_at=timer.due_at,
            hours=_hours(hours_of(timer, lead, outlook.journey)),
        )
        for timer in outlook.to_come
    ]
    return LeadPlan(
        journey=outlook.version,
        zone=lead.where.home,
        paused=lead.paused,
        stopped=lead.stopped or lead.follow_up_ended,
        touches=touches,
    )


def _hours(week: Week | None) -> Hours | None:
    return (
        Hours(zone=week.zone, days=[list(spans) for spans in week.days])
        if week is not None
        else None
    )
