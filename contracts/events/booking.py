"""A slot that a lead took in the calendar."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.events.base import Event


class Booking(BaseModel):
    """One booking, as the calendar has it. Sources that report only "booked" leave the times out.

    `confirmed` is False until the host accepts it. `time_zone`, `language`, `email` and `phone`
    (E.164) are the attendee's.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    uid: str
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    title: str = ""
    meeting_url: str | None = None
    time_zone: str | None = None
    language: str | None = None
    email: str | None = None
    phone: str | None = None
    confirmed: bool = True


class BookingEvent(Event):
    """`revision` counts the changes of a lead's bookings. Consumers ignore a lower one."""

    revision: int


class LeadBooked(BookingEvent):
    """crm: the lead has this booking now."""

    topic: Literal["lead.booked"] = "lead.booked"
    booking: Booking


class BookingRescheduled(BookingEvent):
    """crm: the lead's booking was moved. The calendar replaced `previous_uid` by a new booking."""

    topic: Literal["booking.rescheduled"] = "booking.rescheduled"
    booking: Booking
    previous_uid: str


class BookingCancelled(BookingEvent):
    """crm: the lead has no booking any longer."""

    topic: Literal["booking.cancelled"] = "booking.cancelled"
    uid: str
    reason: str = ""


class MeetingEnded(BookingEvent):
    """crm: the meeting is over. `attended` is False when the host marked the lead as absent."""

    topic: Literal["meeting.ended"] = "meeting.ended"
    uid: str
    ended_at: AwareDatetime
    attended: bool = True


class BookingUnmatched(Event):
    """crm: a booking that matches no lead yet. Its lead id is 0."""

    topic: Literal["booking.unmatched"] = "booking.unmatched"
    lead_id: int = 0
    uid: str
    starts_at: AwareDatetime | None = None
    email: str | None = None
    phone: str | None = None


class BookingAssigned(Event):
    """crm: the booking is this lead's, because an operator assigned it."""

    topic: Literal["booking.assigned"] = "booking.assigned"
    uid: str
    by: str
