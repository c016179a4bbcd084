"""What has happened to a lead: events are folded into its enrolment.

Outdated and repeated events change nothing. The timers therefore follow the latest facts, in
whatever order and however often the events arrive.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.events.base import Event
from contracts.events.booking import (
    Booking,
    BookingCancelled,
    BookingRescheduled,
    BookingUpdated,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.call import CallAnswered, CallUnanswered, Unanswered
from contracts.events.lead import (
    NO_JOURNEY,
    LeadClosed,
    LeadCreated,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadRestored,
    LeadResumed,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.reply import WAITS_FOR_A_PERSON, Intent, ReplyReceived
from contracts.events.touch import (
    Channel,
    DeferReason,
    SkipReason,
    TouchDeferred,
    TouchSkipped,
    touch_id,
)
from domain.journey.model import CALL_BACKS, Journey
from domain.journey.time_zones import Whereabouts, whereabouts

Change = (
    LeadBooked
    | BookingRescheduled
    | BookingUpdated
    | BookingCancelled
    | MeetingEnded
    | LeadUpdated
    | LeadSuperseded
    | LeadOptedOut
    | LeadRestored
    | LeadClosed
    | LeadNeedsAttention
    | LeadPaused
    | LeadResumed
    | ReplyReceived
    | CallAnswered
    | CallUnanswered
    | TouchDeferred
    | TouchSkipped
)

EventT = TypeVar("EventT", bound=Event)
ERASED = "erased"
FORGOTTEN = "forgotten"
FORGET_AFTER = timedelta(days=180)  # without a change or a touch to come
BOOKED = {SkipReason.BOOKED, SkipReason.BOOKED_ELSEWHERE}
OPTED_OUT = "opted_out"
NO_INTEREST = "no_interest"
KEPT_ONLY = "no_journey"  # imported to be kept, without a follow-up
# replies that pause the follow-up, for a while or until an operator has attended to them
PAUSES = {
    Intent.OTHER,
    Intent.QUESTION,
    Intent.THANKS,
    Intent.CALL_BACK,
    *WAITS_FOR_A_PERSON,
}

# calls that another attempt may follow; a fax or a wrong number is never reached
NOT_REACHED = {
    Unanswered.BUSY,
    Unanswered.NO_ANSWER,
    Unanswered.VOICEMAIL,
    Unanswered.HUNG_UP,
    Unanswered.UNSURE,
}

# The meetings of a series become known one by one, and are cancelled one by one. What they are told
# by lists them all.
SERIES_GATHERS = timedelta(seconds=10)
NEW_MEETING: Mapping[str, object] = {
    "meeting_ended_at": None,
    "absent": False,
    "absent_at": None,
    "host_absent": False,
    "ended_uid": None,
    "additions": 0,
}

Name = tuple[str, Channel, str, int]  # step, channel, booking, run


class Deferral(BaseModel):
    """A touch that notify did not make. It is planned again for its next open hour from `at` on.

    With `by_clock` it is also not due before the follow-up's own clock reaches its step.
    """

    model_config = ConfigDict(frozen=True)

    step: str
    channel: Channel
    booking: str
    at: AwareDatetime
    run: int = 0
    times: int = 1
    by_clock: bool = False

    @property
    def name(self) -> Name:
        return self.step, self.channel, self.booking, self.run


class Fact(StrEnum):
    """A temporary fact that blocks a touch."""

    BOOKING = "booking"
    PAUSE = "pause"


class Withheld(BaseModel):
    """A follow-up touch that fell due during a booking or an operator's pause.

    It is planned again when that fact ends.
    """

    model_config = ConfigDict(frozen=True)

    step: str
    channel: Channel
    by: Fact


class Enrolment(BaseModel):
    """The scheduler's facts about a lead.

    The follow-up's clock stops while the lead has a booking or an operator has paused it. It has
    been stopped since `still_since`, and was stopped for `held` in total before that, counted up
    to `counted_until`.

    `run` is the submission that the follow-up began with; 0 for the first. `stopped` ends
    everything, `follow_up_ended` only the follow-up. `booked_at` is when the current booking
    became known, `cancelled_at` when the person's last booking ended, `commanded_at` when an
    operator last paused or resumed the lead. `cancelled` is the meeting to come that was cancelled
    last. `absent_at` is when the host marked the lead as absent; `ended_uid` is the meeting that
    ended.
    `additions` counts how often meetings were added to a booking that had been confirmed.
    `not_reached_at` holds when each call's step ended without reaching anybody, and `reached`
    whether a call or a reply of this run reached the person. `call_backs` are the moments at which
    the person wished to be called.
    """

    model_config = ConfigDict(frozen=True)

    lead_id: int
    entered_at: AwareDatetime
    where: Whereabouts
    run: int = 0
    stopped: str | None = None
    follow_up_ended: str | None = None
    revision: int = 0
    booking: Booking | None = None
    booked_at: AwareDatetime | None = None
    cancelled_at: AwareDatetime | None = None
    paused: bool = False
    commanded_at: AwareDatetime | None = None
    still_since: AwareDatetime | None = None
    held: timedelta = timedelta()
    counted_until: AwareDatetime | None = None
    meeting_ended_at: AwareDatetime | None = None
    absent: bool = False
    absent_at: AwareDatetime | None = None
    host_absent: bool = False
    cancelled: Booking | None = None
    ended_uid: str | None = None
    additions: int = 0
    paused_until: AwareDatetime | None = None
    deferred: tuple[Deferral, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    not_reached_at: dict[str, AwareDatetime] = {}
    reached: bool = False
    call_backs: tuple[AwareDatetime, ...] = ()


def enrol(event: LeadCreated, *, zone: str, region: str) -> Enrolment:
    """Returns a new lead's enrolment.

    `zone` and `region` are the business's own, used where the lead's are not known.
    """
    where = whereabouts(event.card.time_zone, event.card.phone, zone=zone, region=region)
    ended = KEPT_ONLY if event.journey == NO_JOURNEY else None
    return Enrolment(lead_id=event.lead_id, entered_at=event.at, where=where, follow_up_ended=ended)


def changes_enrolment(event: Change) -> bool:
    """Whether the event can change an enrolment. Most replies and skips cannot."""
    match event:
        case ReplyReceived(intent=intent):
            return intent is not Intent.AUTOMATIC
        case CallUnanswered(reason=reason):
            return reason in NOT_REACHED
        case TouchSkipped(reason=reason):
            return reason in BOOKED
        case _:
            return True


def happened_by(event: EventT, now: datetime) -> EventT:
    """Returns the event as having happened `now` at the latest.

    Its time is of its publisher's clock, which may be ahead: what it plans must not come later.
    """
    return event if event.at <= now else event.model_copy(update={"at": now})


def apply_event(lead: Enrolment, event: Change, journey: Journey) -> Enrolment:
    """Returns the enrolment after the event. Outdated and repeated events change nothing."""
    match event:
        case _ if lead.stopped == ERASED:
            return lead
        case (
            LeadBooked()
            | BookingRescheduled()
            | BookingUpdated()
            | BookingCancelled()
            | MeetingEnded()
        ):
            return _apply_booking(lead, event) if event.revision > lead.revision else lead
        case LeadUpdated():
            return _restart(lead, event, journey) if event.returned else lead
        case LeadOptedOut():
            return _end_follow_up(lead, OPTED_OUT)
        case LeadRestored():
            return _restore(lead)
        case LeadSuperseded():
            return _end_follow_up(lead, "superseded")
        case LeadClosed(reason=reason):
            return lead.model_copy(update={"stopped": lead.stopped or str(reason)})
        case LeadNeedsAttention(at=at) | LeadPaused(at=at) | LeadResumed(at=at):
            if lead.commanded_at is not None and at <= lead.commanded_at:
                return lead
            return _apply_pause(lead, at, paused=not isinstance(event, LeadResumed))
        case ReplyReceived(intent=Intent.AUTOMATIC):
            return lead
        case ReplyReceived():
            return _apply_reply(_reached(lead), event, journey)
        case CallAnswered():
            return _reached(lead)
        case CallUnanswered():
            return _not_reached(lead, event)
        case TouchDeferred(reason=DeferReason.PAUSED):
            ended_at = None if lead.paused else lead.commanded_at
            return _withhold(lead, event, Fact.PAUSE, ended_at=ended_at)
        case TouchDeferred():
            return _defer(lead, event, event.booking, event.not_before or event.at)
        case TouchSkipped(reason=reason) if reason in BOOKED:
            ended_at = lead.cancelled_at if lead.booking is None else None
            return _withhold(lead, event, Fact.BOOKING, ended_at=ended_at)
        case TouchSkipped():
            return lead


def booking_ended_elsewhere(lead: Enrolment, *, at: datetime) -> Enrolment:
    """Returns the enrolment after the booking of another lead of the same person was cancelled."""
    lead = lead.model_copy(update={"cancelled_at": max(at, lead.cancelled_at or at)})
    return lead if lead.booking is not None else _release(lead, Fact.BOOKING, at)


def erased(lead: Enrolment) -> Enrolment:
    """Returns the enrolment of a person whose data is erased. No later event plans a touch."""
    return lead.model_copy(
        update={"stopped": ERASED, "booking": None, "booked_at": None, "cancelled": None}
    )


def moved_to(lead: Enrolment, event: LeadUpdated, *, zone: str, region: str) -> Enrolment:
    """Returns the enrolment with the whereabouts that follow from a further form."""
    if event.card.phone is None and "time_zone" not in event.changed:
        return lead
    where = whereabouts(event.card.time_zone, event.card.phone, zone=zone, region=region)
    if event.card.phone is None:
        where = replace(lead.where, home=where.home)
    return lead.model_copy(update={"where": where})


def _end_follow_up(lead: Enrolment, reason: str) -> Enrolment:
    """Returns the enrolment without its follow-up. A meeting's touches stay."""
    return lead.model_copy(update={"follow_up_ended": lead.follow_up_ended or reason})


