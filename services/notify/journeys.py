"""Finds the version of the journey that a lead entered with."""

from contracts.events.journey import JourneyPublished
from domain.journey.model import Journey
from domain.journey.parser import stored_journey
from kit.database import Database
from kit.errors import Unavailable
from services.notify.repositories import journeys


class Journeys:
    """The versions of the journey: this process's own file, and those that scheduler published.

    `current` is the file that this process was started with; `version` is its hash.
    """

    def __init__(self, database: Database, current: Journey, *, version: str) -> None:
        self._database = database
        self.current = current
        self._known = {version: current}

    async def of(self, version: str | None) -> Journey:
        """Returns the journey of that version, the current one for None.

        Raises Unavailable for a version whose event has not arrived yet.
        """
        if version is None:
            return self.current
        if version not in self._known:
            content = await journeys.get_content(self._database, version)
            if content is None:
                raise Unavailable("that version of the journey has not arrived yet")
            self._known[version] = stored_journey(content)
        return self._known[version]

    async def keep(self, event: JourneyPublished) -> None:
        """Stores a published version."""
        await journeys.store(self._database, event.version, event.content)
