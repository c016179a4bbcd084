"""Decides which of a lead's addresses a touch goes to. Pure: no clock, no database, no network."""

from collections.abc import Sequence

from contracts.events.booking import Booking
from contracts.events.touch import Channel, Kind
from domain.channels import address_in
from services.notify.touches import Addressed, Form

# the touches that go to the address that booked
ABOUT_MEETINGS = (Kind.MEETING, Kind.AFTER_MEETING, Kind.CANCELLATION)
# follow-ups to an address without a sign of life, after which the other address is tried
FOLLOW_UPS_WITHOUT_LIFE = 2


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
    if kind not in ABOUT_MEETINGS or booking is None:
        return None
    return address_in(booking, channel)
