"""Stores the journey that new leads enter with, and publishes it where another one was current."""

from contracts.events.journey import JourneyPublished
from kit.database import Database
from kit.messaging import outbox
from services.scheduler.repositories.journeys import Journeys


async def publish_journey(database: Database, journeys: Journeys) -> None:
    """Publishes this process's version once. Later calls return at once."""
    if journeys.published:
        return
    async with database.transaction() as connection:
        if await journeys.publish(connection):
            event = JourneyPublished(version=journeys.version, content=journeys.content)
            await outbox.add(connection, [event])
    journeys.published = True
