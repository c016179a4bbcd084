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


class FailedWorkCommand(Event):
    """Which row, and who decided."""

    service: str
    kind: str
    row_id: int
    by: str


class RetryWork(FailedWorkCommand):
    """console, to the service that owns the row: work on it again."""

    topic: Literal["work.retry"] = "work.retry"


class DiscardWork(FailedWorkCommand):
    """console, to the service that owns the row: leave it undone."""

    topic: Literal["work.discard"] = "work.discard"
