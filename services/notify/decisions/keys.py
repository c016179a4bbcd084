"""What was pressed during a call, and the events of a call whose key was never heard. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import KEY_UNHEARD, Channel, SkipReason, TouchSkipped, TouchUncertain
from providers.twilio.client import CallEvent
from services.notify.touches import Touch

ASKS_FOR_LINK = "1"
VOICE = "/webhooks/twilio/voice"
GIVEN_UP_SECONDS = 86_400.0
SHORTEST_WAIT = 60.0


class Pressed(StrEnum):
    """What Twilio's own record of a call says.

    UNKNOWN: it is not there yet; SILENCE: we never told Twilio what to say, so nobody heard an invitation.
    """

    UNKNOWN = "unknown"
    LINK = "link"
    NOTHING = "nothing"
    SILENCE = "silence"


def what_was_pressed(events: Sequence[CallEvent]) -> Pressed:
    if not events:
        return Pressed.UNKNOWN
    if any(event.digits == ASKS_FOR_LINK for event in events):
        return Pressed.LINK
    told = (event.status for event in events if urlsplit(event.url).path.endswith(VOICE))
    return Pressed.NOTHING if any(status in range(200, 300) for status in told) else Pressed.SILENCE


def next_look(age_seconds: float) -> float | None:
    """Seconds until Twilio is asked again about a call of this age; None after a day."""
    return max(SHORTEST_WAIT, age_seconds / 10) if age_seconds < GIVEN_UP_SECONDS else None


def asked_by_key(lead_id: int, call: UUID, ref: str, *, at: datetime) -> ReplyReceived:
    """They pressed 1: the same event, however we heard of it."""
    return ReplyReceived(
        event_id=uuid5(call, ref),
        at=at,
        lead_id=lead_id,
        channel=Channel.CALL,
        text=ASKS_FOR_LINK,
        intent=Intent.WANTS_LINK,
    )


def uncertain(link: Touch, ref: str) -> TouchUncertain:
    """Nobody knows yet whether the link was asked for during this call."""
    name = uuid5(link.touch_id, f"{ref}/{KEY_UNHEARD}")
    return TouchUncertain(event_id=name, **link.about(), reason=KEY_UNHEARD)


def not_asked(link: Touch, ref: str) -> TouchSkipped:
    """The link was not asked for during this call."""
    name = uuid5(link.touch_id, f"{ref}/{SkipReason.NOT_ASKED}")
    return TouchSkipped(event_id=name, **link.about(), reason=SkipReason.NOT_ASKED)
