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
    """Returns the touch's id, which is the same however often the touch is planned.

    `run` is the submission that it answers; 0 for the lead's first.
    """
    return uuid5(TOUCHES, f"{lead_id}/{run or ''}/{step}/{channel}/{booking}")


class Kind(StrEnum):
    """The purpose of a touch, which decides what stops it."""

    FIRST_CONTACT = "first_contact"  # the answer to the form
    FOLLOW_UP = "follow_up"  # never after a booking
    ATTEMPT = "attempt"  # a further call, until the person is reached; never after a booking
    MEETING = "meeting"  # only while its booking exists, until the meeting begins
    AFTER_MEETING = "after_meeting"  # only while its booking exists: it was held, or missed
    CANCELLATION = "cancellation"  # only while no other booking has taken its place
    ASKED_FOR = "asked_for"  # the person wants it now
    CALL_BACK = "call_back"  # the person asked to be called at this hour; never after a booking


class TouchEvent(Event):
    """Identifies the touch: its step and channel, and the run of the journey."""

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
    """scheduler: the touch's time has come. `until` ends its hours.

    `fallback` names the channels to try next. Each channel has its own text under the name
    `template`.
    """

    topic: Literal["touch.due"] = "touch.due"
    kind: Kind
    template: str
    fallback: tuple[Channel, ...] = ()
    until: AwareDatetime | None = None
    booking: Booking | None = None


class DeferReason(StrEnum):
    HOURS = "hours"  # outside the contact hours
    PAUSED = "paused"  # an operator paused the lead's follow-up
    DAILY_LIMIT = "daily_limit"  # the number or mailbox had its one call, text or mail of the day


class TouchDeferred(TouchEvent):
    """notify: not now. The scheduler plans the next suitable hour, not before `not_before`.

    `booking` is a meeting's key.
    """

    topic: Literal["touch.deferred"] = "touch.deferred"
    booking: str = ""
    reason: DeferReason = DeferReason.HOURS
    not_before: AwareDatetime | None = None


class TouchSent(TouchEvent):
    """notify: the provider accepted the touch. `asked_at` is when our request left."""

    topic: Literal["touch.sent"] = "touch.sent"
    provider_ref: str | None = None
    asked_at: AwareDatetime | None = None


class TouchDelivered(TouchEvent):
    """notify: the provider's receipt confirms delivery."""

    topic: Literal["touch.delivered"] = "touch.delivered"


class FailureKind(StrEnum):
    """Why a touch failed, as far as it decides what to try next."""

    # this channel does not reach the person: another channel may
    UNREACHABLE = "unreachable"
    # our sender, template or account is wrong: another channel may do, and a person must fix it
    MISCONFIGURED = "misconfigured"
    # no channel reaches this address
    BAD_ADDRESS = "bad_address"
    # the mailbox did not take this one mail: it is full, or its server was away
    BOUNCED = "bounced"
    # the person blocked us: no other channel is tried
    OPTED_OUT = "opted_out"


class TouchFailed(TouchEvent):
    """notify: the provider refused the touch, or its receipt reports a failure."""

    topic: Literal["touch.failed"] = "touch.failed"
    kind: FailureKind
    reason: str


class SkipReason(StrEnum):
    OPTED_OUT = "opted_out"
    NO_INTEREST = "no_interest"  # the person wrote so; the address may be contacted
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    DOUBTFUL_ADDRESS = "doubtful_address"  # its last mails bounced, each for a passing reason
    BOOKED = "booked"
    BOOKED_ELSEWHERE = "booked_elsewhere"  # another lead of the same person has a meeting
    NOT_BOOKED = "not_booked"  # its booking was moved or cancelled
    CLOSED = "closed"
    TOO_LATE = "too_late"
    OVERTAKEN = "overtaken"  # a later step on the same channel is due as well
    ABROAD = "abroad"  # the business does not contact this country by phone
    # satellite, premium, toll-free and the like are never called or written to
    UNUSABLE_NUMBER = "unusable_number"
    NO_HOURS = "no_hours"  # its zones are never open together
    WEEKLY_LIMIT = "weekly_limit"  # the law allows one channel a week, and this would be the second
    OPERATOR = "operator"  # an operator decided it
    NOT_ASKED = "not_asked"  # the call's record shows that nobody asked for it
    REACHED = "reached"  # the person has answered a call or written, so no further call is made


class TouchSkipped(TouchEvent):
    """notify, or scheduler for a late touch: we chose not to send, by this rule."""

    topic: Literal["touch.skipped"] = "touch.skipped"
    reason: SkipReason


KEY_UNHEARD = "key_unheard"


class TouchUncertain(TouchEvent):
    """notify: no clear answer came. The provider is asked before anything else happens.

    For the booking link, the reason `key_unheard` means that a key press during a call may have
    been lost.
    """

    topic: Literal["touch.uncertain"] = "touch.uncertain"
    reason: str


class TouchChecked(TouchEvent):
    """notify: the provider was asked about an uncertain touch. `check_count` counts from 1."""

    topic: Literal["touch.checked"] = "touch.checked"
    check_count: int
    found: bool


class TouchUnresolved(TouchEvent):
    """notify: nobody could find out whether the touch was sent. A person must decide about it.

    It is not sent again by itself.
    """

    topic: Literal["touch.unresolved"] = "touch.unresolved"


class TouchResolved(TouchEvent):
    """notify: an operator decided about an unresolved touch. With `send` it is sent again."""

    topic: Literal["touch.resolved"] = "touch.resolved"
    send: bool
    by: str


class HoldReason(StrEnum):
    PAUSED = "paused"  # an operator paused outbound
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    MISCONFIGURED = "misconfigured"  # our sender or template is wrong, and it is tried again later
    PACED = "paced"  # so many calls a second: its turn comes later
    BUDGET_SPENT = "budget_spent"  # the day's spending cap is reached
    HOURS = "hours"  # the person asked for it, and the hours open later
    # a number range that is not known yet: an operator releases it
    NUMBER_UNKNOWN = "number_unknown"
    # a cap per prefix, source or open form is reached: an operator releases it
    CAPPED = "capped"


class TouchHeld(TouchEvent):
    """notify: the touch waits until it may leave, or until an operator releases it.

    `scope` groups the touches that an operator releases together: a cap (`prefix +57300`) or a
    lead (`lead 7`). `detail` is the provider's own text, where it refused something of ours.
    """

    topic: Literal["touch.held"] = "touch.held"
    reason: HoldReason
    scope: str = ""
    detail: str = ""


class TouchDelayed(TouchEvent):
    """notify: `provider`, or crm, which is asked first, failed. The touch was certainly not sent.

    It is retried at `again_at`. Where that is None, a person must replay it.
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
