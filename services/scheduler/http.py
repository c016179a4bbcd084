"""Where operators read a lead's plan and the backlog, and release it. Inside the network only."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request

from contracts.api.backlog import BacklogStatus
from contracts.api.lead_plan import LeadPlan
from kit.operators import admit
from kit.runtime import deps_of
from services.scheduler.deps import Deps
from services.scheduler.use_cases.release_backlog import release_backlog
from services.scheduler.use_cases.show_backlog import show_backlog
from services.scheduler.use_cases.show_plan import show_plan


async def operators_only(request: Request, deps: Annotated[Deps, Depends(deps_of)]) -> None:
    admit(request, deps.settings.scheduler_api_token)


routes = APIRouter(dependencies=[Depends(operators_only)])


FromApp = Annotated[Deps, Depends(deps_of)]


@routes.get("/backlog")
async def get_backlog(deps: FromApp) -> BacklogStatus:
    return await show_backlog(deps.database)


@routes.post("/backlog/release", status_code=202)
async def post_release(deps: FromApp) -> BacklogStatus:
    """Releases the overdue touches, each by its own rule for lateness. A repeat has no effect."""
    return await release_backlog(deps.database)


@routes.get("/leads/{lead_id}")
async def get_plan(lead_id: int, deps: FromApp) -> LeadPlan:
    plan = await show_plan(lead_id, deps.database, deps.journeys)
    if plan is None:
        raise HTTPException(404)
    return plan
