"""What an operator wants done about addresses."""

from typing import ClassVar, Literal

from contracts.commands.base import Command


class RestoreAddress(Command):
    """Lets touches go to a suspended address again. Answered by `address.restored`."""

    owner: ClassVar[str] = "notify"
    topic: Literal["address.restore"] = "address.restore"
    lead_id: int = 0
    address: str
