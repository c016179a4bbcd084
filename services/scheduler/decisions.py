"""Which touches a lead is to get, and when. Pure: no clock, no database, no network.

What has happened to a lead is folded into its `Enrolment`, and the touches to come are computed from that: so whatever
came first, and however often, the timers are those of the latest news.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.events.base import Event
from contracts.events.booking import (
    Booking,
    BookingCancelled,
    BookingRescheduled,
    LeadBooked,
    MeetingEnded,
)
from contracts.events.cadence import CadenceFinished
from contracts.events.lead import (
    LeadClosed,
    LeadCreated,
    LeadNeedsAttention,
    LeadOptedOut,
    LeadPaused,
    LeadResumed,
    LeadSuperseded,
    LeadUpdated,
)
from contracts.events.reply import ReplyReceived
from contracts.events.touch import (
    TOUCHES,
    Channel,
    DeferReason,
    Kind,
    SkipReason,
    TouchDeferred,
    TouchDue,
    TouchSkipped,
    touch_id,
)
from domain.journey.contact_hours import (
    Span,
    Week,
    add_days,
    last_opening,
    next_opening,
    usual_week,
)
from domain.journey.lateness import MoveTo, NoHours, SendNow, when_late
from domain.journey.model import FollowUpStep, Journey, MeetingStep, Step
from domain.journey.time_zones import Whereabouts, whereabouts

Change = (
    LeadBooked
    | BookingRescheduled
    | BookingCancelled
    | MeetingEnded
    | LeadUpdated
    | LeadSuperseded
    | LeadOptedOut
    | LeadClosed
    | LeadNeedsAttention
    | LeadPaused
    | LeadResumed
    | ReplyReceived
    | TouchDeferred
    | TouchSkipped
)

ERASED = "erased"
ANSWERED_WITHIN = timedelta(minutes=15)  # what a person did so long ago is answered at any hour
LAST_MOMENT = timedelta(
    minutes=10
)  # a reminder that must come earlier leaves so long before its hours close
OFTEN = timedelta(hours=1)
MOST_FIRINGS = 3  # of one touch, within OFTEN
MOST_DEFERRALS = 10  # of one touch, in all
BOOKED = {SkipReason.BOOKED, SkipReason.BOOKED_ELSEWHERE}

Name = tuple[str, Channel, str, int]  # step, channel, booking, run


class Deferral(BaseModel):
    """A touch that notify did not make: it is planned for the next hour that suits, not before `at`, and where it goes
    `by_clock`, not before the follow-up's own clock brings it either.
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
    """What keeps a touch from being made, and may end."""

    BOOKING = "booking"
    PAUSE = "pause"


class Withheld(BaseModel):
    """A follow-up whose time came while a booking stood, or while an operator had it wait: planned again after that."""

    model_config = ConfigDict(frozen=True)

    step: str
    channel: Channel
    by: Fact


class Enrolment(BaseModel):
    """What the scheduler knows of a lead. The follow-up's clock stands still while a booking stands or an operator
    paused it: since `still_since`, and for `held` before that, counted up to `counted_until`.

    `run` is the submission that the follow-up began with; 0 for the first. `stopped` ends everything, `follow_up_ended`
    only the follow-up. `booked_at` is when the present booking was heard
    of, `cancelled_at` when the person's last one ended, `ordered_at` when an operator last paused it or let it go on.
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
    ordered_at: AwareDatetime | None = None
    still_since: AwareDatetime | None = None
    held: timedelta = timedelta()
    counted_until: AwareDatetime | None = None
    meeting_ended_at: AwareDatetime | None = None
    absent: bool = False
    paused_until: AwareDatetime | None = None
    deferred: tuple[Deferral, ...] = ()
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True)
class Timer:
    """A touch that falls due; a meeting's touch names its booking, any other the run of the journey."""

    step: str
    channel: Channel
    booking: str
    run: int
    due_at: datetime

    @property
    def name(self) -> Name:
        return self.step, self.channel, self.booking, self.run


def enrol(event: LeadCreated, *, zone: str, region: str) -> Enrolment:
    """A new lead's enrolment; `zone` and `region` are the business's own, where the lead's are not known."""
    where = whereabouts(event.card.time_zone, event.card.phone, zone=zone, region=region)
    return Enrolment(lead_id=event.lead_id, entered_at=event.at, where=where)


