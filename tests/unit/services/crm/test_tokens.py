"""Which token Kommo requests use, and when it is renewed."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import httpx
import pytest
import pytest_asyncio

from kit.errors import Unavailable
from providers.kommo.models import Tokens
from services.crm.settings import KommoSettings
from services.crm.tokens import TokenKeeper
from tests.wire import Wire

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


class StoredTokens:
    """The single stored row of tokens, in memory."""

    def __init__(self, tokens: Tokens | None = None, expires_at: datetime = NOW) -> None:
        self.row = (tokens, expires_at) if tokens else None

    async def tokens(self) -> tuple[Tokens, datetime] | None:
        return self.row

    async def keep_tokens(self, tokens: Tokens, now: datetime) -> None:
        self.row = (tokens, now + timedelta(seconds=tokens.expires_in))


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        wire.answers(
            200,
            {
                "token_type": "Bearer",
                "expires_in": 86400,
                "access_token": "a2",
                "refresh_token": "r2",
            },
        )
        yield wire


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as http:
        yield http


def settings(wire: Wire, **tokens: str) -> KommoSettings:
    values = {
        "KOMMO_BASE_URL": wire.url,
        "KOMMO_PIPELINE_ID": "1",
        "KOMMO_STATUS_ID_INICIAL": "2",
        "KOMMO_STATUS_ID_AGENDADO": "3",
    }
    values |= {
        "KOMMO_CLIENT_ID": "c",
        "KOMMO_CLIENT_SECRET": "s",
        "KOMMO_REDIRECT_URI": "https://h/x",
    } | tokens
    with patch.dict(os.environ, values, clear=True):
        return KommoSettings()


async def test_a_long_lived_token_is_used_as_it_is_and_never_renewed(
    wire: Wire, http: httpx.AsyncClient
) -> None:
    keeper = TokenKeeper(
        settings(wire, KOMMO_ACCESS_TOKEN="long"), StoredTokens(), http, lambda: NOW
    )

    assert await keeper(False) == "long"
    with pytest.raises(Unavailable, match="KOMMO_ACCESS_TOKEN"):
        await keeper(True)
    assert wire.requests == []


async def test_the_first_pair_comes_from_the_configured_refresh_token(
    wire: Wire, http: httpx.AsyncClient
) -> None:
    store = StoredTokens()

    assert (
        await TokenKeeper(settings(wire, KOMMO_REFRESH_TOKEN="r1"), store, http, lambda: NOW)(False)
        == "a2"
    )
    assert wire.requests[0].path == "/oauth2/access_token"
    assert wire.requests[0].json == {
        "client_id": "c",
        "client_secret": "s",
        "grant_type": "refresh_token",
        "refresh_token": "r1",
        "redirect_uri": "https://h/x",
    }
    assert store.row == (Tokens("a2", "r2", 86400), NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("remaining", "refused", "renewed"),
    [
        pytest.param(timedelta(hours=1), False, False, id="still good"),
        pytest.param(timedelta(seconds=30), False, True, id="about to end"),
        pytest.param(timedelta(hours=1), True, True, id="refused before its time"),
    ],
)
async def test_a_kept_pair_is_renewed_when_it_must(
    wire: Wire, http: httpx.AsyncClient, remaining: timedelta, *, refused: bool, renewed: bool
) -> None:
    store = StoredTokens(Tokens("a1", "r-kept", 86400), NOW + remaining)
    token = await TokenKeeper(settings(wire, KOMMO_REFRESH_TOKEN="r1"), store, http, lambda: NOW)(
        refused
    )

    assert token == ("a2" if renewed else "a1")
    assert [request.json["refresh_token"] for request in wire.requests] == (
        ["r-kept"] if renewed else []
    )


async def test_a_refresh_token_that_has_expired_is_reported(
    wire: Wire, http: httpx.AsyncClient
) -> None:
    wire.answers(400, {"hint": "Invalid refresh token", "status": 400})

    with pytest.raises(Unavailable, match="Invalid refresh token"):
        await TokenKeeper(
            settings(wire, KOMMO_REFRESH_TOKEN="r1"), StoredTokens(), http, lambda: NOW
        )(False)
