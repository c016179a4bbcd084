"""The pages an operator looks at."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from pydantic import AfterValidator, BeforeValidator

from contracts.events.touch import Channel
from kit.clock import now
from kit.errors import describe
from services.console.decisions.dead_letters import Letter, grouped
from services.console.decisions.event_descriptions import without_earlier_delays
from services.console.decisions.journeys import numbers_of
from services.console.decisions.lead_export import LEAD_COLUMNS, exported
from services.console.decisions.leads import Lead
from services.console.decisions.messages import gettext_noop as _
from services.console.decisions.provider_health import PROVIDERS
from services.console.decisions.response_times import Objective, Stage, budget, cause, timeline
from services.console.decisions.segments import segments
from services.console.decisions.tallies import GROUPS
from services.console.decisions.users import User
from services.console.deps import Deps, HttpDeps
from services.console.http.params import LeadId, RowId, storable
from services.console.repositories.metrics import PAGE, Wanted
from services.console.service_clients import Kind, waiting
from services.console.session import Viewer, require_viewer, token_of
from services.console.spreadsheet import lines

log = structlog.get_logger()
routes = APIRouter(prefix="/console", include_in_schema=False)

LOOKING = [Depends(require_viewer)]
CSV = "text/csv; charset=utf-8"

SHOWN = 40
WAITING = 200  # rows of each kind that wait for a person
FEED_SECONDS, FEED_POLL = (
    15.0,
    0.4,
)  # the browser comes again by itself; a stopping server need not wait long
PREVIEW_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
)
PERIODS = (1, 7, 30, 90)

Days = Annotated[int, Query(ge=1, le=366)]
Text = Annotated[str, Query(max_length=200), AfterValidator(storable)]


def _maybe(value: str | None) -> str | None:
    """A browser sends an empty field along."""
    return value or None


async def frame(request: Request, deps: Deps, user: User, at: str) -> dict[str, Any]:
    """What every page shows: who looks, where they are, and whether everything is stopped.

    Asked for first: what is projected after `seen` makes the page look again.
    """
    return {
        "seen": await deps.projections.until(),
        "user": user,
        "open": not deps.authenticator.users,
        "token": token_of(request),
        "at": at,
        "switch": await deps.store.switch(),
        "flash": request.session.pop("flash") if "flash" in request.session else None,
        "periods": PERIODS,
    }


@routes.get("")
async def now_page(request: Request, deps: HttpDeps, user: Viewer) -> HTMLResponse:
    """Leads of today and of the week, what happens now, and whether everything is well."""
    top = await frame(request, deps, user, "now")
    today = (
        now()
        .astimezone(ZoneInfo(deps.settings.timezone))
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    week = today - timedelta(days=6)
    queues, backlog = await asyncio.gather(deps.services.queues(), deps.services.backlog())
    actions, providers = await deps.store.newest(SHOWN), await deps.metrics.providers()
    return deps.pages.page(
        "now",
        request,
        **top,
        funnels={
            _("Today"): await deps.metrics.funnel(today, now()),
            _("Last 7 days"): await deps.metrics.funnel(week, now()),
        },
        actions=actions,
        names=await deps.metrics.names([one["lead_id"] for one in actions]),
        providers=[
            providers.get(name) or {"name": name, "unavailable": None, "succeeded_at": None}
            for name in PROVIDERS
        ],
        queues=queues,
        waiting={kind: waiting(queues, kind) for kind in Kind},
        backlog=backlog,
        progress=await deps.projections.progress(),
        unknown=len(await deps.store.unknown_touches(limit=WAITING)),
        attention=len(await deps.metrics.in_need_of_attention(limit=WAITING)),
        failed=len(await deps.metrics.failed_work(limit=WAITING)),
        unmatched=len(await deps.metrics.unmatched()),
        held=await deps.metrics.held(),
        spending=await deps.metrics.spending_alarm(),
        disk=deps.disk(),
    )


@routes.get("/stopwatch")
async def stopwatch(request: Request, deps: HttpDeps, user: Viewer, days: Days = 7) -> HTMLResponse:
    """How long it took from the form to the call, whose time it was, and who missed the objective."""
    top, since = await frame(request, deps, user, "stopwatch"), now() - timedelta(days=days)
    objective = Objective(deps.settings.objective_seconds, deps.settings.objective_share)
    calls, missed = await deps.metrics.budget(since, objective)
    newest = (await deps.metrics.leads(Wanted()))[:SHOWN]
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
        chains=list(zip(newest, await _chains(deps, newest), strict=True)),
    )


async def _chains(deps: Deps, leads: list[Lead]) -> list[list[Stage]]:
    """The timeline of each lead, with what Kommo was absent as its own time."""
    begins = [lead.accepted_at for lead in leads if lead.accepted_at is not None]
    downtimes = await deps.metrics.downtimes("kommo", min(begins), now()) if begins else []
    return [timeline(lead, downtimes) for lead in leads]


async def _wanted(
    q: Text = "",
    state: Text = "",
    source: Text = "",
    step: Text = "",
    since: Annotated[date | None, BeforeValidator(_maybe)] = None,
    until: Annotated[date | None, BeforeValidator(_maybe)] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Wanted:
    return Wanted(q, state, source, step, since, until, page)


Sought = Annotated[Wanted, Depends(_wanted)]


@routes.get("/leads")
async def leads(request: Request, deps: HttpDeps, user: Viewer, wanted: Sought) -> HTMLResponse:
    top, found = await frame(request, deps, user, "leads"), await deps.metrics.leads(wanted)
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
async def leads_csv(deps: HttpDeps, user: Viewer, wanted: Sought) -> StreamingResponse:
    """All that the page would show, as a table for a spreadsheet; for operators, for it holds everybody's address."""
    if not user.acts:
        raise HTTPException(403)
    headers = _as_file(f"pauta-leads-{now():%Y-%m-%d}.csv")
    return StreamingResponse(_leads_table(deps, wanted), media_type=CSV, headers=headers)


