"""Counts for each step of the journey: leads that are there or left there, outcomes of touches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from domain.journey.model import DAY, AttemptStep, FollowUpStep, MeetingStep, Step
from services.console.decisions.leads import State

Counts = Mapping[tuple[str, str], int]

LEFT_BY_BOOKING = (State.BOOKED, State.MET)
STILL_THERE = (State.WAITING, State.REACHED, State.PAUSED)
ARRIVED = ("delivered", "answered")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one step.

    `here`, `booked`, `stopped` and `finished` count leads whose last step it was. `sign` and `span`
    are its time: `+` after the lead, the call before it or the meeting, `−` before the meeting,
    empty for at once.
    """

    step: Step
    sign: str
    span: timedelta
    here: int
    booked: int
    stopped: int
    finished: int
    failed: int
    skipped: int
    arrived: int
    made: int


def numbers_of(steps: Iterable[Step], at_step: Counts, outcomes: Counts) -> tuple[Numbers, ...]:
    return tuple(_numbers(step, at_step, outcomes) for step in steps)


def _numbers(step: Step, at_step: Counts, outcomes: Counts) -> Numbers:
    def leads(*states: State) -> int:
        return sum(at_step.get((step.name, state), 0) for state in states)

    def touches(*ends: str) -> int:
        return sum(outcomes.get((step.name, end), 0) for end in ends)

    sign, span = _when(step)
    return Numbers(
        step=step,
        sign=sign,
        span=span,
        here=leads(*STILL_THERE),
        booked=leads(*LEFT_BY_BOOKING),
        stopped=leads(State.STOPPED, State.ERASED),
        finished=leads(State.FINISHED),
        failed=touches("failed"),
        skipped=touches("skipped"),
        arrived=touches(*ARRIVED),
        made=touches("sent", "uncertain", "unanswered", *ARRIVED),
    )


def _when(step: Step) -> tuple[str, timedelta]:
    match step:
        case FollowUpStep(after=after):
            return "+", after
        case AttemptStep(attempt=attempt):
            return "+", attempt.after or DAY
        case MeetingStep(before=before) if before is not None:
            return "−", before
        case MeetingStep(after=after) if after is not None:
            return "+", after
        case _:
            return "", timedelta()
