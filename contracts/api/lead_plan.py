"""scheduler's answer to console: the touches that are still planned for a lead."""

from datetime import datetime

from contracts.api.model import ApiModel
from contracts.events.touch import Channel


class Hours(ApiModel):
    """The hours that a touch keeps by the clock of `zone`: the spans of each day, Monday first."""

    zone: str
    days: list[list[str]]


class PlannedTouch(ApiModel):
    """A touch to come. `booking` is its meeting's uid, or empty.

    Without `hours`, the touch may leave at any hour.
    """

    step: str
    channel: Channel
    booking: str
    due_at: datetime
    hours: Hours | None = None


class LeadPlan(ApiModel):
    """The lead's planned touches, by the journey version it is pinned to.

    `stopped` says why there will be no more.
    """

    journey: str
    zone: str
    paused: bool
    stopped: str | None
    touches: list[PlannedTouch]
