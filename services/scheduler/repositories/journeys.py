"""The journeys table: each version of the journey that leads are pinned to, and the current one."""

from domain.journey.model import Journey
from domain.journey.parser import stored_journey
from kit.database import Connection, Database

SELECT_CONTENT = """
select content
from journeys
where hash = $1"""
EXISTS = """
select true
from journeys
where hash = $1"""
PUBLISH = """
with kept as (
  insert into journeys (hash, content)
  values ($1, $2)
  on conflict do nothing)
insert into current_journey (version)
values ($1)
on conflict (single) do update
set version = $1
where current_journey.version <> $1
returning true"""


class Journeys:
    """The versions of the journey. Each is parsed once, because its content never changes.

    New leads enter with `version`; leads that entered earlier keep theirs. `published` is whether
    this process has stored and published its version.
    """

    def __init__(self, journey: Journey, *, version: str, content: str) -> None:
        self.journey = journey
        self.version = version
        self.content = content
        self.published = False
        self._parsed: dict[str, Journey] = {version: journey}

    async def publish(self, connection: Connection) -> bool:
        """Stores this process's version as the current one. Returns whether another one was."""
        return await connection.fetchval(PUBLISH, self.version, self.content) is True

    async def exists(self, connection: Connection, version: str) -> bool:
        """Returns whether the version is stored, so that leads can be pinned to it."""
        return await connection.fetchval(EXISTS, version) is True

    async def find(self, source: Connection | Database, version: str) -> Journey | None:
        if version not in self._parsed:
            rows = await source.fetch(SELECT_CONTENT, version)
            if not rows:
                return None
            self._parsed[version] = stored_journey(rows[0]["content"])
        return self._parsed[version]

    async def get(self, source: Connection | Database, version: str) -> Journey:
        """Raises LookupError for a version that is not stored. A lead's own version always is."""
        journey = await self.find(source, version)
        if journey is None:
            raise LookupError(f"no journey has the version {version}")
        return journey