def _restore(lead: Enrolment) -> Enrolment:
    """Returns the enrolment after a stop was taken back. Any other end stays."""
    if lead.follow_up_ended not in (OPTED_OUT, NO_INTEREST):
        return lead
    return lead.model_copy(update={"follow_up_ended": None})


def _reached(lead: Enrolment) -> Enrolment:
    return lead.model_copy(update={"reached": True})


def _not_reached(lead: Enrolment, event: CallUnanswered) -> Enrolment:
    """Returns the enrolment after a call reached nobody; one of an earlier run changes nothing."""
    if event.touch_id != touch_id(lead.lead_id, event.step, Channel.CALL, run=lead.run):
        return lead
    ended = lead.not_reached_at | {event.step: event.at}
    return lead.model_copy(update={"not_reached_at": ended})


def _apply_reply(lead: Enrolment, event: ReplyReceived, journey: Journey) -> Enrolment:
    """Returns the enrolment after a reply.

    It ends the follow-up, or pauses it for a while, and until an operator has attended to it
    where a person must answer: also to a wish for a call after the last that is made by itself.
    """
    if event.intent is Intent.NO_INTEREST:
        return _end_follow_up(lead, NO_INTEREST)
    if event.intent not in PAUSES:
        return lead
    until = max(event.at, event.call_at or event.at) + journey.pause_after_reply
    lead = lead.model_copy(update={"paused_until": max(until, lead.paused_until or until)})
    is_late = lead.commanded_at is not None and event.at <= lead.commanded_at
    if event.call_at is not None and len(lead.call_backs) < CALL_BACKS:
        return lead.model_copy(update={"call_backs": (*lead.call_backs, event.call_at)})
    waits = event.intent in WAITS_FOR_A_PERSON or event.call_at is not None
    if not waits or is_late:
        return lead
    return _apply_pause(lead, event.at, paused=True)


