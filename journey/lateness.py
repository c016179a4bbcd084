"""What becomes of a touch whose time has come, late or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from journey.model import Journey, LateRule, Step
from journey.windows import next_opening


@dataclass(frozen=True, slots=True)
class SendNow:
    """It goes out, until `until`; None for any hour."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class MoveTo:
    """It waits until then."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TooLate:
    """It does not go out any more."""


@dataclass(frozen=True, slots=True)
class NoHours:
    """There is no hour at which it may go out."""


def when_late(
    due: datetime, now: datetime, step: Step, journey: Journey, *, zones: Sequence[str], country: str
) -> SendNow | MoveTo | TooLate | NoHours:
    """What is still in the hours it was due in goes out. After them the step's rule decides, within its limit."""
    if now - due > step.late.limit:
        return TooLate()
    planned = next_opening(due, step, journey, zones=zones, country=country)
    if planned is not None and planned.opens <= now < planned.closes:
        return SendNow(planned.until)
    if step.late.rule is LateRule.SKIP and planned is not None and planned.opens <= now:
        return TooLate()
    found = next_opening(now, step, journey, zones=zones, country=country)
    if found is not None and found.opens <= now:
        if step.late.rule is LateRule.SEND:
            return SendNow(found.until)
        found = next_opening(found.closes, step, journey, zones=zones, country=country)
    if planned is None and found is None:
        return NoHours()
    if found is None or found.opens - due > step.late.limit:
        return TooLate()
    return MoveTo(found.opens)
