"""The page *Now*: leads of today and of the week, recent events, and the system's status."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kit.clock import now
from services.console.decisions.doors import in_trouble, to_review
from services.console.decisions.messages import gettext_noop as _
from services.console.decisions.provider_health import PROVIDERS
from services.console.deps import HttpDeps
from services.console.http.pages.shared import MAX_WAITING, frame, if_available
from services.console.service_clients import Kind, waiting
from services.console.session import Viewer

routes = APIRouter(prefix="/console", include_in_schema=False)

MAX_EVENTS = 40


@routes.get("")
async def now_page(request: Request, deps: HttpDeps, user: Viewer) -> HTMLResponse:
    top = await frame(request, deps, user, "now")
    zone = ZoneInfo(deps.settings.timezone)
    today = now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    week = today - timedelta(days=6)
    queues, backlog, submissions, sources = await asyncio.gather(
        deps.services.queues(),
        deps.services.backlog(),
        if_available(deps.intake.held(limit=1)),
        if_available(deps.intake.sources()),
    )
    actions = await deps.actions.newest(MAX_EVENTS)
    providers = await deps.metrics.providers()
    return deps.pages.page(
        "now",
        request,
        **top,
        funnels={
            _("Today"): await deps.metrics.funnel(today, now()),
            _("Last 7 days"): await deps.metrics.funnel(week, now()),
        },
        actions=actions,
        names=await deps.metrics.names([action["lead_id"] for action in actions]),
        providers=[
            providers.get(name) or {"name": name, "unavailable": None, "succeeded_at": None}
            for name in PROVIDERS
        ],
        queues=queues,
        waiting={kind: waiting(queues, kind) for kind in Kind},
        backlog=backlog,
        progress=await deps.projections.progress(),
        unknown=len(await deps.actions.unknown_touches(limit=MAX_WAITING)),
        attention=len(await deps.metrics.in_need_of_attention(limit=MAX_WAITING))
        + len(await deps.actions.unmatched_replies(limit=MAX_WAITING)),
        failed=len(await deps.metrics.failed_work(limit=MAX_WAITING)),
        unmatched=len(await deps.metrics.unmatched()),
        held=await deps.metrics.held(),
        spending=await deps.metrics.spending_alarm(),
        disk=deps.disk(),
        in_review=to_review(submissions) if submissions is not None else None,
        troubled=in_trouble(sources) if sources is not None else None,
    )
