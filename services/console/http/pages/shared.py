"""Parameters, values and answers that several pages share."""

from collections.abc import Awaitable, Sequence
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import Depends, Query, Request

from kit.clock import now
from kit.errors import Unavailable
from services.console.decisions.leads import Lead
from services.console.decisions.response_times import Stage, timeline
from services.console.decisions.users import User
from services.console.deps import Deps
from services.console.session import require_viewer, token_of

log = structlog.get_logger()

VIEWERS_ONLY = [Depends(require_viewer)]
CSV = "text/csv; charset=utf-8"
PERIODS = (1, 7, 30, 90)
MAX_WAITING = 200  # rows of each kind that wait for an operator

T = TypeVar("T")
Days = Annotated[int, Query(ge=1, le=366)]


async def frame(request: Request, deps: Deps, user: User, at: str) -> dict[str, Any]:
    """Returns the values that every page shows: the user, the page, and the outbound switch.

    Call it first: events that are projected after `seen` make the page refresh.
    """
    return {
        "seen": await deps.projections.until(),
        "user": user,
        "open": not deps.authenticator.users,
        "token": token_of(request),
        "at": at,
        "switch": await deps.actions.switch(),
        "flash": request.session.pop("flash") if "flash" in request.session else None,
        "periods": PERIODS,
    }


async def timelines(deps: Deps, leads: Sequence[Lead]) -> list[list[Stage]]:
    """Returns the timeline of each lead, with Kommo's downtimes as its own time."""
    begins = [lead.accepted_at for lead in leads if lead.accepted_at is not None]
    downtimes = await deps.metrics.downtimes("kommo", min(begins), now()) if begins else []
    return [timeline(lead, downtimes) for lead in leads]


async def if_available(answer: Awaitable[T]) -> T | None:
    """Returns another service's answer; None where it gives none, which the page says."""
    try:
        return await answer
    except Unavailable as outage:
        log.warning("service.unavailable", reason=str(outage))
        return None


def as_file(name: str) -> dict[str, str]:
    """Returns the headers of a download."""
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
