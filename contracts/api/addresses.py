"""notify's answer to console: the addresses to which nothing more goes."""

from datetime import datetime

from contracts.api.model import ApiModel


class SuspendedAddress(ApiModel):
    """An address, and why nothing goes there. `reason` is empty where an older version stored it.

    `lead_id` is the newest lead that gave it; 0 where none did.
    """

    address: str
    doubtful: bool
    reason: str
    at: datetime
    lead_id: int
