"""What an operator wants done about one lead."""

from typing import ClassVar, Literal

from contracts.commands.base import Command


class PauseLead(Command):
    """Makes the lead's follow-up wait. Answered by `lead.paused`."""

    owner: ClassVar[str] = "scheduler"
    topic: Literal["lead.pause"] = "lead.pause"


class ResumeLead(Command):
    """Lets the follow-up continue where it stopped. Answered by `lead.resumed`."""

    owner: ClassVar[str] = "scheduler"
    topic: Literal["lead.resume"] = "lead.resume"


class StopLead(Command):
    """Says stop in the person's place. Answered by `lead.opted_out`."""

    owner: ClassVar[str] = "notify"
    topic: Literal["lead.stop"] = "lead.stop"


class RestoreLead(Command):
    """Takes back a stop that was read in a reply, or said by an operator.

    Answered by `lead.restored`.
    """

    owner: ClassVar[str] = "notify"
    topic: Literal["lead.restore"] = "lead.restore"


class EraseLead(Command):
    """Erases the person's data. Answered by `lead.erased`, upon which the other services erase."""

    owner: ClassVar[str] = "intake"
    topic: Literal["lead.erase"] = "lead.erase"


class SkipStep(Command):
    """Skips a coming step of one lead. Answered by `touch.skipped`.

    `booking` is the uid of the step's meeting, where it has one.
    """

    owner: ClassVar[str] = "scheduler"
    topic: Literal["step.skip"] = "step.skip"
    step: str
    booking: str = ""


class AssignBooking(Command):
    """Assigns an unmatched booking to the lead. Answered by `booking.assigned`."""

    owner: ClassVar[str] = "crm"
    topic: Literal["booking.assign"] = "booking.assign"
    uid: str
