"""Decides whether a touch goes out now."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from contracts.api.permits import ContactEligibility
from contracts.events.touch import Channel, DeferReason, HoldReason, Kind, SkipReason
from domain.phone import NumberStatus
from services.notify.decisions.addressing import ABOUT_MEETINGS
from services.notify.decisions.limits import UNASKED
from services.notify.touches import Touch

# the opening of hours that are open now
OPEN = datetime.min.replace(tzinfo=UTC)
# what waits while a lead's follow-up is paused
PAUSABLE = {Kind.ATTEMPT, Kind.FOLLOW_UP, Kind.CALL_BACK}
# what a stop, or the loss of interest, ends
ENDED_BY_STOP = UNASKED | {Kind.CALL_BACK}
FOLLOW_UP_GAP = timedelta(hours=12)  # between two follow-ups, where the law counts them
# the skipped touches that are made after all when the booking that stopped them is gone
RECLAIMABLE = (SkipReason.BOOKED, SkipReason.BOOKED_ELSEWHERE)
# WhatsApp takes free text for 24 hours after the person's last message; five minutes are a margin
SESSION_LENGTH = timedelta(hours=23, minutes=55)


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts from the ledger, the opt-outs and crm at the instant of sending.

    `claimed`: this worker holds the touch.
    `opted_out`: the address must never be contacted.
    `stopped`: the person opted out, and only touches of a meeting go on.
    `refused`: the person is not interested, so that nothing unasked is sent.
    `dead`: the address is known to reach nobody.
    `doubtful`: its last mails bounced, each for a passing reason.
    `in_session`: the person wrote by WhatsApp within a day.
    `again_at`: the address has reached its daily limit, until then.
    `channels_this_week`, `followed_up_today`: the follow-up that the lead has had.
    `one_channel_a_week`: the law allows no second channel.
    `abroad`: the number's country is not one of the allowed ones.
    `number`: whether the number can be called or written to.
    `opens_at`: when the law's hours next open; None where they never do.
    `reached`: the person has answered a call, or written, since their first call.
    `paused`: an operator paused outbound.
    `lead_paused`: the follow-up of this lead is paused.
    `spent`: this touch would exceed the day's spending cap.
    `cap`: the cap that is reached.
    `released`: an operator released a touch of the lead.
    `held_for`: the reason why the touch waited before.
    """

    claimed: bool
    opted_out: bool = False
    stopped: bool = False
    refused: bool = False
    dead: bool = False
    doubtful: bool = False
    in_session: bool = False
    again_at: datetime | None = None
    channels_this_week: frozenset[Channel] = frozenset()
    followed_up_today: bool = False
    one_channel_a_week: bool = False
    abroad: bool = False
    number: NumberStatus = NumberStatus.USABLE
    opens_at: datetime | None = OPEN
    reached: bool = False
    paused: bool = False
    lead_paused: bool = False
    spent: bool = False
    cap: str | None = None
    released: bool = False
    held_for: str | None = None
    eligibility: ContactEligibility = field(default_factory=ContactEligibility)


@dataclass(frozen=True, slots=True)
class Send:
    address: str


@dataclass(frozen=True, slots=True)
class Skip:
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now, or the lead is paused: the scheduler replans the touch, not before `not_before`."""

    reason: DeferReason
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """It waits here `until` that instant, or until its reason is gone.

    Where it has a `scope`, it waits until an operator releases that scope. `detail` is the
    provider's own text, where it refused something of ours.
    """

    reason: HoldReason
    scope: str = ""
    until: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Another worker has claimed the touch, or it is settled."""


def decide(touch: Touch, facts: Facts, now: datetime) -> Send | Skip | Defer | Hold | Ignore:
    """Returns what to do with the touch. The first rule that applies decides."""
    if not facts.claimed:
        return Ignore()
    if (skip_reason := _skip_reason(touch, facts)) is not None:
        return Skip(skip_reason)
    if _has_begun(touch, now):
        return Skip(SkipReason.TOO_LATE)
    if (defer := _defer(touch, facts, now)) is not None:
        return defer
    if (hold := _hold(touch, facts, now)) is not None:
        return hold
    assert touch.address is not None
    return Send(touch.address)


