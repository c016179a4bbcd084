"""The follow-up as a whole: its end, and the backlog after an outage."""

from typing import Literal

from contracts.events.base import Event


class CadenceFinished(Event):
    """scheduler: every follow-up was sent or skipped, and the lead has not booked."""

    topic: Literal["cadence.finished"] = "cadence.finished"


class BacklogHeld(Event):
    """scheduler: many touches are overdue, and wait until an operator releases them."""

    topic: Literal["backlog.held"] = "backlog.held"
    lead_id: int = 0
    overdue: int


class BacklogReleased(Event):
    """scheduler: an operator released the overdue touches. Each follows its rule for lateness."""

    topic: Literal["backlog.released"] = "backlog.released"
    lead_id: int = 0
    overdue: int
