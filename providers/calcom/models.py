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
    """The fields that suggest which lead booked.

    Visitors can edit the link that they came by, so only the token proves anything.
    """

    lead_id: int | None
    token: str | None
    email: str | None
    phone_texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BookingUpdate:
    """One change of one booking. CREATED, REQUESTED and MOVED always have their `booking`."""

    what: UpdateKind
    uid: str
    previous_uid: str | None
    hints: AttendeeHints
    booking: Booking | None
    at: datetime
    reason: str
    attended: bool | None


@dataclass(frozen=True, slots=True)
class Ping:
    """The test message of the webhook's settings page."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A body that we cannot read. `missing` is the field that should have been there."""

    missing: str
