"""The operators' API, reachable from inside the network and from this machine only."""

from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from contracts.commands.touch import ReleaseTouches
from contracts.events.touch import HoldReason
from kit.observability import tracing
from kit.operators import admit
from services.console.decisions.dead_letters import Letter
from services.console.deps import HttpDeps
from services.console.http.params import RowId
from services.console.repositories.metrics import Held
from services.console.repositories.projections import Progress

log = structlog.get_logger()


async def operators_only(request: Request, deps: HttpDeps) -> None:
    admit(request, deps.settings.console_api_token)


routes = APIRouter(dependencies=[Depends(operators_only)])


class SwitchRequest(BaseModel):
    """The operator who pauses or resumes outbound, and the reason."""

    by: str = Field(min_length=1, max_length=100)
    reason: str = Field("", max_length=500)


class LetterSelection(BaseModel):
    """The dead letters and failed rows that an operator selected."""

    by: str = Field(min_length=1, max_length=100)
    ids: list[str] = Field(max_length=1000)


class ReleaseRequest(BaseModel):
    """The held touches that an operator releases: those held for this reason, in this scope."""

    by: str = Field(min_length=1, max_length=100)
    reason: Literal[HoldReason.CAPPED, HoldReason.NUMBER_UNKNOWN]
    scope: str = Field(min_length=1, max_length=500)


@routes.get("/api/actions")
async def actions(
    deps: HttpDeps,
    lead_id: RowId | None = None,
    after: RowId = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> list[dict[str, Any]]:
    """Returns actions of the log, oldest first: of one lead, or after the one with id `after`.

    `lead_id` may be any id that the lead's forms were answered with.
    """
    if lead_id is not None:
        lead_id = await deps.metrics.own_id(lead_id)
    return await deps.actions.actions(after=after, lead_id=lead_id, limit=limit)


@routes.get("/api/touches/unknown")
async def unknown_touches(deps: HttpDeps) -> list[dict[str, Any]]:
    """Returns touches whose outcome is unknown, for an operator to check."""
    return await deps.actions.unknown_touches()


@routes.get("/api/switch")
async def show_switch(deps: HttpDeps) -> dict[str, Any]:
    """Returns whether outbound is paused, since when and by whom."""
    return await deps.actions.switch()


@routes.post("/api/switch/pause", status_code=202)
async def pause(switch: SwitchRequest, deps: HttpDeps) -> None:
    """Pauses outbound: touches that fall due wait. Idempotent."""
    with tracing.continued({}):
        await deps.actions.publish(PauseOutbound(by=switch.by, reason=switch.reason))
    log.warning("outbound.paused")


@routes.post("/api/switch/resume", status_code=202)
async def resume(switch: SwitchRequest, deps: HttpDeps) -> None:
    """Resumes outbound: waiting touches are sent, each within its own hours. Idempotent."""
    with tracing.continued({}):
        await deps.actions.publish(ResumeOutbound(by=switch.by))
    log.warning("outbound.resumed")


@routes.get("/api/dead")
async def dead_letters(
    deps: HttpDeps, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000
) -> list[Letter]:
    """Returns dead letters, the oldest of each service first, and failed rows."""
    return await deps.failed_work.letters(limit=limit)


@routes.post("/api/dead/replay")
async def replay_dead_letters(selection: LetterSelection, deps: HttpDeps) -> list[str]:
    """Replays the letters. Returns the ids of those that existed, and that their queue took."""
    with tracing.continued({}):
        result = await deps.failed_work.replay(selection.ids, selection.by)
    return [letter.letter_id for letter in result.done]


@routes.post("/api/dead/discard")
async def discard_dead_letters(selection: LetterSelection, deps: HttpDeps) -> list[str]:
    """Discards the letters. Returns the ids of those that existed."""
    with tracing.continued({}):
        result = await deps.failed_work.discard(selection.ids, selection.by)
    return [letter.letter_id for letter in result.done]


@routes.get("/api/held")
async def held_touches(deps: HttpDeps) -> list[Held]:
    """Returns the touches that an operator must release, by reason and scope, the oldest first."""
    return await deps.metrics.held()


@routes.post("/api/held/release", status_code=202)
async def release_touches(release: ReleaseRequest, deps: HttpDeps) -> None:
    """Releases these touches, which are sent within their own hours. Idempotent."""
    with tracing.continued({}):
        await deps.actions.publish(
            ReleaseTouches(reason=release.reason, scope=release.scope, by=release.by)
        )
    log.warning("touches.released", held_for=str(release.reason), scope=release.scope)


@routes.get("/api/projections")
async def projections(deps: HttpDeps) -> Progress:
    """Returns how far the projections have come in the audit log."""
    return await deps.projections.progress()


@routes.post("/api/projections/rebuild", status_code=202)
async def rebuild_projections(deps: HttpDeps) -> Progress:
    """Starts to rebuild the projections from the audit log. Returns how much there is to do.

    The pages show the present projections meanwhile.
    """
    await deps.projections.rebuild()
    return await deps.projections.progress()
