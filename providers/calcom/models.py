"""Cal.com's changes of bookings as plain values. Pure: no network, no database."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.events.booking import Booking


class UpdateKind(StrEnum):
    """The ways in which a booking changes."""

    CREATED = "created"
    REQUESTED = "requested"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    NO_SHOW = "no_show"
    ENDED = "ended"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AttendeeHints:
    """One attendee, and the fields that suggest which lead this is.

    `lead_id` and `token` came with the link that the attendee followed. Visitors can edit that
    link, so only the token proves anything. `guest` marks whom the booker brought along. `seat` is
    the reference of a seat in a group event. `absent` is None where nobody said who came.
    """

    lead_id: int | None = None
    token: str | None = None
    email: str | None = None
    phone_texts: tuple[str, ...] = ()
    time_zone: str | None = None
    language: str | None = None
    seat: str | None = None
    absent: bool | None = None
    guest: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing tells this attendee from another."""
        return not (self.email or self.phone_texts or self.seat)


@dataclass(frozen=True, slots=True)
class EventType:
    """The event type of a booking, as far as an update names it: Cal.com's id and the slug."""

    number: str | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class BookingUpdate:
    """One change of one booking. CREATED, REQUESTED and MOVED always have their `booking`.

    `attendees` are those whom the change concerns, the booker first. `seated` marks a group event,
    whose webhooks name only the seat that changed. `listed` marks what Cal.com's lists say: how the
    whole booking stands, so that nobody else takes part any longer. `is_legacy` marks the callers
    that we had before Cal.com, who report only a lead's id.
    """

    what: UpdateKind
    uid: str
    previous_uid: str | None
    attendees: tuple[AttendeeHints, ...]
    booking: Booking | None
    at: datetime
    reason: str = ""
    seated: bool = False
    listed: bool = False
    host_absent: bool = False
    event_type: EventType = EventType()
    is_legacy: bool = False

    @property
    def booker(self) -> AttendeeHints:
        """Returns the first attendee, an anonymous one where nobody is named."""
        return self.attendees[0] if self.attendees else AttendeeHints()


@dataclass(frozen=True, slots=True)
class Ping:
    """The test message of the webhook's settings page."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A body that we cannot read. `missing` is the field that should have been there."""

    missing: str
