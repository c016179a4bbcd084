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


class CallAnswered(Event):
    """notify: a person heard the invitation."""

    topic: Literal["call.answered"] = "call.answered"
    touch_id: UUID
    step: str


class CallUnanswered(Event):
    """notify: no person heard it. A voicemail may have been left."""

    topic: Literal["call.unanswered"] = "call.unanswered"
    touch_id: UUID
    step: str
    reason: Unanswered
