"""crm's answer to notify, asked right before sending: may this lead be contacted?"""

from contracts.api.model import ApiModel
from contracts.events.booking import Booking


class ContactEligibility(ApiModel):
    """What speaks against contacting a lead.

    `booking` is the uid of its current booking, `meetings` those of the meetings of a series.
    `booked_elsewhere` whether another lead of the same
    person has one, or had one since this lead came. `meeting` is the person's booking that lies
    ahead, whichever lead's it is, and `closed` why the lead was closed in Kommo.
    """

    booking: str | None = None
    meetings: tuple[str, ...] = ()
    booked_elsewhere: bool = False
    closed: str | None = None
    meeting: Booking | None = None


class Permit(ContactEligibility):
    """While the permit is open, at most `seconds`, crm answers for no new booking of this lead."""

    seconds: float
