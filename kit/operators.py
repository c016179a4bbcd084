"""The door of what only operators may ask: a known name for us, the token, and no form that a page elsewhere posts."""

import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Request
from pydantic import SecretStr
from starlette.middleware.trustedhost import TrustedHostMiddleware

HERE = ("localhost", "127.0.0.1")
READING = ("GET", "HEAD")


def admit(request: Request, token: SecretStr) -> None:
    """Raises HTTPException: 401 without the token, where there is one; 403 for an order out of a browser.

    A browser says where an order comes from, and orders only through the console's pages.
    """
    if request.method not in READING and "origin" in request.headers:
        raise HTTPException(403)
    wanted, given = f"Bearer {token.get_secret_value()}", request.headers.get("authorization", "")
    if token.get_secret_value() and not hmac.compare_digest(given.encode(), wanted.encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


def answer_only_to(app: FastAPI, *names: str, addresses: Iterable[str] = ()) -> None:
    """Answers 400 to who calls us by another name: a page elsewhere whose own name was made to lead here.

    `addresses` are URLs, or names, by which we are called from outside.
    """
    hosts = [urlsplit(address).hostname or address for address in addresses if address]
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=[*HERE, *names, *hosts], www_redirect=False
    )
