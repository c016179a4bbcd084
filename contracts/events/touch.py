"""One planned outreach to one lead on one channel, and how it ended."""

from enum import StrEnum
from typing import Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime

from contracts.events.base import Event
from contracts.events.booking import Booking

TOUCHES = UUID("6f1d3b52-0c43-5b0e-9d5c-6a2f0f1c7a11")


class Channel(StrEnum):
    EMAIL = "email"
    CALL = "call"
    WHATSAPP = "whatsapp"
    SMS = "sms"


def touch_id(lead_id: int, step: str, channel: Channel, *, run: int = 0, booking: str = "") -> UUID:
    """The touch's name: the same touch has the same id however often it is planned.

    `run` is the submission that it answers; 0 for the lead's first.
    """
    return uuid5(TOUCHES, f"{lead_id}/{run or ''}/{step}/{channel}/{booking}")


class Kind(StrEnum):
    """What a touch is for: it decides what stops it."""

    FIRST_CONTACT = "first_contact"  # the answer to the form
    FOLLOW_UP = "follow_up"  # never after a booking
    MEETING = "meeting"  # only while its booking stands
    ASKED_FOR = "asked_for"  # the person wants it now


class TouchEvent(Event):
    """What every touch event says: which touch, on which step and channel, of which run of the journey."""

    touch_id: UUID
    step: str
    channel: Channel
    run: int = 0

    @property
    def routing_key(self) -> str:
        """The topic with the channel, so that no queue receives what it would throw away."""
        return f"{self.topic}.{self.channel}"

    @classmethod
    def on(cls, *channels: Channel) -> tuple[str, ...]:
        """Returns the binding keys of this event on these channels."""
        return tuple(f"{cls.topic_name()}.{channel}" for channel in channels)


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


class DeferReason(StrEnum):
    HOURS = "hours"  # this is no hour to reach the person
    PAUSED = "paused"  # an operator has the lead's follow-up wait
    DAILY_LIMIT = "daily_limit"  # the number or mailbox had its one call, text or mail of the day


class TouchDeferred(TouchEvent):
    """notify: not now; the scheduler finds the next hour that suits, not before `not_before`.

    `booking` is a meeting's uid.
    """

    topic: Literal["touch.deferred"] = "touch.deferred"
    booking: str = ""
    reason: DeferReason = DeferReason.HOURS
    not_before: AwareDatetime | None = None


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
    BOOKED_ELSEWHERE = "booked_elsewhere"  # another lead of the same person has a meeting
    NOT_BOOKED = "not_booked"  # its booking was moved or cancelled
    CLOSED = "closed"
    TOO_LATE = "too_late"
    OVERTAKEN = "overtaken"  # a later step on the same channel is due as well
    ABROAD = "abroad"  # its country is none that the business reaches out to by phone
    UNUSABLE_NUMBER = (
        "unusable_number"  # satellite, premium, toll-free and the like: never called or written to
    )
    NO_HOURS = "no_hours"  # its zones are never open together
    WEEKLY_LIMIT = "weekly_limit"  # the law allows one channel a week, and this would be the second
    OPERATOR = "operator"  # an operator said so
    NOT_ASKED = "not_asked"  # in the call, whose key had not been heard, nobody asked for it


class TouchSkipped(TouchEvent):
    """notify, or scheduler for what is late: we chose not to send, by this rule."""

    topic: Literal["touch.skipped"] = "touch.skipped"
    reason: SkipReason


KEY_UNHEARD = "key_unheard"


class TouchUncertain(TouchEvent):
    """notify: no clear answer came; the provider is asked before anything else happens.

    Of the booking link, with the reason `key_unheard`: whether somebody asked for it during a call.
    """

    topic: Literal["touch.uncertain"] = "touch.uncertain"
    reason: str


class TouchChecked(TouchEvent):
    """notify: the provider was asked about an uncertain touch; `look` counts from 1."""

    topic: Literal["touch.checked"] = "touch.checked"
    look: int
    found: bool


class TouchUnresolved(TouchEvent):
    """notify: it could not be found out whether the touch was sent. A person must look: it is not sent again."""

    topic: Literal["touch.unresolved"] = "touch.unresolved"


class TouchResolved(TouchEvent):
    """notify: an operator decided about an unresolved touch. With `send` it is sent again."""

    topic: Literal["touch.resolved"] = "touch.resolved"
    send: bool
    by: str


class HoldReason(StrEnum):
    PAUSED = "paused"  # an operator stopped everything
    PROVIDER_AWAY = "provider_unavailable"
    BUDGET_SPENT = "budget_spent"  # the day's spending cap is reached
    HOURS = "hours"  # the person asked for it, and the hours open later
    NUMBER_UNKNOWN = "number_unknown"  # a range that nobody knows yet: an operator releases it
    CAPPED = "capped"  # too many to one prefix, of one source, or through the open door: an operator releases it


class TouchHeld(TouchEvent):
    """notify: the touch waits, and goes out by itself once it may, or when an operator releases it.

    `scope` names what it waits with, where an operator must release it: a cap (`prefix +57300`) or a lead (`lead 7`).
    """

    topic: Literal["touch.held"] = "touch.held"
    reason: HoldReason
    scope: str = ""


class TouchDelayed(TouchEvent):
    """notify: `provider`, or crm, which is asked before, did not do its part; the touch was surely not sent.

    It is tried again at `again_at`; where that is None, a person has to replay it.
    """

    topic: Literal["touch.delayed"] = "touch.delayed"
    provider: str
    reason: str
    again_at: AwareDatetime | None = None


class TouchesReleased(Event):
    """notify: an operator released the touches that were held for this reason in this scope."""

    topic: Literal["touches.released"] = "touches.released"
    lead_id: int = 0
    reason: HoldReason
    scope: str
    by: str
