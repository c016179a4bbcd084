"""Which touches answer a new lead at once, and until what hour."""

from collections.abc import Iterator
from datetime import datetime

from contracts.lead import LeadCard, LeadCreated
from contracts.touch import Channel, Kind
from journey.model import Journey
from journey.windows import next_opening
from journey.zones import whereabouts
from services.notify.touches import BOOKING_LINK, Touch


def first_touches(event: LeadCreated, journey: Journey, now: datetime, *, zone: str, region: str) -> Iterator[Touch]:
    """The journey's first contact. What is not allowed at this hour comes with an end that has passed."""
    card = event.card
    where = whereabouts(card.time_zone, card.phone, zone=zone, region=region)
    for step in journey.first_contact:
        span = next_opening(now, step, step.channels[0], journey, where)
        yield Touch.planned(
            event.lead_id,
            step.name,
            step.channels[0],
            card,
            kind=Kind.FIRST_CONTACT,
            template=step.template,
            fallback=step.channels[1:],
            until=span.until if span is not None and span.opens <= now else now,
        )


def asked_for_link(lead_id: int, card: LeadCard) -> Touch:
    """The person pressed 1: the booking link goes by WhatsApp, or by SMS."""
    return Touch.planned(lead_id, BOOKING_LINK, Channel.WHATSAPP, card, kind=Kind.ASKED_FOR, fallback=(Channel.SMS,))
