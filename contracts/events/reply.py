"""What a lead sent us."""

from enum import StrEnum
from typing import Literal

from contracts.events.base import Event
from contracts.events.touch import Channel


class Intent(StrEnum):
    """What a reply asks for, as far as rules can tell."""

    WANTS_LINK = "wants_link"
    OPT_IN = "opt_in"
    REVIEW = "review"  # may be an opt-out: a person should read it
    OTHER = "other"


class ReplyReceived(Event):
    """notify: the lead wrote, or pressed a key during the call."""

    topic: Literal["reply.received"] = "reply.received"
    channel: Channel
    text: str
    intent: Intent
