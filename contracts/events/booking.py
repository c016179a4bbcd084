"""A slot that a lead took in the calendar."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.events.base import Event


class Occurrence(BaseModel):
    """One meeting of a recurring series, and what became of it.

    `ical_uid`, `sequence` and `moved` are as in a booking.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    uid: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    meeting_url: str | None = None
    location: str = ""
    ical_uid: str | None = None
    sequence: int = 0
    moved: int = 0
    ended: bool = False
    attended: bool = True
    host_absent: bool = False


class Booking(BaseModel):
    """One attendee's booking. Sources that report only "booked" leave the times out.

    `confirmed` is False until the host accepts it. `time_zone`, `language`, `email` and `phone`
    (E.164) are the attendee's. `location` is where they meet without a `meeting_url`: a phone
    number or a place. `ical_uid` names the appointment in calendars for all its life, and
    `sequence` counts its changes there. `moved` counts the changes under one uid. Of a recurring
    series, `series` has the meetings that stand, the first one first, and the other fields are
    those of the first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    uid: str
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    title: str = ""
    meeting_url: str | None = None
    location: str = ""
    time_zone: str | None = None
    language: str | None = None
    email: str | None = None
    phone: str | None = None
    confirmed: bool = True
    ical_uid: str | None = None
    sequence: int = 0
    moved: int = 0
    recurring: bool = False
    series: tuple[Occurrence, ...] = ()

    @property
    def key(self) -> str:
        """Returns the name under which touches belong to it: another one after each move."""
        return f"{self.uid}~{self.moved}" if self.moved else self.uid

    @property
    def meetings(self) -> tuple["Booking", ...]:
        """Returns each meeting of the series as a booking of its own; itself where it has none."""
        if not self.series:
            return (self,)
        return tuple(
            self.model_copy(
                update={
                    "uid": meeting.uid,
                    "starts_at": meeting.starts_at,
                    "ends_at": meeting.ends_at,
                    "meeting_url": meeting.meeting_url,
                    "location": meeting.location,
                    "ical_uid": meeting.ical_uid,
                    "sequence": meeting.sequence,
                    "moved": meeting.moved,
                    "series": (),
                }
            )
            for meeting in self.series
        )

    @property
    def last_start(self) -> datetime | None:
        """Returns when its last meeting begins; None where no time is known."""
        starts = [meeting.starts_at for meeting in self.meetings if meeting.starts_at is not None]
        return max(starts, default=None)

    def of(self, meetings: Sequence[Occurrence]) -> "Booking":
        """Returns the booking of these meetings of its series, of which there is at least one."""
        first = self.model_copy(update={"series": (meetings[0],)}).meetings[0]
        return first.model_copy(
            update={"uid": self.uid, "moved": self.moved, "series": tuple(meetings)}
        )


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


class BookingUpdated(BookingEvent):
    """crm: the booking has another link, place or end, or its series has other dates."""

    topic: Literal["booking.updated"] = "booking.updated"
    booking: Booking


class BookingCancelled(BookingEvent):
    """crm: the lead has no booking any longer."""

    topic: Literal["booking.cancelled"] = "booking.cancelled"
    uid: str
    reason: str = ""
    booking: Booking | None = None


class MeetingEnded(BookingEvent):
    """crm: a meeting is over. `uid` is the meeting's own, also in a series.

    `attended` is False when the host marked the lead as absent. `host_absent` is True when the host
    did not come.
    """

    topic: Literal["meeting.ended"] = "meeting.ended"
    uid: str
    ended_at: AwareDatetime
    attended: bool = True
    host_absent: bool = False


class BookingUnmatched(Event):
    """crm: a booking that matches no lead yet, or one of these that was cancelled.

    Its lead id is 0.
    """

    topic: Literal["booking.unmatched"] = "booking.unmatched"
    lead_id: int = 0
    uid: str
    starts_at: AwareDatetime | None = None
    email: str | None = None
    phone: str | None = None
    cancelled: bool = False


class BookingAssigned(Event):
    """crm: the booking is this lead's, because an operator assigned it."""

    topic: Literal["booking.assigned"] = "booking.assigned"
    uid: str
    by: str
