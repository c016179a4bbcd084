"""When somebody who was not called yet will be: the page says so where the phone stays still."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.events.touch import Channel
from domain.journey.contact_hours import next_opening
from domain.journey.model import Journey
from domain.journey.time_zones import whereabouts


@dataclass(frozen=True, slots=True)
class Later:
    """The instant from which the call may be made, and the zone of whoever is called."""

    at: float
    zone: str


def call_to_come(
    journey: Journey, phone: str, now: datetime, *, zone: str, region: str
) -> Later | None:
    """None where the welcome call may be made now, never, or is none of the journey's."""
    step = next((step for step in journey.first_contact if step.channels[0] is Channel.CALL), None)
    if step is None:
        return None
    where = whereabouts(None, phone, zone=zone, region=region)
    span = next_opening(now, step, Channel.CALL, journey, where)
    return (
        Later(span.opens.timestamp(), where.home) if span is not None and span.opens > now else None
    )


def days_in_seconds(journey: Journey) -> float | None:
    """How many seconds a demonstration's whole follow-up takes; None for a journey that keeps its days."""
    longest = max((step.after for step in journey.follow_up), default=timedelta())
    return (
        longest.total_seconds()
        if journey.demonstration and timedelta() < longest < timedelta(hours=1)
        else None
    )
