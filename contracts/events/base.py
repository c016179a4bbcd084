"""What every event carries, whoever says it."""

from datetime import UTC, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from uuid_utils.compat import uuid7


class Event(BaseModel):
    """A fact about one lead. Frozen; a reader ignores fields it does not know.

    `event_id` is a UUIDv7 and names the fact itself: the same fact said twice has the same id, and has no
    effect the second time. The lead id doubles as the message's correlation id.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: str
    schema_version: Literal[1] = 1
    event_id: UUID = Field(default_factory=uuid7)
    at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    lead_id: int

    @classmethod
    def topic_name(cls) -> str:
        """The topic of this class, as it stands in the broker."""
        return str(cls.model_fields["topic"].default)

    @classmethod
    def read(cls, body: bytes | str | dict[str, Any]) -> Self:
        """The event in `body`. Raises pydantic.ValidationError when it is not one."""
        return cls.model_validate(body) if isinstance(body, dict) else cls.model_validate_json(body)
