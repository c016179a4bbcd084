"""Which touches a lead is to get, and when. Pure: no clock, no database, no network.

Events are folded into the lead's `Enrolment`, and the planned touches are computed from it. The
timers therefore follow the latest facts, in whatever order and however often the events arrive.
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
FORGOTTEN = "forgotten"
# An action of the person that is no older than this is answered at any hour.
ANSWERED_WITHIN = timedelta(minutes=15)
# A reminder that must leave before its hours close leaves this long before they do.
LAST_MOMENT = timedelta(minutes=10)
FIRING_WINDOW = timedelta(hours=1)
MOST_FIRINGS = 3  # of one touch, within FIRING_WINDOW
MOST_DEFERRALS = 10  # of one touch, in total
BOOKED = {SkipReason.BOOKED, SkipReason.BOOKED_ELSEWHERE}

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
    became known, `cancelled_at` when the person's last booking ended, `ordered_at` when an
    operator last paused or resumed the lead.
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
    """A touch and when it falls due.

    A meeting's touch names its booking, any other touch the run of the journey.
    """

    step: str
    channel: Channel
    booking: str
    run: int
    due_at: datetime

    @property
    def name(self) -> Name:
        return self.step, self.channel, self.booking, self.run


def enrol(event: LeadCreated, *, zone: str, region: str) -> Enrolment:
    """Returns a new lead's enrolment.

    `zone` and `region` are the business's own, used where the lead's are not known.
    """
    where = whereabouts(event.card.time_zone, event.card.phone, zone=zone, region=region)
    return Enrolment(lead_id=event.lead_id, entered_at=event.at, where=where)


def apply_event(lead: Enrolment, event: Change, journey: Journey) -> Enrolment:
    """Returns the enrolment after the event. Outdated and repeated events change nothing."""
    match event:
        case _ if lead.stopped == ERASED:
            return lead
        case LeadBooked() | BookingRescheduled() | BookingCancelled() | MeetingEnded():
            return _apply_booking(lead, event) if event.revision > lead.revision else lead
        case LeadUpdated():
            return _restart(lead, event, journey) if event.returned else lead
        case LeadOptedOut():
            return _end_follow_up(lead, "opted_out")
        case LeadSuperseded():
            return _end_follow_up(lead, "superseded")
        case LeadClosed(reason=reason):
            return lead.model_copy(update={"stopped": lead.stopped or str(reason)})
        case LeadNeedsAttention(at=at) | LeadPaused(at=at) | LeadResumed(at=at):
            if lead.ordered_at is not None and at <= lead.ordered_at:
                return lead
            return _apply_pause(lead, at, paused=not isinstance(event, LeadResumed))
        case ReplyReceived(at=at):
            until = at + journey.pause_after_reply
            return lead.model_copy(update={"paused_until": max(until, lead.paused_until or until)})
        case TouchDeferred(reason=DeferReason.PAUSED):
            ended_at = None if lead.paused else lead.ordered_at
            return _withhold(lead, event, Fact.PAUSE, ended_at=ended_at)
        case TouchDeferred():
            return _defer(lead, event, event.booking, event.not_before or event.at)
        case TouchSkipped(reason=reason) if reason in BOOKED:
            ended_at = lead.cancelled_at if lead.booking is None else None
            return _withhold(lead, event, Fact.BOOKING, ended_at=ended_at)
        case TouchSkipped():
            return lead


def booking_ended_elsewhere(lead: Enrolment, _: Journey, *, at: datetime) -> Enrolment:
    """Returns the enrolment after the booking of another lead of the same person was cancelled."""
    lead = lead.model_copy(update={"cancelled_at": max(at, lead.cancelled_at or at)})
    return lead if lead.booking is not None else _release(lead, Fact.BOOKING, at)


def erased(lead: Enrolment, _: Journey) -> Enrolment:
    """Returns the enrolment of a person whose data is erased. No later event plans a touch."""
    return lead.model_copy(update={"stopped": ERASED, "booking": None, "booked_at": None})


def missing_in(journey: Journey, event: TouchDeferred) -> str | None:
    """Returns which part of a deferral the journey lacks; None where it has step and channel."""
    step = next((step for step in journey.steps if step.name == event.step), None)
    if step is None:
        return f"the journey has no step {event.step}"
    if event.channel not in step.channels:
        return f"the journey's step {event.step} has no channel {event.channel}"
    return None


def hours_of(timer: Timer, lead: Enrolment, journey: Journey) -> Week | None:
    """Returns a planned touch's usual hours.

    None where it has none, or the journey no longer has its step.
    """
    step = next((step for step in journey.steps if step.name == timer.step), None)
    if step is None:
        return None
    return usual_week(timer.due_at, step, timer.channel, journey, lead.where)


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


def _restart(lead: Enrolment, event: LeadUpdated, journey: Journey) -> Enrolment:
    """Returns the enrolment with its follow-up restarted.

    With a meeting ahead, or after a stop, it stays as it is.
    """
    ended = lead.follow_up_ended not in (None, FORGOTTEN)
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


def _apply_booking(
    lead: Enrolment, event: LeadBooked | BookingRescheduled | BookingCancelled | MeetingEnded
) -> Enrolment:
    update: dict[str, object] = {"revision": event.revision}
    match event:
        case LeadBooked(booking=booking) | BookingRescheduled(booking=booking):
            update |= {
                "booking": booking,
                "booked_at": event.at,
                "meeting_ended_at": None,
                "absent": False,
            }
        case BookingCancelled():
            cancelled_at = max(event.at, lead.cancelled_at or event.at)
            update |= {"booking": None, "booked_at": None, "cancelled_at": cancelled_at}
        case MeetingEnded(uid=uid, ended_at=ended_at, attended=attended):
            if lead.booking is not None and lead.booking.uid == uid:
                update |= {"meeting_ended_at": ended_at, "absent": not attended}
    after = _with_clock(event.at, lead, update)
    if isinstance(event, BookingCancelled):
        return _release(after, Fact.BOOKING, event.at)
    return after


def _apply_pause(lead: Enrolment, at: datetime, *, paused: bool) -> Enrolment:
    after = _with_clock(at, lead, {"paused": paused, "ordered_at": at})
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


def reopened(before: Enrolment, after: Enrolment) -> frozenset[Name]:
    """Returns the touches that may be due again although they fired: `after` defers them."""
    return frozenset(
        deferral.name for deferral in after.deferred if deferral not in before.deferred
    )


def plan(lead: Enrolment, journey: Journey, spread: timedelta = timedelta()) -> list[Timer]:
    """Returns every touch of the lead's plan, made or not, one for each step and channel.

    A touch that waits for its hours to open leaves within `spread` after they do, each lead at its
    own moment.
    """
    if lead.stopped is not None:
        return []
    scheduled = _meeting_timers if lead.booking is not None else _follow_up_timers
    timers = [*scheduled(lead, journey, spread), *_deferred_timers(lead, journey, spread)]
    by_name = {timer.name: timer for timer in timers}
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
    """Returns when the step is due by the follow-up's own clock."""
    return add_days(lead.entered_at + lead.held, step.after, lead.where.home)


