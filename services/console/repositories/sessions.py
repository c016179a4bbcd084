"""Console's SQL: the sessions that were logged out of, whose cookies are still good for some hours."""

from kit.database import Database

FORGET = "delete from ended_sessions where ended_at < now() - make_interval(secs => $1)"


class EndedSessions:
    """`lasts` is how many seconds a cookie is good for."""

    def __init__(self, database: Database, *, lasts: float) -> None:
        self._database, self._lasts = database, lasts

    async def end(self, session: str) -> None:
        """Whoever has kept the cookie is logged out too. Twice is fine."""
        await self._database.fetch(
            "insert into ended_sessions (session) values ($1) on conflict do nothing", session
        )

    async def ended(self, session: str) -> bool:
        return bool(
            await self._database.fetch("select 1 from ended_sessions where session = $1", session)
        )

    async def forget_old(self) -> None:
        await self._database.fetch(FORGET, self._lasts)
