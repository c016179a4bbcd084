"""What an operator may ask, and order; inside the network and from this machine only."""

from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from contracts.commands.touch import ReleaseTouches
from contracts.events.touch import HoldReason
from kit.observability import tracing
from kit.operators import admit
from kit.runtime import deps_of
from services.console.decisions.dead_letters import Letter
from services.console.deps import Deps
from services.console.http.params import RowId
from services.console.repositories.metrics import Held
from services.console.repositories.projections import Progress

log = structlog.get_logger()
FromApp = Annotated[Deps, Depends(deps_of)]


async def operators_only(request: Request, deps: FromApp) -> None:
    admit(request, deps.settings.console_api_token)


routes = APIRouter(dependencies=[Depends(operators_only)])


class Order(BaseModel):
    """Who turns the switch, and why."""

    by: str = Field(min_length=1, max_length=100)
    reason: str = Field("", max_length=500)


class Chosen(BaseModel):
    """The dead letters and failed rows an operator means."""

    by: str = Field(min_length=1, max_length=100)
    ids: list[str] = Field(max_length=1000)


class Release(BaseModel):
    """The held touches that an operator lets go: those held for this reason, in this scope."""

    by: str = Field(min_length=1, max_length=100)
    reason: Literal[HoldReason.CAPPED, HoldReason.NUMBER_UNKNOWN]
    scope: str = Field(min_length=1, max_length=500)


@routes.get("/api/actions")
async def actions(
    deps: FromApp,
    lead_id: RowId | None = None,
    after: RowId = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> list[dict[str, Any]]:
    """Actions as they stand in the log, oldest first; of one lead, or after the one with id `after`.

    A lead goes by each id that its person was answered with.
    """
    lead_id = None if lead_id is None else await deps.figures.own_id(lead_id)
    return await deps.store.actions(after=after, lead_id=lead_id, limit=limit)


@routes.get("/api/touches/unknown")
async def unknown_touches(deps: FromApp) -> list[dict[str, Any]]:
    """Touches of which nobody can say whether they were sent: a person must look."""
    return await deps.store.unknown_touches()


@routes.get("/api/switch")
async def show_switch(deps: FromApp) -> dict[str, Any]:
    """Whether everything that leaves is stopped, and who said so when."""
    return await deps.store.switch()


@routes.post("/api/switch/pause", status_code=202)
async def pause(order: Order, deps: FromApp) -> None:
    """Nothing leaves any more; what falls due waits. Saying it twice is fine."""
    with tracing.continued({}):
        await deps.store.publish(PauseOutbound(by=order.by, reason=order.reason))
    log.warning("outbound.paused")


@routes.post("/api/switch/resume", status_code=202)
async def resume(order: Order, deps: FromApp) -> None:
    """What waited goes out, each touch by its own hours. Saying it twice is fine."""
    with tracing.continued({}):
        await deps.store.publish(ResumeOutbound(by=order.by))
    log.warning("outbound.resumed")


@routes.get("/api/dead")
async def dead_letters(
    deps: FromApp, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000
) -> list[Letter]:
    """The messages that were parked, the oldest of each service first, and the rows that were set aside."""
    return await deps.set_aside.letters(limit=limit)


@routes.post("/api/dead/replay")
async def replay_dead_letters(chosen: Chosen, deps: FromApp) -> list[str]:
    """Tries them again; the ids of those that were there, and whose queue takes them."""
    with tracing.continued({}):
        acted = await deps.set_aside.replay(chosen.ids, chosen.by)
    return [letter.letter_id for letter in acted.done]


@routes.post("/api/dead/discard")
async def discard_dead_letters(chosen: Chosen, deps: FromApp) -> list[str]:
    """Throws them away; the ids of those that were there."""
    with tracing.continued({}):
        acted = await deps.set_aside.discard(chosen.ids, chosen.by)
    return [letter.letter_id for letter in acted.done]


@routes.get("/api/held")
async def held_touches(deps: FromApp) -> list[Held]:
    """Touches that an operator must release, by reason and scope, the oldest first."""
    return await deps.figures.held()


@routes.post("/api/held/release", status_code=202)
async def release_touches(release: Release, deps: FromApp) -> None:
    """They go out, each touch by its own hours. Saying it twice is fine."""
    with tracing.continued({}):
        await deps.store.publish(
            ReleaseTouches(reason=release.reason, scope=release.scope, by=release.by)
        )
    log.warning("touches.released", held_for=str(release.reason), scope=release.scope)


@routes.get("/api/projections")
async def projections(deps: FromApp) -> Progress:
    """How far what the pages show has come in the audit log."""
    return await deps.projections.progress()


@routes.post("/api/projections/rebuild", status_code=202)
async def rebuild_projections(deps: FromApp) -> Progress:
    """Makes what the pages show anew from the audit log, while they go on showing it; how much there is to do."""
    await deps.projections.rebuild()
    return await deps.projections.progress()
