"""What an operator wants done about a row that a service set aside."""

from typing import ClassVar, Literal

from contracts.commands.base import Command


class FailedWorkCommand(Command):
    """Names the row; `service` is its owner, and the addressee."""

    owner: ClassVar[str] = ""
    service: str
    kind: str
    row_id: int

    @property
    def addressee(self) -> str:
        return self.service


class RetryWork(FailedWorkCommand):
    """Processes the row again. Answered by `work.retried`."""

    topic: Literal["work.retry"] = "work.retry"


class DiscardWork(FailedWorkCommand):
    """Leaves the row undone. Answered by `work.discarded`."""

    topic: Literal["work.discard"] = "work.discard"