def _meeting_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    booking = lead.booking
    booked_at = lead.booked_at
    assert booking is not None
    assert booked_at is not None
    if not booking.confirmed:
        return
    over = booking.starts_at is not None and booking.starts_at <= booked_at
    for step in journey.meeting:
        due = _meeting_due(lead, step, booking, booked_at)
        unwanted = over if step.after is None else lead.absent
        if due is None or unwanted:
            continue
        timer = _planned(lead, journey, step, step.channels[0], due, spread, after=booked_at)
        if step.before is None or booking.starts_at is None or timer.due_at < booking.starts_at:
            yield timer


def _meeting_due(
    lead: Enrolment, step: MeetingStep, booking: Booking, booked_at: datetime
) -> datetime | None:
    """Returns None where the time is unknown, or had passed when the booking became known."""
    if step.before is not None:
        due = booking.starts_at - step.before if booking.starts_at else None
        return due if due is not None and due > booked_at else None
    if step.after is not None:
        end = lead.meeting_ended_at or booking.ends_at
        return end + step.after if end else None
    return booked_at


def _deferred_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    current = lead.booking.uid if lead.booking is not None else ""
    steps = {step.name: step for step in journey.steps}
    for deferral in lead.deferred:
        step = steps.get(deferral.step)
        if step is None or deferral.booking != current:
            continue
        if isinstance(step, FollowUpStep) and (lead.paused or deferral.run != lead.run):
            continue
        if not isinstance(step, MeetingStep) and lead.follow_up_ended is not None:
            continue
        due = deferral.at
        if isinstance(step, FollowUpStep):
            by_clock = _follow_up_due(lead, step) if deferral.by_clock else due
            due = max(due, by_clock, lead.ordered_at or due)
        timer = _planned(
            lead, journey, step, deferral.channel, due, spread, after=due, run=deferral.run
        )
        reminder = isinstance(step, MeetingStep) and step.before is not None
        starts_at = lead.booking.starts_at if lead.booking and reminder else None
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
    """Returns the touch at its next open hour.

    A reminder that is due in closed hours leaves before them, if that is later than `after`.
    A touch whose hours never open is planned all the same, and dropped with that reason when due.
    """
    booking = lead.booking.uid if isinstance(step, MeetingStep) and lead.booking else ""
    at = _last_moment(lead, journey, step, channel, due, after)
    if at is None:
        span = next_opening(
            due, step, channel, journey, lead.where, answering=is_answer(lead, step, due)
        )
        at = due if span is None or span.opens <= due else moment_in(span, lead, step, spread)
    if isinstance(step, MeetingStep):
        return Timer(step.name, channel, booking, 0, at)
    return Timer(step.name, channel, booking, lead.run if run is None else run, at)


