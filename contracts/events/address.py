"""An address that reaches nobody, or perhaps not, and what an operator decided about it."""

from typing import Literal

from contracts.events.base import Event
from contracts.events.touch import Channel


class AddressSuspended(Event):
    """notify: nothing more goes to this address of the lead, until an operator restores it.

    `doubtful`: its last mails bounced, each for a passing reason. Otherwise it reaches nobody.
    """

    topic: Literal["address.suspended"] = "address.suspended"
    channel: Channel
    address: str
    doubtful: bool
    reason: str


class AddressRestored(Event):
    """notify: an operator lets touches go to this address again."""

    topic: Literal["address.restored"] = "address.restored"
    lead_id: int = 0
    address: str
    by: str