def changed(lead: Enrolment, event: Change, journey: Journey) -> Enrolment:
    """The enrolment after the event. Old news, and what is heard again, change nothing."""
    match event:
        case _ if lead.stopped == ERASED:
            return lead
        case LeadBooked() | BookingRescheduled() | BookingCancelled() | MeetingEnded():
            return _rebooked(lead, event) if event.revision > lead.revision else lead
        case LeadUpdated():
            return _restarted(lead, event, journey) if event.returned else lead
        case LeadOptedOut():
            return _follow_up_ended(lead, "opted_out")
        case LeadSuperseded():
            return _follow_up_ended(lead, "superseded")
        case LeadClosed(reason=reason):
            return lead.model_copy(update={"stopped": lead.stopped or str(reason)})
        case LeadNeedsAttention(at=at) | LeadPaused(at=at) | LeadResumed(at=at):
            if lead.ordered_at is not None and at <= lead.ordered_at:
                return lead
            return _ordered(lead, at, paused=not isinstance(event, LeadResumed))
        case ReplyReceived(at=at):
            until = at + journey.pause_after_reply
            return lead.model_copy(update={"paused_until": max(until, lead.paused_until or until)})
        case TouchDeferred(reason=DeferReason.PAUSED):
            return _withheld(
                lead, event, Fact.PAUSE, ended_at=None if lead.paused else lead.ordered_at
            )
        case TouchDeferred():
            return _deferred(lead, event, event.booking, event.not_before or event.at)
        case TouchSkipped(reason=reason):
            ended_at = lead.cancelled_at if lead.booking is None else None
            return (
                _withheld(lead, event, Fact.BOOKING, ended_at=ended_at)
                if reason in BOOKED
                else lead
            )


def booking_ended_elsewhere(lead: Enrolment, _: Journey, *, at: datetime) -> Enrolment:
    """The enrolment after the booking of another lead of the same person was cancelled."""
    lead = lead.model_copy(update={"cancelled_at": max(at, lead.cancelled_at or at)})
    return lead if lead.booking is not None else _released(lead, Fact.BOOKING, at)


def erased(lead: Enrolment, _: Journey) -> Enrolment:
    """The enrolment of a person whose data is erased: nothing more comes, whatever is still heard of them."""
    return lead.model_copy(update={"stopped": ERASED, "booking": None, "booked_at": None})


def missing_in(journey: Journey, event: TouchDeferred) -> str | None:
    """What a deferral names and the lead's journey does not have; None where it has both step and channel."""
    step = next((step for step in journey.steps if step.name == event.step), None)
    if step is None:
        return f"the journey has no step {event.step}"
    return (
        None
        if event.channel in step.channels
        else f"the journey's step {event.step} has no channel {event.channel}"
    )


def hours_of(timer: Timer, lead: Enrolment, journey: Journey) -> Week | None:
    """The usual hours of a touch to come; None where it has none, or the journey no longer has its step."""
    step = next((step for step in journey.steps if step.name == timer.step), None)
    return (
        usual_week(timer.due_at, step, timer.channel, journey, lead.where)
        if step is not None
        else None
    )


def moved_to(lead: Enrolment, event: LeadUpdated, *, zone: str, region: str) -> Enrolment:
    """The enrolment with the whereabouts that a further form tells of."""
    if event.card.phone is None and "time_zone" not in event.changed:
        return lead
    where = whereabouts(event.card.time_zone, event.card.phone, zone=zone, region=region)
    if event.card.phone is None:
        where = replace(lead.where, home=where.home)
    return lead.model_copy(update={"where": where})


def _follow_up_ended(lead: Enrolment, reason: str) -> Enrolment:
    """The enrolment without its follow-up; what belongs to a meeting stays."""
    return lead.model_copy(update={"follow_up_ended": lead.follow_up_ended or reason})


def _restarted(lead: Enrolment, event: LeadUpdated, journey: Journey) -> Enrolment:
    """The follow-up from its start; not while a meeting is ahead, nor after a stop."""
    ended = lead.follow_up_ended not in (None, "forgotten")
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
            "deferred": (),
            "withheld": (),
        }
    )


def _rebooked(
    lead: Enrolment, event: LeadBooked | BookingRescheduled | BookingCancelled | MeetingEnded
) -> Enrolment:
    news: dict[str, object] = {"revision": event.revision}
    match event:
        case LeadBooked(booking=booking) | BookingRescheduled(booking=booking):
            news |= {
                "booking": booking,
                "booked_at": event.at,
                "meeting_ended_at": None,
                "absent": False,
            }
        case BookingCancelled():
            ended = max(event.at, lead.cancelled_at or event.at)
            news |= {"booking": None, "booked_at": None, "cancelled_at": ended}
        case MeetingEnded(uid=uid, ended_at=ended_at, attended=attended):
            if lead.booking is not None and lead.booking.uid == uid:
                news |= {"meeting_ended_at": ended_at, "absent": not attended}
    after = _with_clock(event.at, lead, news)
    return (
        _released(after, Fact.BOOKING, event.at) if isinstance(event, BookingCancelled) else after
    )


