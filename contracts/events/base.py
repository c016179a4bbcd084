"""The base of every event."""

from typing import ClassVar

from contracts.message import Message


class Event(Message):
    """A fact, named noun and participle, published by the service that owns the matter."""

    exchange: ClassVar[str] = "events"

    @classmethod
    def binding_for(cls, service: str) -> str:  # noqa: ARG003 - events are addressed to nobody
        """Returns the topic with everything that routing keys add to it, such as a channel."""
        return f"{cls.topic_name()}.#"
