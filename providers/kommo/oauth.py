"""Renews Kommo's OAuth tokens, which come in pairs. Store both before using either.

https://developers.kommo.com/reference/get-token
"""

import httpx

from kit.errors import Unavailable
from providers.errors import unreadable_as
from providers.kommo.models import Tokens


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
    be repeated. Raises Unavailable. Where the refresh token itself is no longer valid, only a
    person can authorise again.
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
    with unreadable_as(Unavailable, "kommo oauth"):
        body = response.json()
        if response.status_code != 200:
            raise Unavailable(
                f"kommo oauth: {response.status_code} {body.get('hint', '')}", retry_after=60
            )
        return Tokens(
            str(body["access_token"]), str(body["refresh_token"]), int(body["expires_in"])
        )
