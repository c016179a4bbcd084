"""One planned outreach to one lead on one channel, and how it ended."""

from enum import StrEnum
from typing import Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime

from contracts.booking import Booking
from contracts.event import Event

TOUCHES = UUID("6f1d3b52-0c43-5b0e-9d5c-6a2f0f1c7a11")


class Channel(StrEnum):
    EMAIL = "email"
    CALL = "call"
    WHATSAPP = "whatsapp"
    SMS = "sms"


def touch_id(lead_id: int, step: str, channel: Channel, *, run: str = "", booking: str = "") -> UUID:
    """The touch's name: the same touch has the same id however often it is planned."""
    return uuid5(TOUCHES, f"{lead_id}/{run}/{step}/{channel}/{booking}")


class Kind(StrEnum):
    """What a touch is for: it decides what stops it."""

    FIRST_CONTACT = "first_contact"  # the answer to the form
    FOLLOW_UP = "follow_up"  # never after a booking
    MEETING = "meeting"  # only while its booking stands
    ASKED_FOR = "asked_for"  # the person wants it now


class TouchEvent(Event):
    """What every touch event says: which touch, on which step and channel."""

    touch_id: UUID
    step: str
    channel: Channel


class TouchDue(TouchEvent):
    """scheduler: the touch's time has come. `until` ends its hours; `fallback` names the channels to try after.

    Every channel has its own text under the one name `template`.
    """

    topic: Literal["touch.due"] = "touch.due"
    kind: Kind
    template: str
    fallback: tuple[Channel, ...] = ()
    until: AwareDatetime | None = None
    booking: Booking | None = None


class TouchDeferred(TouchEvent):
    """notify: this is no hour to reach the person; the scheduler finds the next one. `booking` is a meeting's uid."""

    topic: Literal["touch.deferred"] = "touch.deferred"
    booking: str = ""


class TouchSent(TouchEvent):
    """notify: the provider accepted the touch, under this reference. `asked_at` is when our request left."""

    topic: Literal["touch.sent"] = "touch.sent"
    provider_ref: str | None = None
    asked_at: AwareDatetime | None = None


class TouchDelivered(TouchEvent):
    """notify: the provider's receipt says that it arrived."""

    topic: Literal["touch.delivered"] = "touch.delivered"


class FailureKind(StrEnum):
    """Why a touch failed, as far as it decides what to try next."""

    UNREACHABLE = "unreachable"  # not this person on this channel: another channel may do
    MISCONFIGURED = "misconfigured"  # our sender, template or account: another channel may do, and somebody must look
    BAD_ADDRESS = "bad_address"  # no channel reaches this address
    OPTED_OUT = "opted_out"  # the person blocked us: no other channel either


class TouchFailed(TouchEvent):
    """notify: the provider refused the touch, or its receipt says that it cannot arrive."""

    topic: Literal["touch.failed"] = "touch.failed"
    kind: FailureKind
    reason: str


class SkipReason(StrEnum):
    OPTED_OUT = "opted_out"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    BOOKED = "booked"
    NOT_BOOKED = "not_booked"  # its booking was moved or cancelled
    CLOSED = "closed"
    TOO_LATE = "too_late"
    OVERTAKEN = "overtaken"  # a later step on the same channel is due as well
    CALLED_TODAY = "called_today"  # this number had a welcome call within a day, whoever's form it was
    ABROAD = "abroad"  # its country is none that the business reaches out to by phone
    OPERATOR = "operator"  # an operator said so


class TouchSkipped(TouchEvent):
    """notify, or scheduler for what is late: we chose not to send, by this rule."""

    topic: Literal["touch.skipped"] = "touch.skipped"
    reason: SkipReason


class TouchUncertain(TouchEvent):
    """notify: no clear answer came; the provider is asked before anything else happens."""

    topic: Literal["touch.uncertain"] = "touch.uncertain"
    reason: str


class TouchLookedUp(TouchEvent):
    """notify: the provider was asked about an uncertain touch; `look` counts from 1."""

    topic: Literal["touch.looked_up"] = "touch.looked_up"
    look: int
    found: bool


class TouchUnknown(TouchEvent):
    """notify: it could not be found out whether the touch was sent. A person must look: it is not sent again."""

    topic: Literal["touch.unknown"] = "touch.unknown"


class TouchReviewed(TouchEvent):
    """console: an operator looked into a touch of which nobody could say whether it was sent: send it, or let it be."""

    topic: Literal["touch.reviewed"] = "touch.reviewed"
    send: bool
    by: str


class HoldReason(StrEnum):
    PAUSED = "paused"  # an operator stopped everything
    PROVIDER_AWAY = "provider_away"
    BUDGET_SPENT = "budget_spent"  # the day's spending cap is reached


class TouchHeld(TouchEvent):
    """notify: the touch waits, and goes out by itself once it may."""

    topic: Literal["touch.held"] = "touch.held"
    reason: HoldReason