def _ordered(lead: Enrolment, at: datetime, *, paused: bool) -> Enrolment:
    after = _with_clock(at, lead, {"paused": paused, "ordered_at": at})
    return after if paused else _released(after, Fact.PAUSE, at)


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


def _withheld(
    lead: Enrolment, event: TouchDeferred | TouchSkipped, by: Fact, *, ended_at: datetime | None
) -> Enrolment:
    """The enrolment that remembers a touch which was not made; where what stood against it has ended, it is planned."""
    if event.run != lead.run:
        return lead
    if ended_at is not None and event.at < ended_at:
        return _deferred(lead, event, "", ended_at)
    others = [w for w in lead.withheld if (w.step, w.channel) != (event.step, event.channel)]
    withheld = Withheld(step=event.step, channel=event.channel, by=by)
    return lead.model_copy(update={"withheld": (*others, withheld)})


def _released(lead: Enrolment, by: Fact, at: datetime) -> Enrolment:
    """The enrolment after that fact has ended: what it stood against is planned, not before that instant."""
    deferred = {d.name: d for d in lead.deferred}
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


def _deferred(
    lead: Enrolment, event: TouchDeferred | TouchSkipped, booking: str, at: datetime
) -> Enrolment:
    name = (event.step, event.channel, booking, event.run)
    before = next((d for d in lead.deferred if d.name == name), None)
    others = [d for d in lead.deferred if d.name != name]
    times = before.times + 1 if before else 1
    again = Deferral(
        step=event.step, channel=event.channel, booking=booking, run=event.run, at=at, times=times
    )
    return lead.model_copy(update={"deferred": (*others, again)})


def reopened(before: Enrolment, after: Enrolment) -> frozenset[Name]:
    """The touches that may be planned again although their time had come: news of them is in `after`."""
    return frozenset(
        deferral.name for deferral in after.deferred if deferral not in before.deferred
    )


def plan(lead: Enrolment, journey: Journey, spread: timedelta = timedelta()) -> list[Timer]:
    """Every touch that the lead is to get, made or not, one for each step and channel.

    `spread`: what waits for its hours to open leaves within so long after that, each lead at its own moment.
    """
    if lead.stopped is not None:
        return []
    find = _meeting_timers if lead.booking is not None else _follow_up_timers
    by_name = {
        t.name: t for t in (*find(lead, journey, spread), *_deferred_timers(lead, journey, spread))
    }
    return list(by_name.values())


def _follow_up_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    if lead.paused or lead.follow_up_ended is not None:
        return
    for step in journey.follow_up:
        due = _follow_up_due(lead, step)
        if lead.paused_until is not None:
            due = max(due, lead.paused_until)
        yield _planned(lead, journey, step, step.channels[0], due, spread)


def _follow_up_due(lead: Enrolment, step: FollowUpStep) -> datetime:
    """When the step's time comes by the follow-up's own clock."""
    return add_days(lead.entered_at + lead.held, step.after, lead.where.home)


def _meeting_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    booking, heard = lead.booking, lead.booked_at
    assert booking is not None
    assert heard is not None
    over = booking.starts_at is not None and booking.starts_at <= heard
    for step in journey.meeting if booking.confirmed else ():
        due = _meeting_due(lead, step, booking, heard)
        if due is None or (over and step.after is None) or (step.after is not None and lead.absent):
            continue
        timer = _planned(lead, journey, step, step.channels[0], due, spread, after=heard)
        if step.before is None or booking.starts_at is None or timer.due_at < booking.starts_at:
            yield timer


def _meeting_due(
    lead: Enrolment, step: MeetingStep, booking: Booking, heard: datetime
) -> datetime | None:
    """None where the time is unknown, or was over when the booking was heard of."""
    if step.before is not None:
        due = booking.starts_at - step.before if booking.starts_at else None
        return due if due is not None and due > heard else None
    if step.after is not None:
        end = lead.meeting_ended_at or booking.ends_at
        return end + step.after if end else None
    return heard


