"""The search for leads, its download, and the page of one lead."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from pydantic import AfterValidator, BeforeValidator

from kit.clock import now
from services.console.decisions.event_descriptions import without_earlier_delays
from services.console.decisions.lead_export import LEAD_COLUMNS, exported
from services.console.decisions.leads import Lead
from services.console.deps import Deps, HttpDeps
from services.console.http.pages.shared import CSV, as_file, frame, timelines
from services.console.http.params import LeadId, storable
from services.console.repositories.metrics import PAGE, LeadFilter
from services.console.session import Viewer
from services.console.spreadsheet import lines

routes = APIRouter(prefix="/console", include_in_schema=False)


def _none_if_empty(value: str | None) -> str | None:
    """Returns None for an empty field, which a browser sends too."""
    return value or None


Text = Annotated[str, Query(max_length=200), AfterValidator(storable)]
OptionalDate = Annotated[date | None, BeforeValidator(_none_if_empty)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


async def _wanted(
    q: Text = "",
    state: Text = "",
    source: Text = "",
    step: Text = "",
    since: OptionalDate = None,
    until: OptionalDate = None,
    page: PageNumber = 1,
) -> LeadFilter:
    return LeadFilter(q, state, source, step, since, until, page)


Filter = Annotated[LeadFilter, Depends(_wanted)]


@routes.get("/leads")
async def leads(request: Request, deps: HttpDeps, user: Viewer, wanted: Filter) -> HTMLResponse:
    top = await frame(request, deps, user, "leads")
    found = await deps.metrics.leads(wanted)
    return deps.pages.page(
        "leads",
        request,
        **top,
        wanted=wanted,
        leads=found[:PAGE],
        more=len(found) > PAGE,
        choices=await deps.metrics.choices(),
    )


@routes.get("/leads.csv")
async def leads_csv(deps: HttpDeps, user: Viewer, wanted: Filter) -> StreamingResponse:
    """Returns all leads of the search as a table for a spreadsheet.

    For operators only, because it has the addresses of all these people.
    """
    if not user.acts:
        raise HTTPException(403)
    headers = as_file(f"pauta-leads-{now():%Y-%m-%d}.csv")
    return StreamingResponse(_leads_table(deps, wanted), media_type=CSV, headers=headers)


async def _leads_table(deps: Deps, wanted: LeadFilter) -> AsyncIterator[str]:
    yield lines([], LEAD_COLUMNS)
    async for batch in deps.metrics.every_lead(wanted):
        rows = [exported(lead, deps.settings.timezone) for lead in batch]
        yield lines(rows, LEAD_COLUMNS, head=False)


@routes.get("/leads/{lead_id}")
async def lead_page(request: Request, deps: HttpDeps, user: Viewer, lead_id: LeadId) -> Response:
    """Shows the history of one lead, its planned touches and its data."""
    own_id = await deps.metrics.own_id(lead_id)
    if own_id != lead_id:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/console/leads/{own_id}{query}", status_code=303)
    top = await frame(request, deps, user, "leads")
    lead = await deps.metrics.lead(lead_id)
    events = await deps.actions.events_of(lead_id)
    if lead is None and not events:
        raise HTTPException(404)
    providers = await deps.metrics.providers()
    plan, texts = await asyncio.gather(deps.services.plan(lead_id), deps.services.texts(lead_id))
    return deps.pages.page(
        "lead",
        request,
        **top,
        lead_id=lead_id,
        lead=lead,
        events=without_earlier_delays(events),
        kommo_unavailable=providers.get("kommo", {}).get("unavailable"),
        plan=plan,
        texts={str(text.touch_id): text for text in texts} if texts is not None else None,
        timeline=(await timelines(deps, [lead]))[0] if lead else [],
        kommo_url=_kommo_url(deps, lead),
    )


def _kommo_url(deps: Deps, lead: Lead | None) -> str | None:
    if lead is None or not lead.kommo_lead_id:
        return None
    kommo = deps.settings.kommo_base_url.rstrip("/")
    return f"{kommo}/leads/detail/{lead.kommo_lead_id}"
