"""Which touches a lead is to get, and when. Pure: no clock, no database, no network.

What has happened to a lead is folded into its `Enrolment`, and the touches to come are computed from that anew: so
whatever came first, and however often, the timers are those of the latest news.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.booking import Booking, BookingCancelled, BookingMoved, LeadBooked, MeetingEnded
from contracts.cadence import CadenceFinished
from contracts.event import Event
from contracts.lead import LeadClosed, LeadCreated, LeadOptedOut, LeadPaused, LeadUnpaused
from contracts.reply import ReplyReceived
from contracts.touch import TOUCHES, Channel, Kind, SkipReason, TouchDeferred, TouchDue, TouchSkipped, touch_id
from journey.lateness import MoveTo, SendNow, when_late
from journey.model import FollowUpStep, Journey, MeetingStep, Step
from journey.windows import add_days, next_opening
from journey.zones import country_of, zones_of

Change = (
    LeadBooked
    | BookingMoved
    | BookingCancelled
    | MeetingEnded
    | LeadOptedOut
    | LeadClosed
    | LeadPaused
    | LeadUnpaused
    | ReplyReceived
    | TouchDeferred
    | TouchSkipped
)


ERASED = "erased"


class Deferral(BaseModel):
    """A touch that notify could not make at that hour."""

    model_config = ConfigDict(frozen=True)

    step: str
    channel: Channel
    booking: str
    at: AwareDatetime


class Enrolment(BaseModel):
    """What the scheduler knows of a lead. The follow-up's clock stands still while a booking stands or an operator
    paused it: since `still_since`, and for `held` before that, counted up to `counted_until`.

    `booked_at` is when the present booking was heard of, `ordered_at` when an operator last paused it or let it go on.
    """

    model_config = ConfigDict(frozen=True)

    lead_id: int
    entered_at: AwareDatetime
    zones: tuple[str, ...]
    country: str
    stopped: str | None = None
    revision: int = 0
    booking: Booking | None = None
    booked_at: AwareDatetime | None = None
    paused: bool = False
    ordered_at: AwareDatetime | None = None
    still_since: AwareDatetime | None = None
    held: timedelta = timedelta()
    counted_until: AwareDatetime | None = None
    meeting_ended_at: AwareDatetime | None = None
    absent: bool = False
    paused_until: AwareDatetime | None = None
    deferred: tuple[Deferral, ...] = ()


@dataclass(frozen=True, slots=True)
class Timer:
    """A touch that falls due; a meeting's touch names its booking."""

    step: str
    channel: Channel
    booking: str
    due_at: datetime


def enrol(event: LeadCreated, *, zone: str, region: str) -> Enrolment:
    """A new lead's enrolment; `zone` and `region` are the business's own, where the lead's are not known."""
    card = event.card
    zones = zones_of(card.time_zone, card.phone, zone)
    return Enrolment(lead_id=event.lead_id, entered_at=event.at, zones=zones, country=country_of(card.phone, region))


def changed(lead: Enrolment, event: Change, journey: Journey) -> Enrolment:
    """The enrolment after the event. Old news, and what is heard again, change nothing."""
    match event:
        case _ if lead.stopped == ERASED:
            return lead
        case LeadBooked() | BookingMoved() | BookingCancelled() | MeetingEnded():
            return _rebooked(lead, event) if event.revision > lead.revision else lead
        case LeadOptedOut():
            return lead.model_copy(update={"stopped": lead.stopped or "opted_out"})
        case LeadClosed(reason=reason):
            return lead.model_copy(update={"stopped": lead.stopped or str(reason)})
        case LeadPaused(at=at) | LeadUnpaused(at=at):
            if lead.ordered_at is not None and at <= lead.ordered_at:
                return lead
            return _with_clock(at, lead, {"paused": isinstance(event, LeadPaused), "ordered_at": at})
        case ReplyReceived(at=at):
            until = at + journey.pause_after_reply
            return lead.model_copy(update={"paused_until": max(until, lead.paused_until or until)})
        case TouchDeferred():
            return _deferred(lead, event)
        case TouchSkipped():
            return lead