def _deferred_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    current = lead.booking.uid if lead.booking is not None else ""
    steps = {step.name: step for step in journey.steps}
    for deferral in lead.deferred:
        step = steps.get(deferral.step)
        if step is None or deferral.booking != current:
            continue
        waits = isinstance(step, FollowUpStep) and (lead.paused or deferral.run != lead.run)
        if waits or (not isinstance(step, MeetingStep) and lead.follow_up_ended is not None):
            continue
        due = deferral.at
        if isinstance(step, FollowUpStep):
            by_clock = _follow_up_due(lead, step) if deferral.by_clock else due
            due = max(due, by_clock, lead.ordered_at or due)
        timer = _planned(
            lead, journey, step, deferral.channel, due, spread, after=due, run=deferral.run
        )
        starts_at = (
            lead.booking.starts_at if lead.booking and getattr(step, "before", None) else None
        )
        if starts_at is None or timer.due_at < starts_at:
            yield timer


def _planned(
    lead: Enrolment,
    journey: Journey,
    step: Step,
    channel: Channel,
    due: datetime,
    spread: timedelta,
    *,
    after: datetime | None = None,
    run: int | None = None,
) -> Timer:
    """The touch at the hour that suits it: the next, or for a reminder the last one that is later than `after`.

    Where its hours never open it is planned all the same, to be dropped with that reason.
    """
    booking = lead.booking.uid if isinstance(step, MeetingStep) and lead.booking else ""
    at = _last_moment(lead, journey, step, channel, due, after)
    if at is None:
        span = next_opening(
            due, step, channel, journey, lead.where, answering=_answers(lead, step, due)
        )
        at = due if span is None or span.opens <= due else _moment_in(span, lead, step, spread)
    if isinstance(step, MeetingStep):
        return Timer(step.name, channel, booking, 0, at)
    return Timer(step.name, channel, booking, lead.run if run is None else run, at)


def _moment_in(hours: Span, lead: Enrolment, step: Step, spread: timedelta) -> datetime:
    """Returns the lead's own moment, always the same, in the first minutes of these hours and before they close.

    What is about a meeting leaves at the opening: the meeting may be minutes away.
    """
    if isinstance(step, MeetingStep):
        return hours.opens
    share = lead.lead_id * 2_654_435_761 % 2**32 / 2**32  # neighbours far from each other
    return hours.opens + min(spread, hours.closes - hours.opens) * share


def _last_moment(
    lead: Enrolment,
    journey: Journey,
    step: Step,
    channel: Channel,
    due: datetime,
    after: datetime | None,
) -> datetime | None:
    """When a reminder leaves whose hour is closed: before it. None for any other touch, and where that is over."""
    if not isinstance(step, MeetingStep) or step.before is None or after is None:
        return None
    last = last_opening(due, step, channel, journey, lead.where)
    if last is None or last.closes > due:
        return None
    at = max(last.opens, last.closes - LAST_MOMENT)
    return at if at > after else None


def _answers(lead: Enrolment, step: Step, now: datetime) -> bool:
    """Whether the touch answers what the person has just done: a confirmation of a booking made minutes ago."""
    if not isinstance(step, MeetingStep) or not step.on_booking or lead.booked_at is None:
        return False
    return now - lead.booked_at <= ANSWERED_WITHIN


@dataclass(frozen=True, slots=True)
class Row:
    """A timer as it is stored; `state` is pending, fired, dropped or failed."""

    timer_id: int
    timer: Timer
    planned_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of a lead's stored timers; what fired stays fired unless it is reopened."""

    delete: tuple[int, ...]
    insert: tuple[Timer, ...]
    move: tuple[tuple[int, datetime], ...]
    reopen: tuple[tuple[int, datetime], ...]


def reconcile(
    rows: Sequence[Row], planned: Iterable[Timer], may_reopen: AbstractSet[Name]
) -> Changes:
    """How the stored timers become the planned ones. A touch whose time came is due again only if it `may_reopen`."""
    wanted = {timer.name: timer for timer in planned}
    stored = {row.timer.name: row for row in rows}
    pending = [row for row in rows if row.state == "pending"]
    moved = [(row, wanted[row.timer.name]) for row in pending if row.timer.name in wanted]
    again = [
        (row, wanted[row.timer.name])
        for row in rows
        if row.state == "fired" and row.timer.name in wanted
    ]
    return Changes(
        delete=tuple(row.timer_id for row in pending if row.timer.name not in wanted),
        insert=tuple(timer for name, timer in wanted.items() if name not in stored),
        move=tuple(
            (row.timer_id, timer.due_at) for row, timer in moved if row.planned_at != timer.due_at
        ),
        reopen=tuple(
            (row.timer_id, timer.due_at) for row, timer in again if timer.name in may_reopen
        ),
    )


