"""A row that a service cannot process. An operator has it retried or discarded."""

from typing import Literal

from contracts.events.base import Event


class WorkFailed(Event):
    """Any service: one of its rows is in the state `failed`. The other rows are processed.

    `service`, `kind` (such as `timer`) and `row_id` identify the row. `lead_id` is 0 where the row
    belongs to no lead.
    """

    topic: Literal["work.failed"] = "work.failed"
    service: str
    kind: str
    row_id: int
    reason: str


class FailedWorkEvent(Event):
    """Names the row, and who decided about it."""

    service: str
    kind: str
    row_id: int
    by: str


class WorkRetried(FailedWorkEvent):
    """The service that owns the row: it is processed again."""

    topic: Literal["work.retried"] = "work.retried"


class WorkDiscarded(FailedWorkEvent):
    """The service that owns the row: it is left undone."""

    topic: Literal["work.discarded"] = "work.discarded"
