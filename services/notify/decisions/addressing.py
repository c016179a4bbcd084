"""Decides which of a lead's addresses a touch goes to. Pure: no clock, no database, no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.events.booking import Booking
from contracts.events.touch import Channel, Kind
from services.notify.touches import Form

# follow-ups to an address without a sign of life, after which the other address is tried
FOLLOW_UPS_WITHOUT_LIFE = 2


@dataclass(frozen=True, slots=True)
class Addressed:
    """A form with the last sign of life of its addresses, and the count of follow-ups to them."""

    form: Form
    email_alive_at: datetime | None = None
    phone_alive_at: datetime | None = None
    follow_up_mails: int = 0
    follow_up_texts: int = 0

    def address(self, channel: Channel) -> str | None:
        return self.form.card.email if channel is Channel.EMAIL else self.form.card.phone

    def alive_at(self, channel: Channel) -> datetime | None:
        return self.email_alive_at if channel is Channel.EMAIL else self.phone_alive_at

    def follow_ups(self, channel: Channel) -> int:
        return self.follow_up_mails if channel is Channel.EMAIL else self.follow_up_texts


def form_for(channel: Channel, forms: Sequence[Addressed]) -> Form:
    """Returns the form whose address a touch goes to. `forms` are the lead's, the oldest first.

    The address that last showed a sign of life (a click, a booking, a reply) comes first. Until an
    address shows one, the latest address is used, and after two follow-ups to it the other. Where
    no form names an address for the channel, the first form is returned.
    """
    reachable = [form for form in forms if form.address(channel)]
    if not reachable:
        return forms[0].form
    alive = [form for form in reachable if form.alive_at(channel) is not None]
    if alive:
        return max(alive, key=lambda form: (form.alive_at(channel), form.form.submission_id)).form
    fresh = [form for form in reachable if form.follow_ups(channel) < FOLLOW_UPS_WITHOUT_LIFE]
    if fresh:
        return fresh[-1].form
    return min(reversed(reachable), key=lambda form: form.follow_ups(channel)).form


def booked_from(kind: Kind, channel: Channel, booking: Booking | None) -> str | None:
    """Returns the address that booked the meeting.

    None where the touch is not about a meeting, or the calendar names no address.
    """
    if kind is not Kind.MEETING or booking is None:
        return None
    return booking.email if channel is Channel.EMAIL else booking.phone
