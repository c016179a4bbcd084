"""The pages of metrics: response times against the objective, and leads by source."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from kit.clock import now
from services.console.decisions.response_times import Objective, budget, cause
from services.console.decisions.tallies import GROUPS
from services.console.deps import Deps, HttpDeps
from services.console.http.pages.shared import (
    CSV,
    VIEWERS_ONLY,
    Days,
    as_file,
    frame,
    timelines,
)
from services.console.repositories.metrics import LeadFilter
from services.console.session import Viewer
from services.console.spreadsheet import lines

routes = APIRouter(prefix="/console", include_in_schema=False)

MAX_LEADS = 40  # whose timelines are shown
SOURCE_COLUMNS = ("name", "leads", "reached", "booked", "met", "cost", "cost_per_booking")
# the channels that cost by the touch, and their columns
PRICED = (("call", "calls"), ("whatsapp", "whatsapps"), ("sms", "texts"))

Group = Annotated[str, Query()]


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


@routes.get("/sources")
async def sources(
    request: Request, deps: HttpDeps, user: Viewer, days: Days = 30, by: Group = GROUPS[0]
) -> HTMLResponse:
    top = await frame(request, deps, user, "sources")
    rows = await _sources(deps, days, by)
    return deps.pages.page("sources", request, **top, days=days, by=by, groups=GROUPS, rows=rows)


@routes.get("/sources.csv", dependencies=VIEWERS_ONLY)
async def sources_csv(deps: HttpDeps, days: Days = 30, by: Group = GROUPS[0]) -> Response:
    """Returns the page's rows as a table for a spreadsheet."""
    table = lines(await _sources(deps, days, by), SOURCE_COLUMNS)
    return Response(table, media_type=CSV, headers=as_file(f"pauta-{by}-{days}.csv"))


async def _sources(deps: Deps, days: int, by: str) -> list[dict[str, Any]]:
    if by not in GROUPS:
        raise HTTPException(422)
    prices = deps.settings.prices
    rows = await deps.metrics.sources(now() - timedelta(days=days), by)
    for row in rows:
        cost = sum(prices.get(channel, 0.0) * row[column] for channel, column in PRICED)
        row["cost"] = round(cost, 2)
        row["cost_per_booking"] = round(row["cost"] / row["booked"], 2) if row["booked"] else None
    return rows
