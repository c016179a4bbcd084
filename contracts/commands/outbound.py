"""What an operator wants done about everything that leaves for the providers."""

from typing import ClassVar, Literal

from contracts.commands.base import Command


class PauseOutbound(Command):
    """Stops everything that leaves: touches and Kommo. Answered by `outbound.paused`."""

    owner: ClassVar[str] = "notify"
    topic: Literal["outbound.pause"] = "outbound.pause"
    lead_id: int = 0
    reason: str = ""


class ResumeOutbound(Command):
    """Lets everything leave again, each touch within its hours. Answered by `outbound.resumed`."""

    owner: ClassVar[str] = "notify"
    topic: Literal["outbound.resume"] = "outbound.resume"
    lead_id: int = 0
