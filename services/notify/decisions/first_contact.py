"""Decides which touches answer a form at once, and until which hour."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from contracts.events.booking import Booking
from contracts.events.lead import NO_JOURNEY, Door, LeadCreated, LeadUpdated
from contracts.events.touch import Channel, Kind
from domain.channels import facts_of
from domain.journey.contact_hours import next_opening
from domain.journey.model import FirstContactStep, Journey
from domain.journey.parser import BOOKING_LINK
from domain.journey.time_zones import whereabouts
from services.notify.touches import Form, Touch

ALREADY_BOOKED = "already_booked"
ANSWERED_WITHIN = timedelta(minutes=15)
# A form that is answered later than this was held up, and its person may have booked meanwhile.
AT_ONCE = timedelta(minutes=1)


def just_arrived(arrived_at: datetime, now: datetime) -> bool:
    """Returns whether a form is so fresh that a text may say so."""
    return now - arrived_at <= ANSWERED_WITHIN


def first_touches(
    event: LeadCreated | LeadUpdated, journey: Journey, now: datetime, *, zone: str, region: str
) -> Iterator[Touch]:
    """Yields the touches of the journey's first contact.

    A touch that is not allowed at this hour comes with an end that has passed. A form that joins a
    lead is answered at its new addresses only; after a day it is answered as a whole. Who wrote to
    us first is answered by the steps for that.
    """
    if event.journey == NO_JOURNEY:
        return
    card = event.card
    form = Form(event.submission_id if isinstance(event, LeadUpdated) else event.lead_id, card)
    place = whereabouts(card.time_zone, card.phone, zone=zone, region=region)
    by_message = event.door is Door.MESSAGE
    for step in journey.first_contact:
        if bool(step.on_first_message) is not by_message:
            continue
        if not _answers(event, step.channels[0], journey):
            continue
        if by_message:
            yield _message_answer(event, step, form)
            continue
        span = next_opening(now, step, step.channels[0], journey, place)
        yield Touch.planned(
            event.lead_id,
            step.name,
            step.channels[0],
            form,
            kind=Kind.FIRST_CONTACT,
            template=step.template,
            fallback=step.channels[1:],
            until=span.until if span is not None and span.opens <= now else now,
            run=event.submission_id if isinstance(event, LeadUpdated) else 0,
        )


def _message_answer(event: LeadCreated | LeadUpdated, step: FirstContactStep, form: Form) -> Touch:
    """Returns the answer to who wrote first: at any hour, as long as their message is fresh."""
    return Touch.planned(
        event.lead_id,
        step.name,
        step.channels[0],
        form,
        kind=Kind.ASKED_FOR,
        template=step.template,
        fallback=step.channels[1:],
        until=(event.received_at or event.at) + ANSWERED_WITHIN,
        run=event.submission_id if isinstance(event, LeadUpdated) else 0,
    )


def answered_as_a_whole(event: LeadCreated | LeadUpdated, journey: Journey) -> bool:
    """Returns whether the form is answered like a new lead's.

    It is where the lead is new, or returns after more than a day.
    """
    if isinstance(event, LeadCreated):
        return True
    return event.returned and journey.on_return == "restart"


def nobody_has_booked(event: LeadCreated | LeadUpdated, now: datetime) -> bool:
    """Returns whether the person cannot have booked yet: nobody knew them until just now."""
    is_new = isinstance(event, LeadCreated) and not event.person_is_known
    return is_new and now - event.at <= AT_ONCE


def may_have_booked(event: LeadCreated | LeadUpdated, journey: Journey, now: datetime) -> bool:
    """Returns whether a meeting may lie ahead of a person who is answered as a whole."""
    return not nobody_has_booked(event, now) and answered_as_a_whole(event, journey)


def already_booked(event: LeadCreated | LeadUpdated, meeting: Booking) -> Touch:
    """Returns the answer to a person with a meeting ahead: an email that names it, and no call."""
    submission = event.submission_id if isinstance(event, LeadUpdated) else event.lead_id
    return Touch.planned(
        event.lead_id,
        ALREADY_BOOKED,
        Channel.EMAIL,
        Form(submission, event.card),
        kind=Kind.ASKED_FOR,
        booking=meeting,
        run=submission if isinstance(event, LeadUpdated) else 0,
    )


def asked_for_link(lead_id: int, form: Form, *, asked_at: datetime, run: int = 0) -> Touch:
    """Returns the touch that sends the booking link after the person pressed 1.

    It goes by WhatsApp, or by SMS, and within a quarter of an hour at any hour of the day.
    """
    return Touch.planned(
        lead_id,
        BOOKING_LINK,
        Channel.WHATSAPP,
        form,
        kind=Kind.ASKED_FOR,
        fallback=(Channel.SMS,),
        until=asked_at + ANSWERED_WITHIN,
        run=run,
    )


def _answers(event: LeadCreated | LeadUpdated, channel: Channel, journey: Journey) -> bool:
    if answered_as_a_whole(event, journey):
        return True
    return isinstance(event, LeadUpdated) and facts_of(channel).address in event.changed
