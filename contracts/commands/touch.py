"""What an operator wants done about touches."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.commands.base import Command
from contracts.events.touch import Channel, HoldReason


class ResolveTouch(Command):
    """Resends a touch whose outcome nobody knows, or closes it. Answered by `touch.resolved`."""

    owner: ClassVar[str] = "notify"
    topic: Literal["touch.resolve"] = "touch.resolve"
    touch_id: UUID
    step: str
    channel: Channel
    run: int = 0
    send: bool


class ReleaseTouches(Command):
    """Sends the touches held for this reason in this scope. Answered by `touches.released`."""

    owner: ClassVar[str] = "notify"
    topic: Literal["touches.release"] = "touches.release"
    lead_id: int = 0
    reason: HoldReason
    scope: str
