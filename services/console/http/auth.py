"""Logging in and out, and the files that every page needs."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from kit.visitors import visitor_of
from services.console.decisions.messages import gettext_noop as _
from services.console.deps import HttpDeps
from services.console.rendering import STATIC
from services.console.repositories.logins import LockedOut
from services.console.session import begin, end, token_of, user_of, verify_csrf_token

log = structlog.get_logger()
routes = APIRouter(prefix="/console", include_in_schema=False)


@routes.get("/static/{name}")
async def static(name: str) -> FileResponse:
    """Returns a static file. Its address has its version, so browsers may cache it for ever."""
    path = STATIC / name
    if path.parent != STATIC or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})


@routes.get("/login")
async def login_page(request: Request, deps: HttpDeps, to: str = "/console") -> Response:
    if await user_of(request, deps) is not None:
        return RedirectResponse(_own_page(to), status_code=303)
    return deps.pages.page("login", request, token=token_of(request), to=_own_page(to), problem="")


@routes.post("/login", dependencies=[Depends(verify_csrf_token)])
async def log_in(
    request: Request,
    deps: HttpDeps,
    name: Annotated[str, Form(max_length=100)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    to: Annotated[str, Form()] = "/console",
) -> Response:
    try:
        user = await deps.authenticator.verify(name, password, visitor_of(request))
    except LockedOut:
        log.warning("console.locked_out")
        return _login_failed(request, deps, to, _("Too many attempts. Wait 15 minutes."), 429)
    if user is None:
        log.warning("console.wrong_password")
        return _login_failed(request, deps, to, _("Wrong user name or password."), 401)
    begin(request, user)
    return RedirectResponse(_own_page(to), status_code=303)


@routes.post("/logout", dependencies=[Depends(verify_csrf_token)])
async def log_out(request: Request, deps: HttpDeps) -> Response:
    await end(request, deps)
    return RedirectResponse("/console/login", status_code=303)


def _login_failed(request: Request, deps: HttpDeps, to: str, problem: str, status: int) -> Response:
    page = deps.pages.page(
        "login", request, status, token=token_of(request), to=_own_page(to), problem=problem
    )
    if status == 429:
        page.headers["Retry-After"] = "900"
    return page


def _own_page(to: str) -> str:
    """Returns `to` where it is a page of the console, else its first page.

    The login redirects to no other site.
    """
    path = to.partition("?")[0]
    is_own = path == "/console" or (path.startswith("/console/") and "//" not in path)
    return to if is_own and "\\" not in to and to.isprintable() else "/console"
