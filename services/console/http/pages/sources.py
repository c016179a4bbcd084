"""The pages of the sources: their state and figures, one source, and one of its deliveries."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse

from kit.clock import now
from services.console.decisions.doors import is_keyed
from services.console.decisions.tallies import GROUPS
from services.console.deps import Deps, HttpDeps
from services.console.http.pages.shared import (
    CSV,
    VIEWERS_ONLY,
    Days,
    as_file,
    frame,
    if_available,
)
from services.console.http.params import RowPath, SourceName
from services.console.session import Viewer
from services.console.spreadsheet import lines

routes = APIRouter(prefix="/console", include_in_schema=False)

SOURCE_COLUMNS = ("name", "leads", "reached", "booked", "met", "cost", "cost_per_booking")
# the channels that cost by the touch, and their columns
PRICED = (("call", "calls"), ("whatsapp", "whatsapps"), ("sms", "texts"))
SHOWN = 50  # deliveries

Group = Annotated[str, Query()]


@routes.get("/sources")
async def sources(
    request: Request, deps: HttpDeps, user: Viewer, days: Days = 30, by: Group = GROUPS[0]
) -> HTMLResponse:
    """Shows how the sources do, and the figures of the leads that they brought."""
    top = await frame(request, deps, user, "sources")
    rows = await _figures(deps, days, by)
    return deps.pages.page(
        "sources",
        request,
        **top,
        days=days,
        by=by,
        groups=GROUPS,
        rows=rows,
        sources=await if_available(deps.intake.sources()),
    )


@routes.get("/sources.csv", dependencies=VIEWERS_ONLY)
async def sources_csv(deps: HttpDeps, days: Days = 30, by: Group = GROUPS[0]) -> Response:
    """Returns the page's figures as a table for a spreadsheet."""
    table = lines(await _figures(deps, days, by), SOURCE_COLUMNS)
    return Response(table, media_type=CSV, headers=as_file(f"pauta-{by}-{days}.csv"))


@routes.get("/sources/{name}")
async def source(request: Request, deps: HttpDeps, user: Viewer, name: SourceName) -> HTMLResponse:
    """Shows one source: its address and keys, what is wrong with it, and its last deliveries."""
    top = await frame(request, deps, user, "sources")
    found = [status for status in await deps.intake.sources() if status.name == name]
    if not found:
        raise HTTPException(404)
    return deps.pages.page(
        "source",
        request,
        **top,
        source=found[0],
        keyed=is_keyed(name),
        base_url=deps.settings.public_base_url.rstrip("/"),
        deliveries=await deps.intake.deliveries(source=name, limit=SHOWN),
    )


@routes.get("/deliveries/{delivery_id}")
async def delivery(
    request: Request, deps: HttpDeps, user: Viewer, delivery_id: RowPath
) -> HTMLResponse:
    """Shows a request of a source as it was sent, how it was read, and what came of it."""
    top = await frame(request, deps, user, "sources")
    found = await deps.intake.delivery(delivery_id)
    return deps.pages.page("delivery", request, **top, delivery=found)


async def _figures(deps: Deps, days: int, by: str) -> list[dict[str, Any]]:
    if by not in GROUPS:
        raise HTTPException(422)
    prices = deps.settings.prices
    rows = await deps.metrics.sources(now() - timedelta(days=days), by)
    for row in rows:
        cost = sum(prices.get(channel, 0.0) * row[column] for channel, column in PRICED)
        row["cost"] = round(cost, 2)
        row["cost_per_booking"] = round(row["cost"] / row["booked"], 2) if row["booked"] else None
    return rows