def moment_in(hours: Span, lead: Enrolment, step: Step, spread: timedelta) -> datetime:
    """Returns the lead's own moment within `spread` of the opening and before the hours close.

    The moment of a lead is always the same. A meeting's touch leaves at the opening, because the
    meeting may be minutes away.
    """
    if isinstance(step, MeetingStep):
        return hours.opens
    share = lead.lead_id * 2_654_435_761 % 2**32 / 2**32  # spreads consecutive ids
    return hours.opens + min(spread, hours.closes - hours.opens) * share


def _last_moment(
    lead: Enrolment,
    journey: Journey,
    step: Step,
    channel: Channel,
    due: datetime,
    after: datetime | None,
) -> datetime | None:
    """Returns when a reminder leaves that is due in closed hours: before they begin.

    None for any other touch, and where that moment has passed.
    """
    if not isinstance(step, MeetingStep) or step.before is None or after is None:
        return None
    last = last_opening(due, step, channel, journey, lead.where)
    if last is None or last.closes > due:
        return None
    at = max(last.opens, last.closes - LAST_MOMENT)
    return at if at > after else None


def is_answer(lead: Enrolment, step: Step, now: datetime) -> bool:
    """Whether the touch answers a recent action: it confirms a booking made minutes ago."""
    if not isinstance(step, MeetingStep) or not step.on_booking or lead.booked_at is None:
        return False
    return now - lead.booked_at <= ANSWERED_WITHIN


@dataclass(frozen=True, slots=True)
class StoredTimer:
    """A timer as it is stored; `state` is pending, fired, dropped or failed."""

    timer_id: int
    timer: Timer
    planned_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes to a lead's stored timers. A fired timer stays fired unless it is reopened."""

    delete: tuple[int, ...]
    insert: tuple[Timer, ...]
    move: tuple[tuple[int, datetime], ...]
    reopen: tuple[tuple[int, datetime], ...]