async def _leads_table(deps: Deps, wanted: Wanted) -> AsyncIterator[str]:
    yield lines([], LEAD_COLUMNS)
    async for some in deps.metrics.every_lead(wanted):
        rows = [exported(lead, deps.settings.timezone) for lead in some]
        yield lines(rows, LEAD_COLUMNS, head=False)


@routes.get("/leads/{lead_id}")
async def lead_page(request: Request, deps: HttpDeps, user: Viewer, lead_id: LeadId) -> Response:
    """What happened to one lead, why, and what comes next."""
    if (own_id := await deps.metrics.own_id(lead_id)) != lead_id:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/console/leads/{own_id}{query}", status_code=303)
    top = await frame(request, deps, user, "leads")
    lead, events = await deps.metrics.lead(lead_id), await deps.store.events_of(lead_id)
    if lead is None and not events:
        raise HTTPException(404)
    kommo_now = (await deps.metrics.providers()).get("kommo") or {}
    plan, texts = await asyncio.gather(deps.services.plan(lead_id), deps.services.texts(lead_id))
    kommo = deps.settings.kommo_base_url.rstrip("/")
    return deps.pages.page(
        "lead",
        request,
        **top,
        lead_id=lead_id,
        lead=lead,
        events=without_earlier_delays(events),
        kommo_unavailable=kommo_now.get("unavailable"),
        plan=plan,
        texts={str(text.touch_id): text for text in texts} if texts is not None else None,
        timeline=(await _chains(deps, [lead]))[0] if lead else [],
        kommo_url=f"{kommo}/leads/detail/{lead.kommo_lead_id}"
        if lead and lead.kommo_lead_id
        else None,
    )


@routes.get("/letters")
async def letters(request: Request, deps: HttpDeps, user: Viewer) -> HTMLResponse:
    """What could not be done, what nobody knows, leads that need somebody, and bookings that are nobody's."""
    top = await frame(request, deps, user, "letters")
    found, unknown = await _letters(deps), await deps.store.unknown_touches(limit=WAITING)
    failed = await deps.metrics.failed_work(limit=WAITING)
    known = [touch["lead_id"] for touch in unknown] + [row.lead_id for row in failed]
    return deps.pages.page(
        "letters",
        request,
        **top,
        groups=grouped(found) if found is not None else None,
        unknown=unknown,
        unmatched=await deps.metrics.unmatched(),
        attention=await deps.metrics.in_need_of_attention(limit=WAITING),
        failed=failed,
        names=await deps.metrics.names(known),
    )


async def _letters(deps: Deps) -> list[Letter] | None:
    """None where RabbitMQ does not answer: the page says so."""
    try:
        async with asyncio.timeout(5):
            return await deps.failed_work.dead_letters.cached_letters(limit=500)
    except Exception as unavailable:  # whatever a broken connection raises
        log.warning("letters.unavailable", reason=describe(unavailable))
        return None


