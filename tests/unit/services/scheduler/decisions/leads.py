"""Example leads, their events and their timers, for the tests of the scheduler's decisions."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.events.booking import BookingCancelled, BookingRescheduled, LeadBooked
from contracts.events.lead import LeadPaused, LeadResumed, LeadUpdated
from contracts.events.touch import Channel, TouchDeferred, touch_id
from domain.journey.model import Journey
from domain.journey.settings import JourneySettings, load_journey
from services.scheduler.decisions.enrolment import Change, Enrolment, apply_event, enrol
from services.scheduler.decisions.planning import Timer, plan
from tests.builders import a_booking, a_card, a_lead_created

JOURNEY: Journey = load_journey(JourneySettings(_env_file=None))[0]
MONTERREY = ZoneInfo("America/Monterrey")
ENTERED = datetime(2026, 3, 2, 10, tzinfo=MONTERREY)  # a Monday
FOLLOW_UPS = ["day_3", "day_6", "day_9", "day_12"]


def local(*date: int) -> datetime:
    return datetime(*date, tzinfo=MONTERREY)  # type: ignore[arg-type, misc]


def a_lead(at: datetime = ENTERED, **changes: Any) -> Enrolment:
    event = a_lead_created(**changes).model_copy(update={"at": at})
    return enrol(event, zone="America/Mexico_City", region="MX")


def after(*events: Change, lead: Enrolment | None = None) -> Enrolment:
    lead = lead or a_lead()
    for event in events:
        lead = apply_event(lead, event, JOURNEY)
    return lead


def steps(lead: Enrolment) -> dict[str, datetime]:
    return {timer.step: timer.due_at for timer in plan(lead, JOURNEY)}


def booked(
    revision: int = 1, uid: str = "first", *, at: datetime | None = None, **changes: Any
) -> LeadBooked:
    booking = a_booking(uid, starts_at=local(2026, 3, 10, 11), ends_at=local(2026, 3, 10, 11, 30))
    at = at or ENTERED + timedelta(days=1)
    return LeadBooked(
        lead_id=123456, revision=revision, booking=booking.model_copy(update=changes), at=at
    )


def moved(revision: int, uid: str, *, starts_at: datetime) -> BookingRescheduled:
    booking = a_booking(uid, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=30))
    return BookingRescheduled(
        lead_id=123456,
        revision=revision,
        booking=booking,
        previous_uid="first",
        at=ENTERED + timedelta(days=2),
    )


def cancelled(revision: int, uid: str = "first", *, at: datetime | None = None) -> BookingCancelled:
    return BookingCancelled(
        lead_id=123456, revision=revision, uid=uid, at=at or ENTERED + timedelta(days=3)
    )


def deferral(step: str, channel: Channel, at: datetime) -> TouchDeferred:
    return TouchDeferred(
        lead_id=123456, touch_id=touch_id(1, "x", channel), step=step, channel=channel, at=at
    )


def days(number: float) -> datetime:
    return ENTERED + timedelta(days=number)


def paused(day: float) -> LeadPaused:
    return LeadPaused(lead_id=123456, by="Operadora", at=days(day))


def resumed(day: float) -> LeadResumed:
    return LeadResumed(lead_id=123456, by="Operadora", at=days(day))


def returned(at: datetime, *, submission: int = 900, **more: Any) -> LeadUpdated:
    return LeadUpdated(
        lead_id=123456,
        submission_id=submission,
        person_id=123456,
        card=a_card(),
        returned=True,
        at=at,
        **more,
    )


DAY_3 = Timer("day_3", Channel.WHATSAPP, "", 0, local(2026, 3, 5, 10))
DAY_6 = Timer("day_6", Channel.EMAIL, "", 0, local(2026, 3, 9, 10))
