"""The versions of the journey file."""

from typing import Literal

from contracts.events.base import Event


class JourneyPublished(Event):
    """scheduler: new leads start with this version. `version` is the hash of `content`."""

    topic: Literal["journey.published"] = "journey.published"
    lead_id: int = 0
    version: str
    content: str
