"""How a timer ends that has fallen due: its touch goes out, moves, is skipped, or is set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from contracts.events.base import Event
from contracts.events.cadence import CadenceFinished
from contracts.events.touch import TOUCHES, Kind, SkipReason, TouchDue, TouchSkipped, touch_id
from domain.journey.contact_hours import next_opening
from domain.journey.lateness import MoveTo, NoHours, SendNow, when_late
from domain.journey.model import (
    AttemptStep,
    CallBackStep,
    FollowUpStep,
    Journey,
    MeetingStep,
    Step,
)
from services.scheduler.decisions.enrolment import Enrolment
from services.scheduler.decisions.planning import Timer, booking_of, is_answer, moment_in

FIRING_WINDOW = timedelta(hours=1)
MOST_FIRINGS = 3  # of one touch, within FIRING_WINDOW
MOST_DEFERRALS = 10  # of one touch, in total
KEPT_FIRINGS = 5  # instants stored for each timer, enough to count MOST_FIRINGS
# A timer that could not be fired within this time after it fell due joins the backlog.
LATE_SECONDS = 60.0


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
    repeated = _repeated_too_often(lead, journey, timer, now, fired_at)
    if repeated is not None:
        return SetAside(repeated)
    step = journey.step(timer.step)
    if overtaken:
        return _drop(lead, journey, timer, SkipReason.OVERTAKEN)
    if now - planned_at > step.late.limit or _meeting_began(lead, step, timer, now):
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
            if at - planned_at <= step.late.limit and not _meeting_began(lead, step, timer, at):
                return Move(at)
            return _drop(lead, journey, timer, SkipReason.TOO_LATE)
        case NoHours():
            return _drop(lead, journey, timer, SkipReason.NO_HOURS)
        case _:
            return _drop(lead, journey, timer, SkipReason.TOO_LATE)


def _repeated_too_often(
    lead: Enrolment, journey: Journey, timer: Timer, now: datetime, fired_at: Sequence[datetime]
) -> str | None:
    """Returns the reason why the touch must not be due once more; None where it may.

    In a journey whose days are short, a touch may wait for the next of them several times an hour.
    """
    window = min(FIRING_WINDOW, 2 * journey.day)
    if sum(now - at < window for at in fired_at) >= MOST_FIRINGS:
        return f"due more than {MOST_FIRINGS} times within an hour"
    deferral = next((found for found in lead.deferred if found.name == timer.name), None)
    if deferral is not None and deferral.times > MOST_DEFERRALS:
        return f"deferred {deferral.times} times"
    return None


def _meeting_began(lead: Enrolment, step: Step, timer: Timer, now: datetime) -> bool:
    """Whether a confirmation or reminder would come after the meeting has begun."""
    booking = booking_of(lead, step, timer.booking)
    if not isinstance(step, MeetingStep) or booking is None or booking.last_start is None:
        return False
    return step.is_for_what_comes and now >= booking.last_start


def _due(lead: Enrolment, timer: Timer, step: Step, until: datetime | None) -> TouchDue:
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
        booking=booking_of(lead, step, timer.booking),
    )


def _kind(step: Step) -> Kind:
    if isinstance(step, MeetingStep):
        if step.on_cancel:
            return Kind.CANCELLATION
        return Kind.MEETING if step.is_for_what_comes else Kind.AFTER_MEETING
    if isinstance(step, AttemptStep):
        return Kind.ATTEMPT
    if isinstance(step, FollowUpStep):
        return Kind.FOLLOW_UP
    if isinstance(step, CallBackStep):
        return Kind.CALL_BACK
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
