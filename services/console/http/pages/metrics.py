"""The page of response times against the objective."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kit.clock import now
from services.console.decisions.response_times import Objective, budget, cause
from services.console.deps import HttpDeps
from services.console.http.pages.shared import Days, frame, timelines
from services.console.repositories.metrics import LeadFilter
from services.console.session import Viewer

routes = APIRouter(prefix="/console", include_in_schema=False)

MAX_LEADS = 40  # whose timelines are shown


@routes.get("/stopwatch")
async def response_times(
    request: Request, deps: HttpDeps, user: Viewer, days: Days = 7
) -> HTMLResponse:
    """Shows how long it took from the form to the call, and which calls missed the objective."""
    top = await frame(request, deps, user, "stopwatch")
    since = now() - timedelta(days=days)
    objective = Objective(deps.settings.objective_seconds, deps.settings.objective_share)
    calls, missed = await deps.metrics.budget(since, objective)
    newest = (await deps.metrics.leads(LeadFilter()))[:MAX_LEADS]
    return deps.pages.page(
        "stopwatch",
        request,
        **top,
        days=days,
        objective=objective,
        budget=budget(calls, missed, objective),
        missed=[(lead, cause(lead)) for lead in await deps.metrics.missed(since, objective)],
        by_day=await deps.metrics.waits_by_day(since, deps.settings.timezone),
        by_source=await deps.metrics.waits_by_source(since),
        chains=list(zip(newest, await timelines(deps, newest), strict=True)),
    )
