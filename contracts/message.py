"""What every message on the bus carries, be it an event or a command."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from uuid_utils.compat import uuid7


class Message(BaseModel):
    """A frozen message about one lead. Readers ignore fields they do not know.

    `event_id` is a UUIDv7 that identifies the message: the same message published twice has the
    same id, and no effect the second time. Commands carry it under the same name, so that the
    outbox, the inbox and the audit log treat both alike. `lead_id` is also the correlation id; it
    is 0 where the message concerns no single lead.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    exchange: ClassVar[str]

    topic: str
    schema_version: Literal[1] = 1
    event_id: UUID = Field(default_factory=uuid7)
    at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    lead_id: int

    @classmethod
    def topic_name(cls) -> str:
        """Returns the topic of this class."""
        return str(cls.model_fields["topic"].default)

    @property
    def routing_key(self) -> str:
        """The key that the message is published with."""
        return self.topic

    @classmethod
    def binding_for(cls, service: str) -> str:
        """Returns the binding key by which a queue of `service` receives this class."""
        raise NotImplementedError

    @classmethod
    def parse(cls, body: bytes | str | dict[str, Any]) -> Self:
        """Returns the message in `body`. Raises pydantic.ValidationError when it is not one."""
        if isinstance(body, dict):
            return cls.model_validate(body)
        return cls.model_validate_json(body)
