"""What happens to the links in our messages."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from contracts.events.base import Event
from contracts.events.touch import Channel


class Opener(StrEnum):
    """Who seems to have opened a link. Nobody can tell for sure."""

    PERSON = "person"
    PROGRAM = "program"  # a preview, or a scanner


class LinkOpened(Event):
    """notify: a short link of a touch was opened. `at` is when, and `target` where it leads.

    A link that is opened again within an hour is not published again.
    """

    topic: Literal["link.opened"] = "link.opened"
    touch_id: UUID
    step: str
    channel: Channel
    target: str
    opener: Opener
