"""Guards the operators' API: a known host name, the token, and no request from a foreign page."""

import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Request
from pydantic import SecretStr
from starlette.middleware.trustedhost import TrustedHostMiddleware

LOCAL_NAMES = ("localhost", "127.0.0.1")
SAFE_METHODS = ("GET", "HEAD")


def admit(request: Request, token: SecretStr) -> None:
    """Raises HTTPException: 401 without the token, where one is set; 403 for a browser's command.

    A browser names the origin of such a request, and may send commands only through the console's
    pages.
    """
    if request.method not in SAFE_METHODS and "origin" in request.headers:
        raise HTTPException(403)
    expected = f"Bearer {token.get_secret_value()}"
    given = request.headers.get("authorization", "")
    if token.get_secret_value() and not hmac.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


def answer_only_to(app: FastAPI, *names: str, addresses: Iterable[str] = ()) -> None:
    """Answers 400 to a request for another host name.

    Such a request comes from a foreign page whose own name was made to resolve to this server (DNS
    rebinding). `addresses` are the URLs or names by which this service is called from outside.
    """
    hosts = [urlsplit(address).hostname or address for address in addresses if address]
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=[*LOCAL_NAMES, *names, *hosts], www_redirect=False
    )
