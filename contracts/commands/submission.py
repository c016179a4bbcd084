"""What an operator wants done about what came in."""

from typing import ClassVar, Literal

from contracts.commands.base import Command


class AcceptSubmission(Command):
    """Lets a held submission go its way. `lead_id` is the submission's id.

    Answered by `submission.accepted`, and by `lead.created` or `lead.updated`.
    """

    owner: ClassVar[str] = "intake"
    topic: Literal["submission.accept"] = "submission.accept"


class DiscardSubmission(Command):
    """Leaves a held submission uncontacted for good. Answered by `submission.discarded`."""

    owner: ClassVar[str] = "intake"
    topic: Literal["submission.discard"] = "submission.discard"


class ReplayDelivery(Command):
    """Processes a stored webhook again. Answered by `delivery.replayed`."""

    owner: ClassVar[str] = "intake"
    topic: Literal["delivery.replay"] = "delivery.replay"
    delivery_id: int
