"""Who is looking at the pages: the session in a signed cookie, and the token that keeps others' forms out."""

import hmac
import secrets
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import Depends, Form, HTTPException, Request

from kit.service import deps_of
from services.console.decisions.users import ANYBODY, User
from services.console.deps import Deps

log = structlog.get_logger()

COOKIE = "pauta_console"
LASTS = 12 * 3600  # seconds
LOGIN = "/console/login"

FromApp = Annotated[Deps, Depends(deps_of)]


def user_of(request: Request, deps: Deps) -> User | None:
    """Who is logged in; in the open demonstration, anybody is."""
    if not deps.door.users:
        return ANYBODY
    return deps.door.users.get(str(request.session.get("user", "")))


def token_of(request: Request) -> str:
    """The session's token, which every form that orders something must carry."""
    return str(request.session.setdefault("token", secrets.token_urlsafe(24)))


async def viewer(request: Request, deps: FromApp) -> User:
    """Sends whoever is not logged in to the login page, and back afterwards."""
    user = user_of(request, deps)
    if user is None:
        raise HTTPException(303, headers={"Location": f"{LOGIN}?to={quote(request.url.path)}"})
    return user


async def genuine(request: Request, token: Annotated[str, Form()] = "") -> None:
    """Refuses a form that is not from a page of this session."""
    if not hmac.compare_digest(token.encode(), token_of(request).encode()):
        log.warning("console.forged", path=request.url.path)
        raise HTTPException(403)


async def operator(user: Annotated[User, Depends(viewer)], _: Annotated[None, Depends(genuine)]) -> User:
    """Refuses who may only look."""
    if not user.acts:
        raise HTTPException(403)
    return user


Viewer = Annotated[User, Depends(viewer)]
Operator = Annotated[User, Depends(operator)]
