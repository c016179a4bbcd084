"""The pages' sessions in a signed cookie, their CSRF token, and the checks of roles."""

import hmac
import secrets
import time
from typing import Annotated, Any
from urllib.parse import quote

import structlog
from fastapi import Depends, Form, HTTPException, Request
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.console.decisions.users import DEMO_USER, User
from services.console.deps import Deps, HttpDeps

log = structlog.get_logger()

COOKIE = "pauta_console"
MAX_AGE = 12 * 3600  # seconds
LOGIN = "/console/login"


class Sessions:
    """Starlette's sessions, with a Secure cookie where the request came by https.

    The gateway passes on the scheme. Without a certificate the console answers this machine only,
    and Safari stores no Secure cookie of http://localhost.
    """

    def __init__(self, app: ASGIApp, /, **options: Any) -> None:
        self._plain = SessionMiddleware(app, **options)
        self._secure = SessionMiddleware(app, https_only=True, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sessions = self._secure if scope.get("scheme") == "https" else self._plain
        await sessions(scope, receive, send)


async def user_of(request: Request, deps: Deps) -> User | None:
    """Returns the logged-in user, for a working day at most.

    In the open demonstration every visitor is the demo user.
    """
    if not deps.authenticator.users:
        return DEMO_USER
    if time.time() - float(request.session.get("since", 0)) > MAX_AGE:
        return None
    session = request.session.get("session")
    if session is None or await deps.ended_sessions.ended(session):
        return None
    return deps.authenticator.users.get(str(request.session.get("user", "")))


def begin(request: Request, user: User) -> None:
    """Starts the user's session. A CSRF token from before it is no longer valid."""
    request.session.clear()
    request.session.update(user=user.name, since=time.time(), session=secrets.token_urlsafe(24))


async def end(request: Request, deps: Deps) -> None:
    """Ends the session, also for copies of its cookie."""
    if (session := request.session.get("session")) is not None:
        await deps.ended_sessions.end(session)
    request.session.clear()


def token_of(request: Request) -> str:
    """Returns the session's CSRF token, which every form that sends a command must carry."""
    if "token" not in request.session:
        request.session["token"] = secrets.token_urlsafe(24)
    return str(request.session["token"])


async def require_viewer(request: Request, deps: HttpDeps) -> User:
    """Returns the user. Redirects a visitor without a session to the login page, then to here."""
    user = await user_of(request, deps)
    if user is None:
        query = f"?{request.url.query}" if request.url.query else ""
        target = f"{request.url.path}{query}" if request.method == "GET" else "/console"
        raise HTTPException(303, headers={"Location": f"{LOGIN}?to={quote(target)}"})
    return user


async def verify_csrf_token(request: Request, token: Annotated[str, Form()] = "") -> None:
    """Raises HTTPException (403) for a form that is not from a page of this session."""
    if not hmac.compare_digest(token.encode(), token_of(request).encode()):
        log.warning("console.csrf_token_invalid", path=request.url.path)
        raise HTTPException(403)


async def require_operator(
    user: Annotated[User, Depends(require_viewer)], _: Annotated[None, Depends(verify_csrf_token)]
) -> User:
    """Returns the user. Raises HTTPException (403) for a viewer."""
    if not user.acts:
        raise HTTPException(403)
    return user


Viewer = Annotated[User, Depends(require_viewer)]
Operator = Annotated[User, Depends(require_operator)]