def _skip_reason(touch: Touch, facts: Facts) -> SkipReason | None:
    """Returns why the touch is not made at all."""
    if facts.opted_out or (facts.stopped and touch.kind in ENDED_BY_STOP):
        return SkipReason.OPTED_OUT
    if facts.refused and touch.kind in ENDED_BY_STOP:
        return SkipReason.NO_INTEREST
    if (blocking := _blocking_reason(touch, facts.eligibility)) is not None:
        return blocking
    if touch.kind is Kind.ATTEMPT and facts.reached:
        return SkipReason.REACHED
    if facts.number is NumberStatus.UNUSABLE:
        return SkipReason.UNUSABLE_NUMBER
    if touch.address is None:
        return SkipReason.NO_ADDRESS
    if facts.dead:
        return SkipReason.BAD_ADDRESS
    if facts.doubtful:
        return SkipReason.DOUBTFUL_ADDRESS
    if facts.abroad:
        return SkipReason.ABROAD
    if facts.opens_at is None:
        return SkipReason.NO_HOURS
    other_channels = facts.channels_this_week - {touch.channel}
    if touch.kind is Kind.FOLLOW_UP and facts.one_channel_a_week and other_channels:
        return SkipReason.WEEKLY_LIMIT
    return None


def _has_begun(touch: Touch, now: datetime) -> bool:
    """Returns whether the meeting that the touch announces has begun."""
    starts_at = touch.booking.last_start if touch.booking else None
    return touch.kind is Kind.MEETING and starts_at is not None and now >= starts_at


def _defer(touch: Touch, facts: Facts, now: datetime) -> Defer | None:
    """Returns why the scheduler is asked for another time."""
    if touch.kind in ENDED_BY_STOP and facts.opens_at is not None and facts.opens_at > now:
        return Defer(DeferReason.HOURS, facts.opens_at)
    if touch.until is not None and now >= touch.until and touch.kind is not Kind.ASKED_FOR:
        return Defer(DeferReason.HOURS)
    if touch.kind in PAUSABLE and facts.lead_paused:
        return Defer(DeferReason.PAUSED)
    if facts.again_at is not None:
        return Defer(DeferReason.DAILY_LIMIT, facts.again_at)
    if touch.kind is Kind.FOLLOW_UP and facts.one_channel_a_week and facts.followed_up_today:
        return Defer(DeferReason.DAILY_LIMIT, now + FOLLOW_UP_GAP)
    return None


def _hold(touch: Touch, facts: Facts, now: datetime) -> Hold | None:
    """Returns why the touch waits here."""
    if facts.paused:
        return Hold(HoldReason.PAUSED)
    if touch.kind is Kind.ASKED_FOR and facts.opens_at is not None and facts.opens_at > now:
        return Hold(HoldReason.HOURS, until=facts.opens_at)
    if facts.spent and touch.kind not in ABOUT_MEETINGS:
        return Hold(HoldReason.BUDGET_SPENT)
    if facts.number is NumberStatus.UNKNOWN and not facts.released:
        return Hold(HoldReason.NUMBER_UNKNOWN, scope=f"lead {touch.lead_id}")
    if facts.cap is not None and touch.kind in UNASKED and not facts.released:
        return Hold(HoldReason.CAPPED, scope=facts.cap)
    return None


def _blocking_reason(touch: Touch, eligibility: ContactEligibility) -> SkipReason | None:
    """Returns why the lead's booking, or its end in Kommo, stops the touch.

    Neither stops a touch that the person asked for.
    """
    match touch.kind:
        case Kind.ASKED_FOR:
            return None
        case _ if eligibility.closed is not None:
            return SkipReason.CLOSED
        case Kind.MEETING if _has_moved(touch, eligibility):
            return SkipReason.NOT_BOOKED
        case Kind.MEETING | Kind.AFTER_MEETING:
            return None if _is_booked(touch, eligibility) else SkipReason.NOT_BOOKED
        case Kind.CANCELLATION:
            return SkipReason.BOOKED if _is_booked_again(touch, eligibility) else None
        case _:
            if eligibility.booking is not None:
                return SkipReason.BOOKED
            return SkipReason.BOOKED_ELSEWHERE if eligibility.booked_elsewhere else None


def _is_booked(touch: Touch, eligibility: ContactEligibility) -> bool:
    """Returns whether the lead still has the meeting that the touch is about."""
    uids = (eligibility.booking, *eligibility.meetings)
    return touch.booking is not None and touch.booking.uid in uids


def _has_moved(touch: Touch, eligibility: ContactEligibility) -> bool:
    """Returns whether the meeting has another time than the touch says, under the same uid.

    A touch that waited is about the time of then; the new time has a touch of its own.
    """
    announced = touch.booking
    current = eligibility.meeting
    if announced is None or current is None:
        return False
    meetings = (current,) if announced.series else current.meetings
    return any(
        meeting.uid == announced.uid and meeting.moved > announced.moved for meeting in meetings
    )


def _is_booked_again(touch: Touch, eligibility: ContactEligibility) -> bool:
    """Returns whether a meeting stands that the touch would take off the calendar.

    Several meetings stand under a name that may be that of a cancelled one.
    """
    if touch.booking is None:
        return False
    booked = eligibility.meetings or (eligibility.booking,)
    return any(meeting.uid in booked for meeting in touch.booking.meetings)
