"""The outcome of a call."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from contracts.events.base import Event


class Unanswered(StrEnum):
    """Why no person heard the invitation."""

    VOICEMAIL = "voicemail"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    HUNG_UP = "hung_up"
    FAX = "fax"
    UNSURE = "unsure"  # something listened, and nobody knows whether it was a person
    MISHEARD = "misheard"  # something answered the menu in words, twice, that we do not understand


class CallAnswered(Event):
    """notify: a person heard the invitation, or pressed a key."""

    topic: Literal["call.answered"] = "call.answered"
    touch_id: UUID
    step: str


class CallUnanswered(Event):
    """notify: no person heard it. A voicemail may have been left.

    `listened_seconds`: for how long somebody listened before hanging up, where that is known.
    """

    topic: Literal["call.unanswered"] = "call.unanswered"
    touch_id: UUID
    step: str
    reason: Unanswered
    listened_seconds: int | None = None
