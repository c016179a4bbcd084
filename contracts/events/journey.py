"""The journey file's versions: which one new leads enter with."""

from typing import Literal

from contracts.events.base import Event


class JourneyPublished(Event):
    """scheduler: leads enter with this version from now on. `version` is the hash of `content`. About no one lead."""

    topic: Literal["journey.published"] = "journey.published"
    lead_id: int = 0
    version: str
    content: str