def _restart(lead: Enrolment, event: LeadUpdated, journey: Journey) -> Enrolment:
    """Returns the enrolment with its follow-up restarted.

    With a meeting ahead, or after a stop, it stays as it is. The new form's call may have been
    deferred before the form itself was heard of.
    """
    ended = lead.follow_up_ended not in (None, FORGOTTEN, NO_INTEREST, KEPT_ONLY)
    if journey.on_return == "join" or lead.booking is not None or lead.stopped or ended:
        return lead
    return lead.model_copy(
        update={
            "run": event.submission_id,
            "entered_at": event.at,
            "follow_up_ended": None,
            "still_since": event.at if lead.paused else None,
            "held": timedelta(),
            "counted_until": None,
            "paused_until": None,
            "deferred": tuple(
                deferral for deferral in lead.deferred if deferral.run == event.submission_id
            ),
            "withheld": (),
            "not_reached_at": {},
            "reached": False,
            "call_backs": (),
        }
    )


def _apply_booking(
    lead: Enrolment,
    event: LeadBooked | BookingRescheduled | BookingUpdated | BookingCancelled | MeetingEnded,
) -> Enrolment:
    update: dict[str, object] = {"revision": event.revision}
    match event:
        case LeadBooked(booking=booking) | BookingUpdated(booking=booking) if _is_known(
            lead, booking
        ):
            update["booking"] = booking
            update |= _added(lead, booking, event.at)
            update |= _cancelled(lead, _removed(lead.booking, booking), event.at)
        case LeadBooked(booking=booking) | BookingRescheduled(booking=booking):
            update |= {"booking": booking, "booked_at": event.at}
            if not _is_same_series(lead.booking, booking):
                update |= NEW_MEETING
        case BookingUpdated(booking=booking):
            update |= {"booking": booking, "booked_at": event.at}
        case BookingCancelled():
            update |= {"booking": None, "booked_at": None}
            update |= _cancelled(lead, event.booking or lead.booking, event.at)
            update["cancelled_at"] = max(event.at, lead.cancelled_at or event.at)
        case MeetingEnded(uid=uid) if _has_meeting(lead.booking, uid):
            update |= _ended(lead, event)
        case MeetingEnded():
            pass
    after = _with_clock(event.at, lead, update)
    if isinstance(event, BookingCancelled):
        return _release(after, Fact.BOOKING, event.at)
    return after


