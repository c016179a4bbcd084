"""Supplies the token for Kommo: a long-lived one, or an OAuth pair, stored before it is used."""

import hashlib
from datetime import datetime, timedelta
from typing import Protocol

import httpx
import structlog
from pydantic import SecretStr

from kit.clock import Clock
from providers.errors import CredentialsRejected
from providers.kommo.models import Tokens
from providers.kommo.oauth import renew
from services.crm.repositories.tokens import StoredTokens
from services.crm.settings import KommoSettings

log = structlog.get_logger()

RENEW_EARLY = timedelta(minutes=1)  # before the access token expires


class TokenStore(Protocol):
    """Stores the newest pair of tokens."""

    async def tokens(self) -> StoredTokens | None: ...

    async def keep_tokens(self, tokens: Tokens, now: datetime, *, origin: str | None) -> None: ...


def origin_of(settings: KommoSettings) -> str:
    """Returns the hash that tells one configured refresh token from another."""
    token = settings.refresh_token or SecretStr("")
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()


class TokenKeeper:
    """The current access token, renewed when needed.

    Only the elected worker may ask for it. Two renewals at once would invalidate each other,
    because Kommo accepts the newest pair only.

    A refresh token that is newly configured counts for more than the stored pair: a person has
    authorised again, because the old pair is no longer valid or belongs to another account.
    """

    def __init__(
        self, settings: KommoSettings, store: TokenStore, http: httpx.AsyncClient, now: Clock
    ) -> None:
        self._settings = settings
        self._store = store
        self._http = http
        self._now = now
        self._origin = origin_of(settings)
        self._refused: set[str] = set()

    async def __call__(self, refused: bool) -> str:
        """Returns the access token, a new one if Kommo `refused` the last.

        Raises Unavailable when there is none.
        """
        settings = self._settings
        if settings.refresh_token is None:
            assert settings.access_token is not None
            if refused:
                raise CredentialsRejected(
                    "kommo: 401, KOMMO_ACCESS_TOKEN is not accepted", retry_after=30, status=401
                )
            return settings.access_token.get_secret_value()
        stored = await self._store.tokens()
        if stored is not None and not refused and self._is_current(stored):
            return stored.tokens.access
        return await self._renew(self._candidates(stored))

    def _is_current(self, stored: StoredTokens) -> bool:
        is_configured = stored.origin in (None, self._origin) or self._configured in self._refused
        return is_configured and stored.expires_at > self._now() + RENEW_EARLY

    @property
    def _configured(self) -> str:
        assert self._settings.refresh_token is not None
        return self._settings.refresh_token.get_secret_value()

    def _candidates(self, stored: StoredTokens | None) -> list[tuple[str, str | None]]:
        """Returns the refresh tokens to try, each with the origin of the pair that it gives."""
        configured = (self._configured, self._origin)
        if stored is None:
            return [configured]
        kept = (stored.tokens.refresh, stored.origin)
        if stored.origin == self._origin:
            return [kept]
        if stored.origin is None:  # which came first is not known
            return [(stored.tokens.refresh, self._origin), configured]
        return [configured, kept]

    async def _renew(self, candidates: list[tuple[str, str | None]]) -> str:
        """Returns the access token of the first refresh token that Kommo accepts."""
        for refresh_token, origin in candidates[:-1]:
            if refresh_token in self._refused:
                continue
            try:
                return await self._renew_with(refresh_token, origin)
            except CredentialsRejected as refusal:
                log.warning("kommo.refresh_token_refused", reason=str(refusal))
                self._refused.add(refresh_token)
        return await self._renew_with(*candidates[-1])

    async def _renew_with(self, refresh_token: str, origin: str | None) -> str:
        settings = self._settings
        client_secret = settings.client_secret or SecretStr("")
        tokens = await renew(
            self._http,
            base_url=settings.base_url,
            client_id=settings.client_id,
            client_secret=client_secret.get_secret_value(),
            redirect_uri=settings.redirect_uri,
            refresh_token=refresh_token,
        )
        await self._store.keep_tokens(tokens, self._now(), origin=origin)
        return tokens.access
