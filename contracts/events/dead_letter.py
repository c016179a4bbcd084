"""What an operator did about a dead letter."""

from typing import Literal

from contracts.events.base import Event


class DeadLetterEvent(Event):
    """Identifies the message: its id, its queue, its topic (`about`), and why it was dead-lettered.

    `lead_id` is 0 where the message names none.
    """

    letter_id: str
    queue: str
    about: str
    reason: str
    by: str


class DeadLetterReplayed(DeadLetterEvent):
    """console: it returned to its queue."""

    topic: Literal["dead_letter.replayed"] = "dead_letter.replayed"


class DeadLetterDiscarded(DeadLetterEvent):
    """console: it was deleted."""

    topic: Literal["dead_letter.discarded"] = "dead_letter.discarded"
