"""Which touches a lead's enrolment calls for, and when each is due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.events.booking import Booking
from contracts.events.touch import Channel, TouchDeferred
from domain.journey.contact_hours import (
    Span,
    Week,
    add_days,
    last_opening,
    next_opening,
    usual_week,
)
from domain.journey.model import (
    DAY,
    Attempt,
    AttemptStep,
    CallBackStep,
    FollowUpStep,
    Half,
    Journey,
    MeetingStep,
    Step,
)
from services.scheduler.decisions.enrolment import SERIES_GATHERS, Enrolment, Name

# An action of the person that is no older than this is answered at any hour.
ANSWERED_WITHIN = timedelta(minutes=15)
# A reminder that must leave before its hours close leaves this long before they do.
LAST_MOMENT = timedelta(minutes=10)
MIDDAY = 14  # o'clock: a call before it was in the morning
AFTERNOON = time(16)  # when people answer most


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


def plan(lead: Enrolment, journey: Journey, spread: timedelta = timedelta()) -> list[Timer]:
    """Returns every touch of the lead's plan, made or not, one for each step and channel.

    A touch that waits for its hours to open leaves within `spread` after they do, each lead at its
    own moment.
    """
    if lead.stopped is not None:
        return []
    scheduled = _meeting_timers if lead.booking is not None else _follow_up_timers
    timers = [
        *scheduled(lead, journey, spread),
        *_attempt_timers(lead, journey, spread),
        *_call_back_timers(lead, journey),
        *_cancellation_timers(lead, journey, spread),
        *_deferred_timers(lead, journey, spread),
    ]
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


def _attempt_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    if not _may_be_tried_again(lead):
        return
    for step in journey.attempts:
        ended_at = lead.not_reached_at.get(step.previous)
        if ended_at is not None:
            due = _attempt_due(lead, journey, step.attempt, ended_at)
            yield _planned(lead, journey, step, Channel.CALL, due, spread)


def _may_be_tried_again(lead: Enrolment) -> bool:
    """Returns whether the lead is neither reached nor has left the follow-up."""
    return not lead.reached and _may_be_called(lead)


def _may_be_called(lead: Enrolment) -> bool:
    """Returns whether the lead has not left the follow-up, and nobody has paused it."""
    has_left = lead.booking is not None or lead.follow_up_ended is not None
    return not (lead.paused or has_left)


def _call_back_timers(lead: Enrolment, journey: Journey) -> Iterator[Timer]:
    """Yields the calls at the hours that the lead chose, each at its very moment."""
    if not _may_be_called(lead):
        return
    for step, at in zip(journey.call_backs, lead.call_backs, strict=False):
        yield _planned(lead, journey, step, Channel.CALL, at, timedelta())


def _attempt_due(
    lead: Enrolment, journey: Journey, attempt: Attempt, ended_at: datetime
) -> datetime:
    """Returns when the next call is due, after one that ended then."""
    if attempt.after is not None:
        return ended_at + attempt.after
    if journey.day != DAY:  # a demonstration's days have no halves
        return ended_at + journey.day
    local = ended_at.astimezone(ZoneInfo(lead.where.home))
    in_the_morning = local.hour < MIDDAY
    in_the_afternoon = attempt.next_day is Half.AFTERNOON or (
        attempt.next_day is Half.OTHER_HALF and in_the_morning
    )
    tomorrow = local.date() + DAY
    return datetime.combine(tomorrow, AFTERNOON if in_the_afternoon else time.min, local.tzinfo)


def _meeting_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    booking = lead.booking
    booked_at = lead.booked_at
    assert booking is not None
    assert booked_at is not None
    if not booking.confirmed:
        return
    for step in journey.meeting:
        if step.on_cancel or not _is_wanted(lead, step, booking, booked_at):
            continue
        for meeting in meetings_of(lead, step):
            due = _meeting_due(lead, step, meeting, booked_at)
            if due is None:
                continue
            timer = _planned(
                lead, journey, step, step.channels[0], due, spread, after=booked_at, about=meeting
            )
            if step.before is None or meeting.starts_at is None or timer.due_at < meeting.starts_at:
                yield timer


def _cancellation_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    if lead.cancelled is None or lead.cancelled_at is None:
        return
    gathers = SERIES_GATHERS if lead.cancelled.series else timedelta()
    due = lead.cancelled_at + gathers
    for step in journey.meeting:
        if not step.on_cancel:
            continue
        for meeting in meetings_of(lead, step):
            yield _planned(lead, journey, step, step.channels[0], due, spread, about=meeting)


def meetings_of(lead: Enrolment, step: MeetingStep) -> tuple[Booking, ...]:
    """Returns what the step is due for: each meeting of a booking, or the booking as a whole.

    Several meetings are confirmed together, those that were to come, again after each move or
    addition. What follows a meeting comes once for all of them.
    """
    booking = lead.cancelled if step.on_cancel else lead.booking
    if booking is None:
        return ()
    if step.on_cancel:
        return _without(booking, lead.booking)
    if step.before is not None:
        return booking.meetings
    if not booking.series:
        return (booking,)
    if not step.on_booking or lead.booked_at is None:
        return (booking.model_copy(update={"moved": 0}),)
    coming = [meeting for meeting in booking.series if meeting.starts_at > lead.booked_at]
    if not coming:
        return ()
    moved = booking.moved + lead.additions
    return (booking.of(coming).model_copy(update={"moved": moved}),)


def _without(cancelled: Booking, booking: Booking | None) -> tuple[Booking, ...]:
    """Returns the cancelled meetings but for those that stand again."""
    booked = {meeting.uid for meeting in booking.meetings} if booking is not None else set()
    if not cancelled.series:
        return () if cancelled.uid in booked else (cancelled,)
    left = [meeting for meeting in cancelled.series if meeting.uid not in booked]
    return (cancelled.of(left),) if left else ()


def booking_of(lead: Enrolment, step: Step, key: str) -> Booking | None:
    """Returns the booking of that key that the step is about.

    None for a step of the follow-up, and for a booking that the lead no longer has.
    """
    if not isinstance(step, MeetingStep):
        return None
    return next((meeting for meeting in meetings_of(lead, step) if meeting.key == key), None)


def _is_wanted(lead: Enrolment, step: MeetingStep, booking: Booking, booked_at: datetime) -> bool:
    """Returns whether the step fits what became of the meeting."""
    if step.is_for_what_comes:
        return booking.last_start is None or booking.last_start > booked_at
    if step.on_no_show:
        return lead.absent and not lead.host_absent
    return not lead.absent and not lead.host_absent


def _meeting_due(
    lead: Enrolment, step: MeetingStep, booking: Booking, booked_at: datetime
) -> datetime | None:
    """Returns None where the time is unknown, or had passed when the booking became known."""
    if step.on_no_show:
        return lead.absent_at
    if step.before is not None:
        due = booking.starts_at - step.before if booking.starts_at else None
        return due if due is not None and due > booked_at else None
    if step.on_booking and booking.recurring:
        return booked_at + SERIES_GATHERS
    if step.after is not None:
        end = lead.meeting_ended_at or booking.ends_at
        return end + step.after if end else None
    return booked_at


def _deferred_timers(lead: Enrolment, journey: Journey, spread: timedelta) -> Iterator[Timer]:
    steps = {step.name: step for step in journey.steps}
    for deferral in lead.deferred:
        step = steps.get(deferral.step)
        if step is None:
            continue
        about = booking_of(lead, step, deferral.booking)
        if (about is None) == isinstance(step, MeetingStep):
            continue
        if not isinstance(step, MeetingStep) and lead.booking is not None:
            continue
        of_a_run = isinstance(step, FollowUpStep | AttemptStep | CallBackStep)
        if of_a_run and (lead.paused or deferral.run != lead.run):
            continue
        if isinstance(step, AttemptStep) and lead.reached:
            continue
        if not isinstance(step, MeetingStep) and lead.follow_up_ended is not None:
            continue
        due = deferral.at
        if isinstance(step, FollowUpStep):
            by_clock = _follow_up_due(lead, step) if deferral.by_clock else due
            due = max(due, by_clock, lead.commanded_at or due)
        timer = _planned(
            lead,
            journey,
            step,
            deferral.channel,
            due,
            spread,
            after=due,
            run=deferral.run,
            about=about,
        )
        announces = isinstance(step, MeetingStep) and step.is_for_what_comes
        starts_at = about.last_start if about is not None and announces else None
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
    about: Booking | None = None,
) -> Timer:
    """Returns the touch at its next open hour.

    A reminder that is due in closed hours leaves before them, if that is later than `after`.
    A touch whose hours never open is planned all the same, and dropped with that reason when due.
    """
    at = _last_moment(lead, journey, step, channel, due, after)
    if at is None:
        span = next_opening(
            due, step, channel, journey, lead.where, answering=is_answer(lead, step, due)
        )
        at = due if span is None or span.opens <= due else moment_in(span, lead, step, spread)
    if isinstance(step, MeetingStep):
        return Timer(step.name, channel, about.key if about else "", 0, at)
    return Timer(step.name, channel, "", lead.run if run is None else run, at)


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