def reconcile(
    rows: Sequence[StoredTimer], planned: Iterable[Timer], may_reopen: AbstractSet[Name]
) -> Changes:
    """Returns how the stored timers become the planned ones.

    A fired touch is due again only if it is in `may_reopen`.
    """
    wanted = {timer.name: timer for timer in planned}
    stored = {row.timer.name for row in rows}
    pending = [row for row in rows if row.state == "pending"]
    fired = [row for row in rows if row.state == "fired"]
    kept = [(row, wanted[row.timer.name]) for row in pending if row.timer.name in wanted]
    reopen = [
        (row, wanted[row.timer.name])
        for row in fired
        if row.timer.name in wanted and row.timer.name in may_reopen
    ]
    return Changes(
        delete=tuple(row.timer_id for row in pending if row.timer.name not in wanted),
        insert=tuple(timer for name, timer in wanted.items() if name not in stored),
        move=tuple(
            (row.timer_id, timer.due_at) for row, timer in kept if row.planned_at != timer.due_at
        ),
        reopen=tuple((row.timer_id, timer.due_at) for row, timer in reopen),
    )


@dataclass(frozen=True, slots=True)
class Fire:
    """The touch is due: these events are published."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """The touch is postponed to `due_at`."""

    due_at: datetime


@dataclass(frozen=True, slots=True)
class Drop:
    """The touch is skipped: these events are published."""

    reason: SkipReason
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """The timer cannot be decided, or repeats too often. An operator must decide."""

    reason: str


End = Fire | Move | Drop | SetAside


def skip(lead: Enrolment, journey: Journey, timer: Timer) -> Drop:
    """Drops the touch because an operator skipped it."""
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
    """Decides the end of a timer that has fallen due, by its step's rule for lateness.

    `planned_at` is the first time it was planned for; lateness counts from there. `overtaken` is
    set when a later touch on the same channel is due too. `fired_at` is when this same touch was
    due before. `spread` is as in `plan`.
    """
    repeated = _repeated_too_often(lead, timer, now, fired_at)
    if repeated is not None:
        return SetAside(repeated)
    step = journey.step(timer.step)
    if overtaken:
        return _drop(lead, journey, timer, SkipReason.OVERTAKEN)
    if now - planned_at > step.late.limit or _meeting_began(lead, step, now):
        return _drop(lead, journey, timer, SkipReason.TOO_LATE)
    answering = is_answer(lead, step, now)
    match when_late(
        timer.due_at, now, step, timer.channel, journey, lead.where, answering=answering
    ):
        case SendNow(until):
            return Fire((_due(lead, timer, step, until), *_finished(lead, journey, timer)))
        case MoveTo(opens):
            hours = next_opening(opens, step, timer.channel, journey, lead.where)
            at = opens if hours is None else moment_in(hours, lead, step, spread)
            if at - planned_at <= step.late.limit and not _meeting_began(lead, step, at):
                return Move(at)
            return _drop(lead, journey, timer, SkipReason.TOO_LATE)
        case NoHours():
            return _drop(lead, journey, timer, SkipReason.NO_HOURS)
        case _:
            return _drop(lead, journey, timer, SkipReason.TOO_LATE)


def _repeated_too_often(
    lead: Enrolment, timer: Timer, now: datetime, fired_at: Sequence[datetime]
) -> str | None:
    """Returns the reason why the touch must not be due once more; None where it may."""
    if sum(now - at < FIRING_WINDOW for at in fired_at) >= MOST_FIRINGS:
        return f"due more than {MOST_FIRINGS} times within an hour"
    deferral = next((found for found in lead.deferred if found.name == timer.name), None)
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
    if isinstance(step, FollowUpStep):
        return Kind.FOLLOW_UP
    return Kind.FIRST_CONTACT


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
    """Returns the event that ends the follow-up; empty before its last step.

    Its id is derived from the lead and the run, so that it is published once.
    """
    if not journey.follow_up or timer.step != journey.follow_up[-1].name:
        return ()
    name = uuid5(TOUCHES, f"{lead.lead_id}/{lead.run or ''}/finished")
    return (CadenceFinished(lead_id=lead.lead_id, event_id=name),)
