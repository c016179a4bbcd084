"""Supplies the token for Kommo: a long-lived one, or an OAuth pair, stored before it is used."""

from datetime import datetime, timedelta
from typing import Protocol

import httpx
from pydantic import SecretStr

from kit.clock import Clock
from kit.errors import Unavailable
from providers.kommo.models import Tokens
from providers.kommo.oauth import renew
from services.crm.settings import KommoSettings

RENEW_EARLY = timedelta(minutes=1)  # before the access token expires


class TokenStore(Protocol):
    """Stores the newest pair of tokens."""

    async def tokens(self) -> tuple[Tokens, datetime] | None: ...

    async def keep_tokens(self, tokens: Tokens, now: datetime) -> None: ...


class TokenKeeper:
    """The current access token, renewed when needed.

    Only the elected worker may ask for it. Two renewals at once would invalidate each other,
    because Kommo accepts the newest pair only.
    """

    def __init__(
        self, settings: KommoSettings, store: TokenStore, http: httpx.AsyncClient, now: Clock
    ) -> None:
        self._settings = settings
        self._store = store
        self._http = http
        self._now = now

    async def __call__(self, refused: bool) -> str:
        """Returns the access token, a new one if Kommo `refused` the last.

        Raises Unavailable when there is none.
        """
        settings = self._settings
        if settings.refresh_token is None:
            assert settings.access_token is not None
            if refused:
                raise Unavailable("kommo: 401, KOMMO_ACCESS_TOKEN is not accepted", retry_after=30)
            return settings.access_token.get_secret_value()
        stored = await self._store.tokens()
        if stored is not None and not refused and stored[1] > self._now() + RENEW_EARLY:
            return stored[0].access
        client_secret = settings.client_secret or SecretStr("")
        refresh_token = stored[0].refresh if stored else settings.refresh_token.get_secret_value()
        tokens = await renew(
            self._http,
            base_url=settings.base_url,
            client_id=settings.client_id,
            client_secret=client_secret.get_secret_value(),
            redirect_uri=settings.redirect_uri,
            refresh_token=refresh_token,
        )
        await self._store.keep_tokens(tokens, self._now())
        return tokens.access
