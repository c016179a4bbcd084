"""The follow-up as a whole: its end, and the backlog after an outage."""

from typing import Literal

from contracts.events.base import Event


class CadenceFinished(Event):
    """scheduler: every follow-up was sent or skipped, and the lead has not booked."""

    topic: Literal["cadence.finished"] = "cadence.finished"


class BacklogHeld(Event):
    """scheduler: so many touches are overdue that an operator must say whether they still go out. About no one lead."""

    topic: Literal["backlog.held"] = "backlog.held"
    lead_id: int = 0
    overdue: int


class BacklogReleased(Event):
    """scheduler: an operator said that the overdue touches go out, each by its own rule. About no one lead."""

    topic: Literal["backlog.released"] = "backlog.released"
    lead_id: int = 0
    overdue: int
