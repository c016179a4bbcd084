"""The page *In review*: submissions that are held until an operator decides."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.decisions.doors import tests_apart
from services.console.deps import HttpDeps
from services.console.http.pages.shared import frame, if_available
from services.console.http.params import RowId
from services.console.session import Viewer

routes = APIRouter(prefix="/console", include_in_schema=False)

SHOWN = 100


@routes.get("/submissions")
async def submissions(
    request: Request, deps: HttpDeps, user: Viewer, before: RowId | None = None
) -> HTMLResponse:
    """Shows the newest held submissions; none where intake does not answer, which the page says."""
    top = await frame(request, deps, user, "submissions")
    held = await if_available(deps.intake.held(limit=SHOWN, before=before))
    waiting, tests = tests_apart(held.submissions if held is not None else [])
    return deps.pages.page(
        "submissions", request, **top, held=held, waiting=waiting, tests=tests, shown=SHOWN
    )
