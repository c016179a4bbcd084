"""What became of a call that the provider placed."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from contracts.events.base import Event


class Unanswered(StrEnum):
    """Why nobody heard the invitation in person."""

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
    """notify: nobody did; a voicemail may have been left."""

    topic: Literal["call.unanswered"] = "call.unanswered"
    touch_id: UUID
    step: str
    reason: Unanswered
