"""Renews Kommo's OAuth tokens, which come in pairs. Store both before using either.

https://developers.kommo.com/reference/get-token
"""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime

import httpx

from kit.errors import Unavailable
from providers.errors import UNREADABLE, CredentialsRejected, unreadable_as
from providers.kommo.models import Tokens

REFUSED_SECONDS = 60.0


async def renew(
    http: httpx.AsyncClient,
    *,
    base_url: str,
    client_id: str,
    client_secret: str,
    redirect_uri: str,
    refresh_token: str,
) -> Tokens:
    """Returns a new pair.

    The old refresh token works until the new one is used, so after a lost answer the request can
    be repeated. Raises Unavailable; CredentialsRejected where only a person can authorise again.
    """
    try:
        response = await http.post(
            f"{base_url.rstrip('/')}/oauth2/access_token",
            json={
                "client_id": client_id,
                "client_secret": client_secret,
                "grant_type": "refresh_token",
                "refresh_token": refresh_token,
                "redirect_uri": redirect_uri,
            },
        )
    except httpx.HTTPError as error:
        raise Unavailable(f"kommo oauth: {type(error).__name__}") from error
    if response.status_code != 200:
        raise _failure(response)
    with unreadable_as(Unavailable, "kommo oauth"):
        body = response.json()
        return Tokens(
            str(body["access_token"]), str(body["refresh_token"]), int(body["expires_in"])
        )


def _failure(response: httpx.Response) -> Unavailable:
    """Returns what a failed renewal means: only 429 and 5xx pass by themselves."""
    status = response.status_code
    reason = f"kommo oauth: {status} {_hint(response)}".strip()
    if status == 429 or not 300 <= status < 500:
        return Unavailable(reason, retry_after=REFUSED_SECONDS, status=status)
    return CredentialsRejected(reason, retry_after=REFUSED_SECONDS, status=status)


def _hint(response: httpx.Response) -> str:
    """Returns the hint of a refusal, which may also come without one, or as a page."""
    with suppress(*UNREADABLE):
        body = response.json()
        return str(body.get("hint") or body.get("detail") or "")[:200]
    return ""


def expiry(token: str) -> datetime | None:
    """Returns when an access token ends, or None where it does not say.

    Kommo's tokens are JWTs. The signature is Kommo's own affair.
    """
    with suppress(*UNREADABLE, OverflowError, OSError):
        payload = token.split(".")[1]
        padded = payload + "=" * (-len(payload) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
        return datetime.fromtimestamp(claims["exp"], UTC)
    return None