@routes.get("/journey")
async def journey(request: Request, deps: HttpDeps, user: Viewer, days: Days = 90) -> HTMLResponse:
    """The journey file as a diagram, with how many leads stand where, and how they left."""
    top, since = await frame(request, deps, user, "journey"), now() - timedelta(days=days)
    at_step, outcomes = await deps.metrics.at_step(since), await deps.metrics.outcomes(since)
    sections = [
        (_("First contact"), True, numbers_of(deps.journey.first_contact, at_step, outcomes)),
        (
            _("Follow-up, until they book"),
            True,
            numbers_of(deps.journey.follow_up, at_step, outcomes),
        ),
        (
            _("Before and after the meeting"),
            False,
            numbers_of(deps.journey.meeting, at_step, outcomes),
        ),
    ]
    return deps.pages.page("journey", request, **top, days=days, sections=sections)


@routes.get("/journey/{channel}/{template}")
async def template(
    request: Request, deps: HttpDeps, user: Viewer, channel: Channel, template: str
) -> HTMLResponse:
    """One text as its reader would see it."""
    text = await deps.services.preview(channel, template)
    if text is None:
        raise HTTPException(404)
    return deps.pages.page(
        "template",
        request,
        **await frame(request, deps, user, "journey"),
        channel=channel,
        template=template,
        text=text,
        segments=segments(text.text),
    )


@routes.get("/journey/email/{template}/html", dependencies=LOOKING)
async def email(deps: HttpDeps, template: str) -> HTMLResponse:
    """An email alone, for a frame: with its own styles, and without anything from elsewhere."""
    text = await deps.services.preview(Channel.EMAIL, template)
    if text is None:
        raise HTTPException(404)
    return HTMLResponse(text.html, headers={"Content-Security-Policy": PREVIEW_CSP})


@routes.get("/sources")
async def sources(
    request: Request,
    deps: HttpDeps,
    user: Viewer,
    days: Days = 30,
    by: Annotated[str, Query()] = GROUPS[0],
) -> HTMLResponse:
    top, rows = await frame(request, deps, user, "sources"), await _sources(deps, days, by)
    return deps.pages.page("sources", request, **top, days=days, by=by, groups=GROUPS, rows=rows)


@routes.get("/sources.csv", dependencies=LOOKING)
async def sources_csv(
    deps: HttpDeps, days: Days = 30, by: Annotated[str, Query()] = GROUPS[0]
) -> Response:
    """The same as a table for a spreadsheet."""
    columns = ("name", "leads", "reached", "booked", "met", "cost", "cost_per_booking")
    table = lines(await _sources(deps, days, by), columns)
    return Response(table, media_type=CSV, headers=_as_file(f"pauta-{by}-{days}.csv"))


async def _sources(deps: Deps, days: int, by: str) -> list[dict[str, Any]]:
    if by not in GROUPS:
        raise HTTPException(422)
    prices = deps.settings.prices
    rows = await deps.metrics.sources(now() - timedelta(days=days), by)
    for row in rows:
        pairs = (("call", "calls"), ("whatsapp", "whatsapps"), ("sms", "texts"))
        row["cost"] = round(
            sum(prices.get(channel, 0.0) * row[column] for channel, column in pairs), 2
        )
        row["cost_per_booking"] = round(row["cost"] / row["booked"], 2) if row["booked"] else None
    return rows


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


@routes.get("/feed", dependencies=LOOKING)
async def feed(
    request: Request, deps: HttpDeps, after: RowId, lead_id: RowId | None = None
) -> StreamingResponse:
    """Says at once when something has happened after `after` (server-sent events); the page then looks for itself."""
    last = request.headers.get("last-event-id", "")  # of a browser that comes again
    after = max(after, int(last) if last.isascii() and last.isdigit() and len(last) < 19 else 0)
    return StreamingResponse(
        _news(deps, after, lead_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _news(deps: Deps, after: int, lead_id: int | None) -> AsyncIterator[str]:
    yield "retry: 500\n\n"
    clock = asyncio.get_running_loop()
    ends = clock.time() + FEED_SECONDS
    while clock.time() < ends:
        newest = await deps.store.newest_projected(after, lead_id)
        if newest is not None:
            after = newest
            yield f"id: {after}\ndata: {after}\n\n"
        await asyncio.sleep(FEED_POLL)
