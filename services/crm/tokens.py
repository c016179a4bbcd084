"""Supplies the token for Kommo: a long-lived one, or an OAuth pair, stored before it is used."""

from datetime import datetime, timedelta
from typing import Protocol

import httpx

from kit.clock import Clock
from kit.errors import Unavailable
from providers.kommo.models import Tokens
from providers.kommo.oauth import renew
from services.crm.settings import KommoSettings

RENEW_BEFORE = timedelta(minutes=1)  # its end


class TokenStore(Protocol):
    """Stores the newest pair of tokens."""

    async def tokens(self) -> tuple[Tokens, datetime] | None: ...

    async def keep_tokens(self, tokens: Tokens, now: datetime) -> None: ...


class TokenKeeper:
    """Returns the access token, and renews it when needed.

    Only the elected worker may call it: two renewals at once would invalidate each other, because
    Kommo accepts the newest pair only.
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
        if stored is not None and not refused and stored[1] > self._now() + RENEW_BEFORE:
            return stored[0].access
        tokens = await renew(
            self._http,
            base_url=settings.base_url,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value()
            if settings.client_secret
            else "",
            redirect_uri=settings.redirect_uri,
            refresh_token=(
                stored[0].refresh if stored else settings.refresh_token.get_secret_value()
            ),
        )
        await self._store.keep_tokens(tokens, self._now())
        return tokens.access
