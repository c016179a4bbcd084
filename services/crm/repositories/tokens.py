"""SQL of the newest pair of Kommo's OAuth tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.database import Database
from providers.kommo.models import Tokens

SELECT = "select access, refresh, expires_at, origin from tokens"
UPSERT = """
insert into tokens (single, access, refresh, expires_at, origin) values (true, $1, $2, $3, $4)
on conflict (single) do update set access = $1, refresh = $2, expires_at = $3, origin = $4"""


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """A pair, when its access token expires, and the hash of the configured token it comes from.

    The origin of an older version's pair is not known.
    """

    tokens: Tokens
    expires_at: datetime
    origin: str | None = None


class TokenRepository:
    """The stored pair of tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tokens(self) -> StoredTokens | None:
        """Returns the last pair that Kommo answered."""
        rows = await self._database.fetch(SELECT)
        if not rows:
            return None
        row = rows[0]
        pair = Tokens(row["access"], row["refresh"], 0)
        return StoredTokens(pair, row["expires_at"], row["origin"])

    async def keep_tokens(self, tokens: Tokens, now: datetime, *, origin: str | None) -> None:
        """Replaces the stored pair."""
        expires_at = now + timedelta(seconds=tokens.expires_in)
        await self._database.fetch(UPSERT, tokens.access, tokens.refresh, expires_at, origin)