@dataclass(frozen=True, slots=True)
class Fire:
    """Its time has come: these are published."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Not now, but then."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """It is not made: these are published."""

    reason: SkipReason
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """It cannot be decided, or comes back again and again: a person must look."""

    reason: str


End = Fire | Move | Drop | SetAside


def skip(lead: Enrolment, journey: Journey, timer: Timer) -> Drop:
    """An operator has the touch left out."""
    return _drop(lead, journey, timer, SkipReason.OPERATOR)


def resolve_timer(
    lead: Enrolment,
    journey: Journey,
    timer: Timer,
    *,
    planned_at: datetime,
    now: datetime,
    overtaken: bool = False,
    fired_at: Sequence[datetime] = (),
    spread: timedelta = timedelta(),
) -> End:
    """What becomes of a timer that has run out, by its step's rule for lateness.

    `planned_at` is the first time it was planned for, and lateness counts from there; `overtaken` says that a later
    touch on the same channel is due too; `fired_at` when this same touch was due before; `spread` is as in `plan`.
    """
    if (circle := _circle(lead, timer, now, fired_at)) is not None:
        return SetAside(circle)
    step = journey.step(timer.step)
    if overtaken:
        return _drop(lead, journey, timer, SkipReason.OVERTAKEN)
    if now - planned_at > step.late.limit or _meeting_began(lead, step, now):
        return _drop(lead, journey, timer, SkipReason.TOO_LATE)
    answering = _answers(lead, step, now)
    match when_late(
        timer.due_at, now, step, timer.channel, journey, lead.where, answering=answering
    ):
        case SendNow(until):
            return Fire((_due(lead, timer, step, until), *_finished(lead, journey, timer)))
        case MoveTo(opens):
            hours = next_opening(opens, step, timer.channel, journey, lead.where)
            at = opens if hours is None else _moment_in(hours, lead, step, spread)
            if at - planned_at <= step.late.limit and not _meeting_began(lead, step, at):
                return Move(at)
            return _drop(lead, journey, timer, SkipReason.TOO_LATE)
        case NoHours():
            return _drop(lead, journey, timer, SkipReason.NO_HOURS)
        case _:
            return _drop(lead, journey, timer, SkipReason.TOO_LATE)


def _circle(
    lead: Enrolment, timer: Timer, now: datetime, fired_at: Sequence[datetime]
) -> str | None:
    """Why the touch must not be due once more; None where it may."""
    if sum(now - at < OFTEN for at in fired_at) >= MOST_FIRINGS:
        return f"due more than {MOST_FIRINGS} times within an hour"
    deferral = next((d for d in lead.deferred if d.name == timer.name), None)
    if deferral is not None and deferral.times > MOST_DEFERRALS:
        return f"deferred {deferral.times} times"
    return None


def _meeting_began(lead: Enrolment, step: Step, now: datetime) -> bool:
    """Whether a reminder would come after the meeting has begun."""
    if not isinstance(step, MeetingStep) or step.before is None or lead.booking is None:
        return False
    return lead.booking.starts_at is not None and now >= lead.booking.starts_at


def _due(lead: Enrolment, timer: Timer, step: Step, until: datetime | None) -> TouchDue:
    meeting = isinstance(step, MeetingStep)
    after = step.channels.index(timer.channel) + 1
    return TouchDue(
        lead_id=lead.lead_id,
        touch_id=_touch_id(lead, timer),
        step=timer.step,
        channel=timer.channel,
        run=timer.run,
        kind=_kind(step),
        template=step.template,
        fallback=step.channels[after:],
        until=until,
        booking=lead.booking if meeting else None,
    )


def _kind(step: Step) -> Kind:
    if isinstance(step, MeetingStep):
        return Kind.MEETING
    return Kind.FOLLOW_UP if isinstance(step, FollowUpStep) else Kind.FIRST_CONTACT


def _touch_id(lead: Enrolment, timer: Timer) -> UUID:
    return touch_id(lead.lead_id, timer.step, timer.channel, run=timer.run, booking=timer.booking)


def _drop(lead: Enrolment, journey: Journey, timer: Timer, reason: SkipReason) -> Drop:
    skipped = TouchSkipped(
        lead_id=lead.lead_id,
        touch_id=_touch_id(lead, timer),
        step=timer.step,
        channel=timer.channel,
        run=timer.run,
        reason=reason,
    )
    return Drop(reason, (skipped, *_finished(lead, journey, timer)))


def _finished(lead: Enrolment, journey: Journey, timer: Timer) -> tuple[Event, ...]:
    """The end of the follow-up, published with its last step; by a name of its own, so that it is published once."""
    if not journey.follow_up or timer.step != journey.follow_up[-1].name:
        return ()
    name = uuid5(TOUCHES, f"{lead.lead_id}/{lead.run or ''}/finished")
    return (CadenceFinished(lead_id=lead.lead_id, event_id=name),)