def _has_meeting(booking: Booking | None, uid: str) -> bool:
    return booking is not None and uid in (
        booking.uid,
        *(meeting.uid for meeting in booking.meetings),
    )


def _ended(lead: Enrolment, event: MeetingEnded) -> dict[str, object]:
    """Returns what the end of a meeting changes. Of several, the first one held counts."""
    held = event.attended and not event.host_absent
    was_held = lead.meeting_ended_at is not None and not (lead.absent or lead.host_absent)
    if was_held and lead.ended_uid not in (None, event.uid):
        return {}
    return {
        "ended_uid": event.uid,
        "meeting_ended_at": event.ended_at,
        "absent": not event.attended,
        "absent_at": None if event.attended else lead.absent_at or event.at,
        "host_absent": not held and event.attended,
    }


def _is_known(lead: Enrolment, booking: Booking) -> bool:
    """Returns whether it is the lead's booking, which was confirmed as it is now."""
    known = lead.booking
    return known is not None and known.uid == booking.uid and known.confirmed == booking.confirmed


def _added(lead: Enrolment, booking: Booking, at: datetime) -> dict[str, object]:
    """Returns what changes when the booking has further meetings, which are confirmed too.

    Those of a series that come at once are in its first confirmation.
    """
    assert lead.booking is not None
    assert lead.booked_at is not None
    known = {meeting.uid for meeting in lead.booking.meetings}
    added = [meeting for meeting in booking.meetings if meeting.uid not in known]
    is_in_time = bool(lead.booking.series) and at <= lead.booked_at + SERIES_GATHERS
    if not added or is_in_time:
        return {}
    return {"booked_at": at, "additions": lead.additions + 1}


def _is_same_series(known: Booking | None, booking: Booking) -> bool:
    return known is not None and bool(booking.series) and known.uid == booking.uid


def _removed(known: Booking | None, booking: Booking) -> Booking | None:
    """Returns the series with only the meetings that it no longer has."""
    if known is None:
        return None
    uids = {meeting.uid for meeting in booking.meetings}
    gone = [meeting for meeting in known.series if meeting.uid not in uids]
    return known.of(gone) if gone else None


