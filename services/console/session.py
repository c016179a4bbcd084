"""Who is looking at the pages: the session in a signed cookie, and the token that keeps others' forms out."""

import hmac
import secrets
import time
from typing import Annotated, Any
from urllib.parse import quote

import structlog
from fastapi import Depends, Form, HTTPException, Request
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from kit.runtime import deps_of
from services.console.decisions.users import DEMO_USER, User
from services.console.deps import Deps

log = structlog.get_logger()

COOKIE = "pauta_console"
LASTS = 12 * 3600  # seconds
LOGIN = "/console/login"

FromApp = Annotated[Deps, Depends(deps_of)]


class Sessions:
    """Starlette's sessions. The cookie is for https alone where the request came by https, as the gateway tells.

    Without a certificate the console answers this machine only, and Safari keeps no Secure cookie of http://localhost.
    """

    def __init__(self, app: ASGIApp, /, **options: Any) -> None:
        self._plain = SessionMiddleware(app, **options)
        self._secure = SessionMiddleware(app, https_only=True, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sessions = self._secure if scope.get("scheme") == "https" else self._plain
        await sessions(scope, receive, send)


async def user_of(request: Request, deps: Deps) -> User | None:
    """Who is logged in, for a working day at most; in the open demonstration, anybody is."""
    if not deps.door.users:
        return DEMO_USER
    if time.time() - float(request.session.get("since", 0)) > LASTS:
        return None
    session = request.session.get("session")
    if session is None or await deps.ended_sessions.ended(session):
        return None
    return deps.door.users.get(str(request.session.get("user", "")))


def begin(request: Request, user: User) -> None:
    """A session of the user's own; a token from before it is worth nothing after it."""
    request.session.clear()
    request.session.update(user=user.name, since=time.time(), session=secrets.token_urlsafe(24))


async def end(request: Request, deps: Deps) -> None:
    """Nobody goes on with the session, not even with a copy of its cookie."""
    if (session := request.session.get("session")) is not None:
        await deps.ended_sessions.end(session)
    request.session.clear()


def token_of(request: Request) -> str:
    """The session's token, which every form that orders something must carry."""
    if "token" not in request.session:
        request.session["token"] = secrets.token_urlsafe(24)
    return str(request.session["token"])


async def require_viewer(request: Request, deps: FromApp) -> User:
    """Sends whoever is not logged in to the login page, and back afterwards."""
    user = await user_of(request, deps)
    if user is None:
        query = f"?{request.url.query}" if request.url.query else ""
        to = f"{request.url.path}{query}" if request.method == "GET" else "/console"
        raise HTTPException(303, headers={"Location": f"{LOGIN}?to={quote(to)}"})
    return user


async def verify_csrf_token(request: Request, token: Annotated[str, Form()] = "") -> None:
    """Refuses a form that is not from a page of this session."""
    if not hmac.compare_digest(token.encode(), token_of(request).encode()):
        log.warning("console.forged", path=request.url.path)
        raise HTTPException(403)


async def require_operator(
    user: Annotated[User, Depends(require_viewer)], _: Annotated[None, Depends(verify_csrf_token)]
) -> User:
    """Refuses who may only look."""
    if not user.acts:
        raise HTTPException(403)
    return user


Viewer = Annotated[User, Depends(require_viewer)]
Operator = Annotated[User, Depends(require_operator)]
