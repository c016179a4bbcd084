"""The feed of server-sent events that makes open pages refresh."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from services.console.deps import Deps, HttpDeps
from services.console.http.pages.shared import VIEWERS_ONLY
from services.console.http.params import RowId

routes = APIRouter(prefix="/console", include_in_schema=False)

# A stream ends after some seconds, and the browser reconnects: a stopping server need not wait.
FEED_SECONDS = 15.0
POLL_SECONDS = 0.4


@routes.get("/feed", dependencies=VIEWERS_ONLY)
async def feed(
    request: Request, deps: HttpDeps, after: RowId, lead_id: RowId | None = None
) -> StreamingResponse:
    """Sends an event as soon as there is an action after `after`; the page then fetches itself."""
    last = request.headers.get("last-event-id", "")  # from a browser that reconnects
    if last.isascii() and last.isdigit() and len(last) < 19:
        after = max(after, int(last))
    return StreamingResponse(
        _events(deps, after, lead_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _events(deps: Deps, after: int, lead_id: int | None) -> AsyncIterator[str]:
    yield "retry: 500\n\n"
    clock = asyncio.get_running_loop()
    ends = clock.time() + FEED_SECONDS
    while clock.time() < ends:
        newest = await deps.actions.newest_projected(after, lead_id)
        if newest is not None:
            after = newest
            yield f"id: {after}\ndata: {after}\n\n"
        await asyncio.sleep(POLL_SECONDS)