def _cancelled(lead: Enrolment, booking: Booking | None, at: datetime) -> dict[str, object]:
    """Returns what changes when these meetings are cancelled: those that still lay ahead count.

    The meetings of a series are cancelled one by one, so those of the last seconds count too.
    """
    if booking is None or not booking.confirmed:
        return {}
    if not booking.series:
        lies_ahead = booking.starts_at is not None and booking.starts_at > at
        return {"cancelled": booking if lies_ahead else None}
    gone = [meeting for meeting in booking.series if meeting.starts_at > at]
    if not gone:
        return {}
    named_by = gone[0].uid  # another one each time, for a touch of its own
    cancelled_at = max(at, lead.cancelled_at or at)
    if lead.cancelled is not None and cancelled_at - (lead.cancelled_at or at) <= SERIES_GATHERS:
        gone += [meeting for meeting in lead.cancelled.series if meeting not in gone]
    gone.sort(key=lambda meeting: meeting.starts_at)
    cancelled = booking.of(gone).model_copy(update={"uid": named_by, "moved": 0})
    return {"cancelled": cancelled, "cancelled_at": cancelled_at}


def _apply_pause(lead: Enrolment, at: datetime, *, paused: bool) -> Enrolment:
    after = _with_clock(at, lead, {"paused": paused, "commanded_at": at})
    return after if paused else _release(after, Fact.PAUSE, at)


def _with_clock(at: datetime, lead: Enrolment, update: Mapping[str, object]) -> Enrolment:
    """Returns the updated enrolment.

    The update may stop the follow-up's clock at `at`, restart it, or neither. Events may arrive
    late, so time that was already counted is never counted again.
    """
    after = lead.model_copy(update=update)
    if after.booking is not None or after.paused:
        since = lead.still_since or max(at, lead.counted_until or at)
        return after.model_copy(update={"still_since": since})
    if lead.still_since is None:
        return after
    until = max(at, lead.still_since)
    held = lead.held + (until - lead.still_since)
    return after.model_copy(update={"still_since": None, "held": held, "counted_until": until})


def _withhold(
    lead: Enrolment, event: TouchDeferred | TouchSkipped, by: Fact, *, ended_at: datetime | None
) -> Enrolment:
    """Returns the enrolment that records the touch as withheld.

    If the blocking fact has ended since the event, the touch is planned instead.
    """
    if event.run != lead.run:
        return lead
    if ended_at is not None and event.at < ended_at:
        return _defer(lead, event, "", ended_at)
    others = [
        withheld
        for withheld in lead.withheld
        if (withheld.step, withheld.channel) != (event.step, event.channel)
    ]
    withheld = Withheld(step=event.step, channel=event.channel, by=by)
    return lead.model_copy(update={"withheld": (*others, withheld)})


def _release(lead: Enrolment, by: Fact, at: datetime) -> Enrolment:
    """Returns the enrolment after the fact has ended.

    The touches that it blocked are planned, from `at` on.
    """
    deferred = {deferral.name: deferral for deferral in lead.deferred}
    for withheld in lead.withheld:
        if withheld.by is by:
            released = Deferral(
                step=withheld.step,
                channel=withheld.channel,
                booking="",
                run=lead.run,
                at=at,
                by_clock=by is Fact.BOOKING,
            )
            deferred[released.name] = released
    kept = tuple(withheld for withheld in lead.withheld if withheld.by is not by)
    return lead.model_copy(update={"withheld": kept, "deferred": tuple(deferred.values())})


def _defer(
    lead: Enrolment, event: TouchDeferred | TouchSkipped, booking: str, at: datetime
) -> Enrolment:
    name = (event.step, event.channel, booking, event.run)
    previous = next((deferral for deferral in lead.deferred if deferral.name == name), None)
    others = [deferral for deferral in lead.deferred if deferral.name != name]
    deferral = Deferral(
        step=event.step,
        channel=event.channel,
        booking=booking,
        run=event.run,
        at=at,
        times=previous.times + 1 if previous else 1,
    )
    return lead.model_copy(update={"deferred": (*others, deferral)})
