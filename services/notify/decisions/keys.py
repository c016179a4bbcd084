"""Decides what was chosen during a call, from Twilio's record of it, and what follows. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid5

from contracts.events.reply import Intent, ReplyReceived
from contracts.events.touch import KEY_UNHEARD, Channel, SkipReason, TouchSkipped, TouchUncertain
from providers.twilio.models import CallEvent, CallInput
from services.notify.decisions.menu import Choice, Menu, choice_of
from services.notify.touches import Touch

# the key that stands for what was chosen, in the main menu
KEY_OF = {Choice.LINK: "1", Choice.TODAY: "3", Choice.TOMORROW: "3", Choice.STOP: "9"}
TODAY = "hoy más tarde"
TOMORROW = "mañana"
KEY = "/webhooks/twilio/key"
VOICE = "/webhooks/twilio/voice"
GIVEN_UP_SECONDS = 86_400.0
SHORTEST_WAIT = 60.0


class Pressed(StrEnum):
    """The answer that Twilio's own record of a call gives.

    UNKNOWN: there is no record yet. SILENCE: our webhook never answered, so nobody heard an
    invitation.
    """

    UNKNOWN = "unknown"
    NOTHING = "nothing"
    SILENCE = "silence"


def what_was_pressed(events: Sequence[CallEvent]) -> Choice | Pressed:
    """Returns what the requests of a call say that was chosen.

    Who wished for another hour, and named none, is called tomorrow.
    """
    if not events:
        return Pressed.UNKNOWN
    chosen = {_choice(event) for event in events}
    for choice in (Choice.STOP, Choice.LINK, Choice.TODAY, Choice.TOMORROW):
        if choice in chosen:
            return choice
    if Choice.ANOTHER_HOUR in chosen:
        return Choice.TOMORROW
    voice = [event for event in events if urlsplit(event.url).path.endswith(VOICE)]
    invited = any(event.status in range(200, 300) for event in voice)
    return Pressed.NOTHING if invited else Pressed.SILENCE


def _choice(event: CallEvent) -> Choice | None:
    url = urlsplit(event.url)
    if not url.path.endswith(KEY):
        return None
    asked = parse_qs(url.query).get("menu", [Menu.MAIN])[0]
    menu = Menu.HOUR if asked == Menu.HOUR else Menu.MAIN
    return choice_of(menu, CallInput("", event.digits, event.words))


def next_check(age_seconds: float) -> float | None:
    """Returns the seconds until Twilio is asked again about a call this old; None after a day."""
    return max(SHORTEST_WAIT, age_seconds / 10) if age_seconds < GIVEN_UP_SECONDS else None


def reply_of(
    choice: Choice,
    lead_id: int,
    call: UUID,
    ref: str,
    *,
    at: datetime,
    call_at: datetime | None = None,
    words: str = "",
) -> ReplyReceived:
    """Returns the event for what was chosen: the same from the webhook and from the record."""
    hour = ""
    if call_at is not None:
        hour = TODAY if call_at.date() == at.astimezone(call_at.tzinfo).date() else TOMORROW
    return ReplyReceived(
        event_id=uuid5(call, ref),
        at=at,
        lead_id=lead_id,
        channel=Channel.CALL,
        text=words or KEY_OF[choice],
        intent=Intent.WANTS_LINK if choice is Choice.LINK else Intent.CALL_BACK,
        hour=hour,
        call_at=call_at,
    )


def link_run(reply: UUID) -> int:
    """Returns the number that tells the link of one call from that of another.

    `reply` is the id of the event that asks for it.
    """
    return reply.int >> 97


def uncertain(link: Touch, ref: str) -> TouchUncertain:
    """Returns the event for a link of which nobody knows yet whether it was asked for."""
    name = uuid5(link.touch_id, f"{ref}/{KEY_UNHEARD}")
    return TouchUncertain(event_id=name, **link.about(), reason=KEY_UNHEARD)


def not_asked(link: Touch, ref: str) -> TouchSkipped:
    """Returns the event for a link that was not asked for during the call."""
    name = uuid5(link.touch_id, f"{ref}/{SkipReason.NOT_ASKED}")
    return TouchSkipped(event_id=name, **link.about(), reason=SkipReason.NOT_ASKED)
