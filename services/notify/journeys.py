"""The versions of the journey that leads entered with: our own file, and those that the scheduler published."""

from contracts.events.journey import JourneyPublished
from domain.journey.model import Journey
from domain.journey.parser import stored_journey
from kit.database import Database
from kit.errors import Unavailable


class Journeys:
    """`current` is the file that this process was started with, under the hash `version`."""

    def __init__(self, database: Database, current: Journey, *, version: str) -> None:
        self._database, self.current = database, current
        self._known = {version: current}

    async def of(self, version: str | None) -> Journey:
        """The journey of that version; the current one where none is named.

        Raises Unavailable for a version whose event is still on the way.
        """
        if version is None:
            return self.current
        if version not in self._known:
            rows = await self._database.fetch(
                "select content from journeys where hash = $1", version
            )
            if not rows:
                raise Unavailable("that version of the journey is not here yet")
            self._known[version] = stored_journey(rows[0]["content"])
        return self._known[version]

    async def keep(self, event: JourneyPublished) -> None:
        await self._database.fetch(
            "insert into journeys (hash, content) values ($1, $2) on conflict do nothing",
            event.version,
            event.content,
        )
