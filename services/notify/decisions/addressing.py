"""Which of a lead's addresses a touch goes to. Pure: no clock, no database, no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.events.booking import Booking
from contracts.events.touch import Channel, Kind
from services.notify.touches import Form

WITHOUT_LIFE = 2  # so many follow-ups to an address that shows no life, then it is the other's turn


@dataclass(frozen=True, slots=True)
class Addressed:
    """A form with what is known of the addresses it names: their last sign of life, and the follow-ups they had."""

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
    """The form whose address a touch goes to; `forms` are the lead's, the oldest first.

    The address that last showed life (a click, a booking, a reply); until one did the latest, and after two follow-ups
    without a sign of life the other. Where no form names an address for the channel, the first form.
    """
    named = [form for form in forms if form.address(channel)]
    if not named:
        return forms[0].form
    alive = [form for form in named if form.alive_at(channel) is not None]
    if alive:
        return max(alive, key=lambda form: (form.alive_at(channel), form.form.submission_id)).form
    fresh = [form for form in named if form.follow_ups(channel) < WITHOUT_LIFE]
    if fresh:
        return fresh[-1].form
    return min(reversed(named), key=lambda form: form.follow_ups(channel)).form


def booked_from(kind: Kind, channel: Channel, booking: Booking | None) -> str | None:
    """The address that booked the meeting, where the touch is about it and the calendar names one."""
    if kind is not Kind.MEETING or booking is None:
        return None
    return booking.email if channel is Channel.EMAIL else booking.phone
