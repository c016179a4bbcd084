"""notify's answers to console: the texts that a lead was sent, and previews of templates."""

from datetime import datetime
from uuid import UUID

from contracts.api.model import ApiModel
from contracts.events.touch import Channel


class SentText(ApiModel):
    """The exact text of a touch; `subject` is empty where it has none."""

    touch_id: UUID
    step: str
    channel: Channel
    subject: str
    text: str
    at: datetime


class TextPreview(ApiModel):
    """A template filled in with an example; `html` for email only."""

    subject: str
    html: str | None
    text: str
