"""Answers a form at once with the touches of first contact."""

from collections.abc import Callable
from datetime import datetime

from contracts.events.booking import Booking
from contracts.events.lead import NO_JOURNEY, LeadCreated, LeadUpdated
from domain.journey.model import Journey
from kit.database import Database
from kit.errors import Unavailable
from services.notify.decisions.first_contact import (
    already_booked,
    first_touches,
    may_have_booked,
    nobody_has_booked,
)
from services.notify.deps import Deps
from services.notify.repositories import leads, touches, unmatched_bookings
from services.notify.touches import Form, Touch
from services.notify.use_cases.deliver import deliver
from services.notify.use_cases.find_form import UNKNOWN_LEAD


async def answer_form(
    event: LeadCreated | LeadUpdated, deps: Deps, concerns: Callable[[Touch], bool]
) -> None:
    """Delivers the touches that answer a form, as far as they concern the caller's queue."""
    if isinstance(event, LeadUpdated):
        await _add_form(event, deps.database)
    if event.journey == NO_JOURNEY:
        await _add_lead(event, deps.database)
        return
    journey = await deps.journeys.of(event.journey)
    meeting = await _meeting_ahead(event, journey, deps)
    if meeting is not None:
        reminder = already_booked(event, meeting)
        if concerns(reminder):
            await deliver(reminder, event.card, deps, form_arrived_at=_arrived_at(event))
        return
    answers_form = nobody_has_booked(event, deps.now())
    zone = deps.settings.timezone
    region = deps.settings.default_region
    for touch in first_touches(event, journey, deps.now(), zone=zone, region=region):
        if concerns(touch):
            await deliver(
                touch,
                event.card,
                deps,
                answers_form=answers_form,
                form_arrived_at=_arrived_at(event),
            )


def _arrived_at(event: LeadCreated | LeadUpdated) -> datetime:
    return event.received_at or event.at


async def _add_form(event: LeadUpdated, database: Database) -> None:
    """Adds a further form of the lead. Raises Unavailable while the lead is unknown."""
    if not await leads.exists(database, event.lead_id):
        raise Unavailable(UNKNOWN_LEAD)
    await leads.add_form(
        database,
        event.lead_id,
        Form(event.submission_id, event.card),
        arrived_at=_arrived_at(event),
    )
    if event.returned:
        await leads.welcome_back(database, event.lead_id)


async def _add_lead(event: LeadCreated | LeadUpdated, database: Database) -> None:
    """Stores a lead that is not contacted, so that its replies and its booking find it."""
    if isinstance(event, LeadCreated):
        form = Form(event.lead_id, event.card)
        await leads.add(database, form, arrived_at=_arrived_at(event))


async def _meeting_ahead(
    event: LeadCreated | LeadUpdated, journey: Journey, deps: Deps
) -> Booking | None:
    """Returns the person's meeting that lies ahead. Raises Unavailable.

    crm is asked for the meeting of a person who may have booked. One of whom nothing was known may
    still have booked before the form came. A form that was answered before comes again: its person
    has booked since.
    """
    if nobody_has_booked(event, deps.now()):
        addresses = [address for address in (event.card.email, event.card.phone) if address]
        return await unmatched_bookings.ahead(deps.database, addresses, deps.now())
    if not may_have_booked(event, journey, deps.now()):
        return None
    run = event.submission_id if isinstance(event, LeadUpdated) else 0
    if await touches.has_first_contact(deps.database, event.lead_id, run):
        return None
    async with deps.crm.permission(event.lead_id, event.person_id) as permission:
        return permission.eligibility.meeting
