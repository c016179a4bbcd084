"""What an operator did about a message that could not be worked on."""

from typing import Literal

from contracts.events.base import Event


class DeadLetterEvent(Event):
    """Which message: its letter's id, the queue it is for, the event it carries, and why it was parked.

    `lead_id` is 0 where the message names none.
    """

    letter_id: str
    queue: str
    about: str
    reason: str
    by: str


class DeadLetterReplayed(DeadLetterEvent):
    """console: it is tried anew."""

    topic: Literal["dead_letter.replayed"] = "dead_letter.replayed"


class DeadLetterDiscarded(DeadLetterEvent):
    """console: it was thrown away."""

    topic: Literal["dead_letter.discarded"] = "dead_letter.discarded"
