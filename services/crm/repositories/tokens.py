"""SQL of the newest pair of Kommo's OAuth tokens."""

from datetime import datetime, timedelta

from kit.database import Database
from providers.kommo.models import Tokens

SELECT = "select access, refresh, expires_at from tokens"
UPSERT = """
insert into tokens (single, access, refresh, expires_at) values (true, $1, $2, $3)
on conflict (single) do update set access = $1, refresh = $2, expires_at = $3"""


class TokenRepository:
    """The stored pair of tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tokens(self) -> tuple[Tokens, datetime] | None:
        """Returns the last pair that Kommo answered, and when its access token expires."""
        rows = await self._database.fetch(SELECT)
        if not rows:
            return None
        return Tokens(rows[0]["access"], rows[0]["refresh"], 0), rows[0]["expires_at"]

    async def keep_tokens(self, tokens: Tokens, now: datetime) -> None:
        """Replaces the stored pair."""
        expires_at = now + timedelta(seconds=tokens.expires_in)
        await self._database.fetch(UPSERT, tokens.access, tokens.refresh, expires_at)
