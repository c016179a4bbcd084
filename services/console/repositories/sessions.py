"""Console's SQL for sessions that were logged out of, while their cookies have not expired."""

from kit.database import Database

FORGET = "delete from ended_sessions where ended_at < now() - make_interval(secs => $1)"


class EndedSessions:
    """Sessions that were logged out of. `lasts` is for how many seconds a cookie is valid."""

    def __init__(self, database: Database, *, lasts: float) -> None:
        self._database = database
        self._lasts = lasts

    async def end(self, session: str) -> None:
        """Ends the session, for every copy of its cookie. Idempotent."""
        await self._database.fetch(
            "insert into ended_sessions (session) values ($1) on conflict do nothing", session
        )

    async def ended(self, session: str) -> bool:
        return bool(
            await self._database.fetch("select 1 from ended_sessions where session = $1", session)
        )

    async def forget_old(self) -> None:
        await self._database.fetch(FORGET, self._lasts)
