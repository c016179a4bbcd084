"""What a lead sent us."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from contracts.events.base import Event
from contracts.events.touch import Channel


class Intent(StrEnum):
    """What a reply asks for, as far as rules can tell."""

    STOP = "stop"  # published as `lead.opted_out`
    WRONG_NUMBER = "wrong_number"  # the same, and a person of the team must see it
    OPT_IN = "opt_in"
    NO_INTEREST = "no_interest"  # ends the follow-up; the address stays one that may be contacted
    WISH = "wish"  # about when or how to be contacted
    NOT_NOW = "not_now"
    WANTS_CALL = "wants_call"
    CALL_BACK = "call_back"  # at an hour that they chose in a call's menu; scheduler plans it
    WANTS_LINK = "wants_link"
    MEETING_CHANGE = "meeting_change"  # to reschedule or cancel the meeting
    QUESTION = "question"
    THANKS = "thanks"
    AUTOMATIC = "automatic"  # no person wrote it
    REVIEW = "review"  # may be an opt-out: a person should read it
    OTHER = "other"


# the follow-up waits until an operator has attended to the reply
WAITS_FOR_A_PERSON = frozenset(
    {Intent.WISH, Intent.NOT_NOW, Intent.WANTS_CALL, Intent.MEETING_CHANGE, Intent.REVIEW}
)
# a person of the team should answer
ASKS_A_PERSON = WAITS_FOR_A_PERSON | {Intent.QUESTION, Intent.OTHER}


class ReplyReceived(Event):
    """notify: the lead wrote, or pressed a key during the call.

    `hour` is when they want to be called or written to, in their words, and `call_at` the moment
    that a CALL_BACK is for. `media` are the links of
    what they sent besides text, or instead of it. `attribution` names the ad that they tapped.
    """

    topic: Literal["reply.received"] = "reply.received"
    channel: Channel
    text: str
    intent: Intent
    hour: str = ""
    call_at: AwareDatetime | None = None
    media: tuple[str, ...] = ()
    attribution: dict[str, str] = {}  # noqa: RUF012


class ReplyUnmatched(Event):
    """notify: somebody wrote whom no lead matches. A person of the team must see it.

    `sender` is their number, address, or the id that WhatsApp shows instead of a number.
    """

    topic: Literal["reply.unmatched"] = "reply.unmatched"
    channel: Channel
    sender: str
    text: str
    intent: Intent
    media: tuple[str, ...] = ()


class ReplyAttended(Event):
    """console: an operator has attended to an unmatched reply."""

    topic: Literal["reply.attended"] = "reply.attended"
    reply_id: str
    by: str
