"""Decides whether a due touch goes out now, later, or not at all."""

from dataclasses import dataclass
from datetime import datetime

from contracts.events.touch import Channel
from domain.journey.contact_hours import next_opening
from domain.journey.model import Journey, LateRule, Step
from domain.journey.time_zones import Whereabouts


@dataclass(frozen=True, slots=True)
class SendNow:
    """The touch goes out, before `until`; None where its hours never end."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class MoveTo:
    """The touch waits until `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TooLate:
    """The touch is too late, and does not go out."""


@dataclass(frozen=True, slots=True)
class NoHours:
    """The touch does not go out, because its hours never open or cannot be known."""


def when_late(
    due: datetime,
    now: datetime,
    step: Step,
    channel: Channel,
    journey: Journey,
    where: Whereabouts,
    *,
    answering: bool = False,
) -> SendNow | MoveTo | TooLate | NoHours:
    """Returns the decision on a touch that was due at `due`.

    Within the hours in which it was due it goes out; after them the step's rule applies. Whatever
    the rule, it does not go out later than its limit.
    """
    if now - due > step.late.limit:
        return TooLate()
    planned = next_opening(due, step, channel, journey, where, answering=answering)
    if planned is not None and planned.opens <= now < planned.closes:
        return SendNow(planned.until)
    if step.late.rule is LateRule.SKIP and planned is not None and planned.opens <= now:
        return TooLate()
    found = next_opening(now, step, channel, journey, where, answering=answering)
    if planned is None and found is None:
        return NoHours()
    if found is not None and found.opens <= now:
        if step.late.rule is LateRule.SEND:
            return SendNow(found.until)
        found = next_opening(found.closes, step, channel, journey, where, answering=answering)
    if found is None or found.opens - due > step.late.limit:
        return TooLate()
    return MoveTo(found.opens)
