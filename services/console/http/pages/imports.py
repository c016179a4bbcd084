"""The pages of files of leads: the plan of an import, and its progress."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from contracts.api.submissions import FileImport
from services.console.decisions.doors import finished, lines_to_read
from services.console.decisions.users import User
from services.console.deps import Deps, HttpDeps
from services.console.http.pages.shared import frame, if_available
from services.console.http.params import RowPath
from services.console.session import Viewer

routes = APIRouter(prefix="/console", include_in_schema=False)

SHOWN = 200  # lines that bring no lead


@routes.get("/imports")
async def imports(request: Request, deps: HttpDeps, user: Viewer) -> HTMLResponse:
    return await import_page(request, deps, user)


@routes.get("/imports/{import_id}")
async def file_import(
    request: Request, deps: HttpDeps, user: Viewer, import_id: RowPath
) -> HTMLResponse:
    """Shows how far an import has come, and the lines that brought no lead."""
    top = await frame(request, deps, user, "sources")
    file = await deps.intake.file_import(import_id)
    return deps.pages.page(
        "import",
        request,
        **top,
        file=file,
        finished=finished(file),
        lines=lines_to_read(file, SHOWN),
    )


async def import_page(
    request: Request,
    deps: Deps,
    user: User,
    *,
    journey: str = "current",
    plan: FileImport | None = None,
    problem: str = "",
) -> HTMLResponse:
    """Returns the page where a file is chosen, with its plan once it was sent."""
    top = await frame(request, deps, user, "sources")
    return deps.pages.page(
        "imports",
        request,
        422 if problem else 200,
        **top,
        journey=journey,
        plan=plan,
        problem=problem,
        lines=lines_to_read(plan, SHOWN) if plan else [],
        imports=await if_available(deps.intake.imports()),
    )