def erased(lead: Enrolment, _: Journey) -> Enrolment:
    """The enrolment of a person whose data is erased: nothing more comes, whatever is still heard of them."""
    return lead.model_copy(update={"stopped": ERASED, "booking": None, "booked_at": None})


def not_made(event: Change) -> tuple[str, str, str] | None:
    """The timer (step, channel, booking) that ran out without its touch being made, where it may yet be.

    A follow-up that was held back because its lead had just booked is made after all when the booking is cancelled.
    """
    match event:
        case TouchDeferred(step=step, channel=channel, booking=booking):
            return step, channel, booking
        case TouchSkipped(step=step, channel=channel, reason=SkipReason.BOOKED):
            return step, channel, ""
        case _:
            return None


def _rebooked(lead: Enrolment, event: LeadBooked | BookingMoved | BookingCancelled | MeetingEnded) -> Enrolment:
    news: dict[str, object] = {"revision": event.revision}
    match event:
        case LeadBooked(booking=booking) | BookingMoved(booking=booking):
            news |= {"booking": booking, "booked_at": event.at, "meeting_ended_at": None, "absent": False}
        case BookingCancelled():
            news |= {"booking": None, "booked_at": None}
        case MeetingEnded(uid=uid, ended_at=ended_at, attended=attended):
            if lead.booking is not None and lead.booking.uid == uid:
                news |= {"meeting_ended_at": ended_at, "absent": not attended}
    return _with_clock(event.at, lead, news)


def _with_clock(at: datetime, lead: Enrolment, news: Mapping[str, object]) -> Enrolment:
    """The enrolment with its news, which stops the follow-up's clock at that instant, lets it go on, or neither.

    News may come late, so no time that was counted before is counted again.
    """
    after = lead.model_copy(update=news)
    if after.booking is not None or after.paused:
        since = lead.still_since or max(at, lead.counted_until or at)
        return after.model_copy(update={"still_since": since})
    if lead.still_since is None:
        return after
    until = max(at, lead.still_since)
    held = lead.held + (until - lead.still_since)
    return after.model_copy(update={"still_since": None, "held": held, "counted_until": until})


def _deferred(lead: Enrolment, event: TouchDeferred) -> Enrolment:
    others = [d for d in lead.deferred if (d.step, d.channel, d.booking) != (event.step, event.channel, event.booking)]
    again = Deferral(step=event.step, channel=event.channel, booking=event.booking, at=event.at)
    return lead.model_copy(update={"deferred": (*others, again)})


def plan(lead: Enrolment, journey: Journey) -> list[Timer]:
    """Every touch that the lead is to get, made or not, one for each step and channel."""
    if lead.stopped is not None:
        return []
    timers = _meeting_timers(lead, journey) if lead.booking is not None else _follow_up_timers(lead, journey)
    by_name = {(t.step, t.channel, t.booking): t for t in (*timers, *_deferred_timers(lead, journey))}
    return list(by_name.values())


def _follow_up_timers(lead: Enrolment, journey: Journey) -> Iterator[Timer]:
    for step in journey.follow_up if not lead.paused else ():
        due = add_days(lead.entered_at + lead.held, step.after, lead.zones[0])
        if lead.paused_until is not None:
            due = max(due, lead.paused_until)
        yield from _timer(lead, journey, step, due)


def _meeting_timers(lead: Enrolment, journey: Journey) -> Iterator[Timer]:
    booking, heard = lead.booking, lead.booked_at
    assert booking is not None
    assert heard is not None
    over = booking.starts_at is not None and booking.starts_at <= heard
    for step in journey.meeting if booking.confirmed else ():
        due = _meeting_due(lead, step, booking, heard)
        if due is None or (over and step.after is None) or (step.after is not None and lead.absent):
            continue
        latest = booking.starts_at if step.before is not None else None
        yield from _timer(lead, journey, step, due, latest=latest)


def _meeting_due(lead: Enrolment, step: MeetingStep, booking: Booking, heard: datetime) -> datetime | None:
    """None where the time is unknown, or was over when the booking was heard of."""
    if step.before is not None:
        due = booking.starts_at - step.before if booking.starts_at else None
        return due if due is not None and due > heard else None
    if step.after is not None:
        end = lead.meeting_ended_at or booking.ends_at
        return end + step.after if end else None
    return heard


