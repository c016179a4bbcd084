"""When a lead without a call yet will be called, which the page shows where the phone is silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.events.touch import Channel
from domain.journey.contact_hours import next_opening
from domain.journey.model import Journey
from domain.journey.time_zones import whereabouts


@dataclass(frozen=True, slots=True)
class Later:
    """The instant from which the call may be made, and the lead's time zone."""

    at: float
    zone: str


def call_to_come(
    journey: Journey, phone: str, now: datetime, *, zone: str, region: str
) -> Later | None:
    """Returns when the welcome call may be made.

    None where it may be made now or never, and where the journey has no such call.
    """
    step = next((step for step in journey.first_contact if step.channels[0] is Channel.CALL), None)
    if step is None:
        return None
    where = whereabouts(None, phone, zone=zone, region=region)
    span = next_opening(now, step, Channel.CALL, journey, where)
    if span is None or span.opens <= now:
        return None
    return Later(span.opens.timestamp(), where.home)


def days_in_seconds(journey: Journey) -> float | None:
    """Returns how many seconds a demonstration's whole follow-up takes.

    None for a journey whose follow-up takes days.
    """
    longest = max((step.after for step in journey.follow_up), default=timedelta())
    if journey.demonstration and timedelta() < longest < timedelta(hours=1):
        return longest.total_seconds()
    return None
