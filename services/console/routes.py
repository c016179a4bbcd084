"""What an operator may ask."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.console.deps import Deps

routes = APIRouter()


@routes.get("/api/actions")
async def actions(
    request: Request,
    lead_id: int | None = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> list[dict[str, Any]]:
    """Actions as they stand in the log, oldest first; of one lead, or after the one with id `after`."""
    deps: Deps = request.app.state.deps
    return await deps.store.actions(after=after, lead_id=lead_id, limit=limit)
