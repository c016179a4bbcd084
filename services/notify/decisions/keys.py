"""Decides which key was pressed during a call, from Twilio's record of it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import KEY_UNHEARD, Channel, SkipReason, TouchSkipped, TouchUncertain
from providers.twilio.models import CallEvent
from services.notify.touches import Touch

ASKS_FOR_LINK = "1"
VOICE = "/webhooks/twilio/voice"
GIVEN_UP_SECONDS = 86_400.0
SHORTEST_WAIT = 60.0


class Pressed(StrEnum):
    """The answer that Twilio's own record of a call gives.

    UNKNOWN: there is no record yet. SILENCE: our webhook never answered, so nobody heard an
    invitation.
    """

    UNKNOWN = "unknown"
    LINK = "link"
    NOTHING = "nothing"
    SILENCE = "silence"


def what_was_pressed(events: Sequence[CallEvent]) -> Pressed:
    """Returns the key that the requests of a call name."""
    if not events:
        return Pressed.UNKNOWN
    if any(event.digits == ASKS_FOR_LINK for event in events):
        return Pressed.LINK
    voice = [event for event in events if urlsplit(event.url).path.endswith(VOICE)]
    invited = any(event.status in range(200, 300) for event in voice)
    return Pressed.NOTHING if invited else Pressed.SILENCE


def next_check(age_seconds: float) -> float | None:
    """Returns the seconds until Twilio is asked again about a call this old; None after a day."""
    return max(SHORTEST_WAIT, age_seconds / 10) if age_seconds < GIVEN_UP_SECONDS else None


def asked_by_key(lead_id: int, call: UUID, ref: str, *, at: datetime) -> ReplyReceived:
    """Returns the event for a pressed 1: the same from the webhook and from the record."""
    return ReplyReceived(
        event_id=uuid5(call, ref),
        at=at,
        lead_id=lead_id,
        channel=Channel.CALL,
        text=ASKS_FOR_LINK,
        intent=Intent.WANTS_LINK,
    )


def uncertain(link: Touch, ref: str) -> TouchUncertain:
    """Returns the event for a link of which nobody knows yet whether it was asked for."""
    name = uuid5(link.touch_id, f"{ref}/{KEY_UNHEARD}")
    return TouchUncertain(event_id=name, **link.about(), reason=KEY_UNHEARD)


def not_asked(link: Touch, ref: str) -> TouchSkipped:
    """Returns the event for a link that was not asked for during the call."""
    name = uuid5(link.touch_id, f"{ref}/{SkipReason.NOT_ASKED}")
    return TouchSkipped(event_id=name, **link.about(), reason=SkipReason.NOT_ASKED)