def _deferred_timers(lead: Enrolment, journey: Journey) -> Iterator[Timer]:
    current = lead.booking.uid if lead.booking is not None else ""
    for one in lead.deferred:
        step = journey.step(one.step)
        follows_up = isinstance(step, FollowUpStep)
        if one.booking != current or (follows_up and lead.paused):
            continue
        due = max(one.at, lead.ordered_at or one.at) if follows_up else one.at
        latest = lead.booking.starts_at if lead.booking and getattr(step, "before", None) else None
        yield from _timer(lead, journey, step, due, channel=one.channel, latest=latest)


def _timer(
    lead: Enrolment,
    journey: Journey,
    step: Step,
    due: datetime,
    *,
    channel: Channel | None = None,
    latest: datetime | None = None,
) -> Iterator[Timer]:
    """The touch at the next hour that suits it; none when that is not before `latest`."""
    span = next_opening(due, step, journey, zones=lead.zones, country=lead.country)
    booking = lead.booking.uid if isinstance(step, MeetingStep) and lead.booking else ""
    if span is not None and (latest is None or span.opens < latest):
        yield Timer(step.name, channel or step.channels[0], booking, span.opens)


@dataclass(frozen=True, slots=True)
class Fire:
    """Its time has come: these are said."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Not now, but then."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """It is not made: these are said."""

    reason: SkipReason
    events: tuple[Event, ...]


def leave_out(lead: Enrolment, journey: Journey, timer: Timer) -> Drop:
    """An operator has the touch left out."""
    return _drop(lead, journey, timer, SkipReason.OPERATOR)


def fall_due(
    lead: Enrolment, journey: Journey, timer: Timer, *, planned_at: datetime, now: datetime, overtaken: bool = False
) -> Fire | Move | Drop:
    """What becomes of a timer that has run out, by its step's rule for lateness.

    `planned_at` is the first time it was planned for, and lateness counts from there; `overtaken` says that a later
    touch on the same channel is due too.
    """
    step = journey.step(timer.step)
    if overtaken:
        return _drop(lead, journey, timer, SkipReason.OVERTAKEN)
    if now - planned_at > step.late.limit:
        return _drop(lead, journey, timer, SkipReason.TOO_LATE)
    match when_late(timer.due_at, now, step, journey, zones=lead.zones, country=lead.country):
        case SendNow(until):
            return Fire((_due(lead, timer, step, until), *_finished(lead, journey, timer)))
        case MoveTo(at) if at - planned_at <= step.late.limit:
            return Move(at)
        case _:
            return _drop(lead, journey, timer, SkipReason.TOO_LATE)


def _due(lead: Enrolment, timer: Timer, step: Step, until: datetime | None) -> TouchDue:
    meeting = isinstance(step, MeetingStep)
    after = step.channels.index(timer.channel) + 1
    return TouchDue(
        lead_id=lead.lead_id,
        touch_id=touch_id(lead.lead_id, timer.step, timer.channel, booking=timer.booking),
        step=timer.step,
        channel=timer.channel,
        kind=Kind.MEETING if meeting else Kind.FOLLOW_UP if isinstance(step, FollowUpStep) else Kind.FIRST_CONTACT,
        template=step.template,
        fallback=step.channels[after:],
        until=until,
        booking=lead.booking if meeting else None,
    )


def _drop(lead: Enrolment, journey: Journey, timer: Timer, reason: SkipReason) -> Drop:
    skipped = TouchSkipped(
        lead_id=lead.lead_id,
        touch_id=touch_id(lead.lead_id, timer.step, timer.channel, booking=timer.booking),
        step=timer.step,
        channel=timer.channel,
        reason=reason,
    )
    return Drop(reason, (skipped, *_finished(lead, journey, timer)))


def _finished(lead: Enrolment, journey: Journey, timer: Timer) -> tuple[Event, ...]:
    """The end of the follow-up, said with its last step; by a name of its own, so that it is said once."""
    if not journey.follow_up or timer.step != journey.follow_up[-1].name:
        return ()
    return (CadenceFinished(lead_id=lead.lead_id, event_id=uuid5(TOUCHES, f"{lead.lead_id}/finished")),)
