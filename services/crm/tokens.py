"""The token Kommo is asked with: long-lived, or an OAuth pair that is renewed and kept before it is used."""

from datetime import datetime, timedelta
from typing import Protocol

import httpx

from kit.clock import Clock
from kit.errors import Unavailable
from providers.kommo.models import Tokens
from providers.kommo.oauth import renew
from services.crm.settings import KommoSettings


class TokenStore(Protocol):
    """Where the last pair is kept."""

    async def tokens(self) -> tuple[Tokens, datetime] | None: ...

    async def keep_tokens(self, tokens: Tokens, now: datetime) -> None: ...


class TokenKeeper:
    """Called by the one active worker only, so no two renew at once: Kommo honours just the newest pair."""

    def __init__(
        self, settings: KommoSettings, store: TokenStore, http: httpx.AsyncClient, now: Clock
    ) -> None:
        self._settings, self._store, self._http, self._now = settings, store, http, now

    async def __call__(self, refused: bool) -> str:
        """The access token; a new one when Kommo `refused` the last. Raises Unavailable when there is none."""
        s = self._settings
        if s.refresh_token is None:
            assert s.access_token is not None
            if refused:
                raise Unavailable("kommo: 401, KOMMO_ACCESS_TOKEN is not accepted", retry_after=30)
            return s.access_token.get_secret_value()
        kept = await self._store.tokens()
        if kept is not None and not refused and kept[1] > self._now() + timedelta(minutes=1):
            return kept[0].access
        tokens = await renew(
            self._http,
            base_url=s.base_url,
            client_id=s.client_id,
            client_secret=s.client_secret.get_secret_value() if s.client_secret else "",
            redirect_uri=s.redirect_uri,
            refresh_token=kept[0].refresh if kept else s.refresh_token.get_secret_value(),
        )
        await self._store.keep_tokens(tokens, self._now())
        return tokens.access
