"""A row that a service cannot work on: it is set aside with its reason, and an operator decides what becomes of it."""

from typing import Literal

from contracts.events.base import Event


class WorkFailed(Event):
    """Any service: a row of its own is in the state `failed`; the others go on. `lead_id` is 0 where it is no one's.

    `service`, `kind` (such as `timer`) and `row_id` name the row.
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
