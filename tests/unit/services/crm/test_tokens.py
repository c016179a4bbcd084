"""Which token Kommo requests use, and when it is renewed."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import httpx
import pytest
import pytest_asyncio

from kit.errors import Unavailable
from providers.errors import CredentialsRejected
from providers.kommo.models import Tokens
from services.crm.repositories.tokens import StoredTokens as Row
from services.crm.settings import KommoSettings
from services.crm.tokens import TokenKeeper, origin_of
from tests.wire import Wire

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


class StoredTokens:
    """The single stored row of tokens, in memory."""

    def __init__(
        self, tokens: Tokens | None = None, expires_at: datetime = NOW, origin: str | None = None
    ) -> None:
        self.row = Row(tokens, expires_at, origin) if tokens else None

    async def tokens(self) -> Row | None:
        return self.row

    async def keep_tokens(self, tokens: Tokens, now: datetime, *, origin: str | None) -> None:
        self.row = Row(tokens, now + timedelta(seconds=tokens.expires_in), origin)


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
    with pytest.raises(CredentialsRejected, match="KOMMO_ACCESS_TOKEN"):
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
    origin = origin_of(settings(wire, KOMMO_REFRESH_TOKEN="r1"))
    assert store.row == Row(Tokens("a2", "r2", 86400), NOW + timedelta(days=1), origin)


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
    configured = settings(wire, KOMMO_REFRESH_TOKEN="r1")
    store = StoredTokens(Tokens("a1", "r-kept", 86400), NOW + remaining, origin_of(configured))
    token = await TokenKeeper(configured, store, http, lambda: NOW)(refused)

    assert token == ("a2" if renewed else "a1")
    assert [request.json["refresh_token"] for request in wire.requests] == (
        ["r-kept"] if renewed else []
    )


async def test_a_refresh_token_that_has_expired_is_reported(
    wire: Wire, http: httpx.AsyncClient
) -> None:
    wire.answers(400, {"hint": "Invalid refresh token", "status": 400})

    with pytest.raises(CredentialsRejected, match="Invalid refresh token"):
        await TokenKeeper(
            settings(wire, KOMMO_REFRESH_TOKEN="r1"), StoredTokens(), http, lambda: NOW
        )(False)


def tried(wire: Wire) -> list[str]:
    return [request.json["refresh_token"] for request in wire.requests]


async def test_a_token_that_is_configured_anew_counts_for_more_than_the_stored_pair(
    wire: Wire, http: httpx.AsyncClient
) -> None:
    before = settings(wire, KOMMO_REFRESH_TOKEN="r-dead")
    store = StoredTokens(Tokens("a1", "r-kept", 86400), NOW + timedelta(hours=1), origin_of(before))
    configured = settings(wire, KOMMO_REFRESH_TOKEN="r-new")

    assert await TokenKeeper(configured, store, http, lambda: NOW)(False) == "a2"
    assert tried(wire) == ["r-new"]
    assert store.row is not None
    assert store.row.origin == origin_of(configured)
    assert await TokenKeeper(configured, store, http, lambda: NOW)(False) == "a2"
    assert tried(wire) == ["r-new"], "tried once"


async def test_a_mistyped_token_is_tried_once_and_the_stored_pair_goes_on(
    wire: Wire, http: httpx.AsyncClient
) -> None:
    store = StoredTokens(Tokens("a1", "r-kept", 86400), NOW - timedelta(hours=1), "another")
    wire.then(400, {"hint": "Cannot decrypt the refresh token"})
    keeper = TokenKeeper(settings(wire, KOMMO_REFRESH_TOKEN="r-typo"), store, http, lambda: NOW)

    assert await keeper(False) == "a2"
    assert await keeper(False) == "a2"
    assert tried(wire) == ["r-typo", "r-kept"]
    assert store.row is not None
    assert store.row.origin == "another"


async def test_a_dead_pair_of_an_older_version_gives_way_to_the_configured_token(
    wire: Wire, http: httpx.AsyncClient
) -> None:
    store = StoredTokens(Tokens("a1", "r-dead", 86400), NOW - timedelta(days=90))
    wire.then(400, {"hint": "Invalid refresh token"})
    keeper = TokenKeeper(settings(wire, KOMMO_REFRESH_TOKEN="r-new"), store, http, lambda: NOW)

    assert await keeper(False) == "a2"
    assert tried(wire) == ["r-dead", "r-new"]


async def test_an_outage_does_not_count_as_a_refusal(wire: Wire, http: httpx.AsyncClient) -> None:
    store = StoredTokens(Tokens("a1", "r-kept", 86400), NOW, "another")
    keeper = TokenKeeper(settings(wire, KOMMO_REFRESH_TOKEN="r-new"), store, http, lambda: NOW)
    wire.then(503, b"")

    with pytest.raises(Unavailable):
        await keeper(False)
    assert await keeper(False) == "a2"
    assert tried(wire) == ["r-new", "r-new"]
