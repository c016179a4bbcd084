"""Where an operator asks about overdue touches and lets them go; inside the network only."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from kit.service import deps_of
from services.scheduler.deps import Deps

routes = APIRouter()


class CatchUp(BaseModel):
    """How many touches are overdue, and whether they wait for a word."""

    overdue: int
    held: bool


FromApp = Annotated[Deps, Depends(deps_of)]


@routes.get("/catch-up")
async def show_catch_up(deps: FromApp) -> CatchUp:
    backlog = await deps.store.backlog()
    return CatchUp(overdue=backlog.overdue, held=backlog.held and not backlog.released)


@routes.post("/catch-up/release", status_code=202)
async def release_catch_up(deps: FromApp) -> CatchUp:
    """The overdue touches go out, each by its own rule for lateness. Saying it twice is fine."""
    backlog = await deps.store.backlog()
    if backlog.held and not backlog.released:
        await deps.store.release(backlog.overdue)
    return CatchUp(overdue=backlog.overdue, held=False)
