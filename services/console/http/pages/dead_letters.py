"""The page *Pending*: dead letters, failed rows, unconfirmed touches, leads, replies, bookings."""

import asyncio

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kit.errors import describe
from services.console.decisions.dead_letters import Letter, grouped
from services.console.deps import Deps, HttpDeps
from services.console.http.pages.shared import MAX_WAITING, frame
from services.console.session import Viewer

log = structlog.get_logger()
routes = APIRouter(prefix="/console", include_in_schema=False)


@routes.get("/letters")
async def letters(request: Request, deps: HttpDeps, user: Viewer) -> HTMLResponse:
    """Shows work that failed, unconfirmed touches, leads that wait, and unassigned bookings."""
    top = await frame(request, deps, user, "letters")
    dead_letters = await _dead_letters(deps)
    unknown = await deps.actions.unknown_touches(limit=MAX_WAITING)
    failed = await deps.metrics.failed_work(limit=MAX_WAITING)
    lead_ids = [touch["lead_id"] for touch in unknown] + [row.lead_id for row in failed]
    return deps.pages.page(
        "letters",
        request,
        **top,
        groups=grouped(dead_letters) if dead_letters is not None else None,
        unknown=unknown,
        unmatched=await deps.metrics.unmatched(),
        replies=await deps.actions.unmatched_replies(limit=MAX_WAITING),
        attention=await deps.metrics.in_need_of_attention(limit=MAX_WAITING),
        failed=failed,
        names=await deps.metrics.names(lead_ids),
    )


async def _dead_letters(deps: Deps) -> list[Letter] | None:
    """Returns the dead letters; None where RabbitMQ does not answer, which the page shows."""
    try:
        async with asyncio.timeout(5):
            return await deps.failed_work.dead_letters.cached_letters(limit=500)
    except Exception as unavailable:  # a broken connection raises many kinds
        log.warning("letters.unavailable", reason=describe(unavailable))
        return None
