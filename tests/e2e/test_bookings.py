"""Group events, seats, series and repeated changes: each attendee's lead follows their own part."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.events.lead import LeadCreated
from tests.builders import a_card
from tests.calendars import DAYS, HostCalendar, at
from tests.system import System, e164, person

pytestmark = pytest.mark.connected


@pytest.fixture
def calendar(system: System) -> HostCalendar:
    return HostCalendar(system)


async def two_leads(system: System) -> tuple[dict[str, Any], int, dict[str, Any], int]:
    vera, waldo = person(), person()
    first, second = await asyncio.gather(system.lead(vera), system.lead(waldo))
    await system.happens(first, "lead.registered")
    await system.happens(second, "lead.registered")
    return vera, first, waldo, second


async def bookings_of(system: System, lead: int) -> list[str]:
    actions = await system.actions(lead)
    return [action for action in actions if action.startswith(("lead.booked", "booking."))]


async def booked(system: System, lead: int, *expected: str) -> None:
    """Waits until exactly these changes of the lead's booking are in the log, in any order."""
    changes: list[str] = []

    async def there() -> bool:
        nonlocal changes
        changes = await bookings_of(system, lead)
        return sorted(changes) == sorted(expected)

    await system.until(there, lambda: f"lead {lead}: wanted {expected}, saw {changes}")


async def test_who_booked_before_the_form_came_is_not_asked_to_book(
    system: System, calendar: HostCalendar
) -> None:
    ana = person()
    await calendar.posts("BOOKING_CREATED", f"early-{ana['telefono']}", ana, starts=at(7))
    await system.quiet()
    lead = await system.lead(ana)
    await system.happens(lead, "lead.registered", "lead.booked", "email touch.sent")
    await system.quiet()

    subjects = [mail["subject"] for mail in await system.simulator("emails", ana["email"])]
    assert len(subjects) == 2, subjects  # what they have booked, and its confirmation
    assert await system.simulator("calls", e164(ana)) == []


async def test_a_form_that_comes_again_after_its_person_booked_is_not_answered_again(
    system: System,
) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "call.answered", "email touch.delivered")
    await system.book(form)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
    await system.quiet()
    before = await system.simulator("emails", form["email"])
    card = a_card(phone=e164(form), email=form["email"], name=form["nombre"])
    earlier = datetime.now(UTC) - timedelta(minutes=5)
    await system.publish(LeadCreated(lead_id=lead, card=card, person_id=lead, at=earlier))
    await system.quiet()

    assert await system.simulator("emails", form["email"]) == before
    assert "email touch.sent" in await system.actions(lead)


async def test_who_cancelled_before_the_form_came_is_called(
    system: System, calendar: HostCalendar
) -> None:
    ana = person()
    uid = f"gone-{ana['telefono']}"
    await calendar.posts("BOOKING_CREATED", uid, ana, starts=at(7))
    await calendar.posts("BOOKING_CANCELLED", uid, ana, starts=at(7))
    await system.quiet()
    lead = await system.lead(ana)
    await system.happens(lead, "lead.registered", "call.answered")


async def test_two_people_in_one_slot_are_both_booked(
    system: System, calendar: HostCalendar
) -> None:
    vera, first, waldo, second = await two_leads(system)
    slot = f"slot{first}"
    seat: dict[str, Any] = {"starts": at(7), "seatsPerTimeSlot": 20}
    await calendar.posts("BOOKING_CREATED", slot, vera, **seat)
    await calendar.posts("BOOKING_CREATED", slot, waldo, **seat)

    for lead in (first, second):
        await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
        await system.in_stage(lead, 60_000_002)


async def test_a_seat_that_moves_moves_alone(system: System, calendar: HostCalendar) -> None:
    vera, first, waldo, second = await two_leads(system)
    slot, other = f"slot{first}", f"slot{second}"
    await calendar.posts("BOOKING_CREATED", slot, vera, starts=at(7), seatsPerTimeSlot=20)
    await calendar.posts("BOOKING_CREATED", slot, waldo, starts=at(7), seatsPerTimeSlot=20)
    await calendar.posts(
        "BOOKING_RESCHEDULED",
        other,
        waldo,
        starts=at(9),
        seatsPerTimeSlot=20,
        rescheduleUid=slot,
    )
    await system.happens(second, "lead.booked", "booking.rescheduled")
    await system.quiet()

    assert await bookings_of(system, first) == ["lead.booked"]
    assert await bookings_of(system, second) == ["lead.booked", "booking.rescheduled"]


async def test_a_seat_that_is_cancelled_is_cancelled_alone(
    system: System, calendar: HostCalendar
) -> None:
    vera, first, waldo, second = await two_leads(system)
    slot = f"slot{first}"
    seat: dict[str, Any] = {"starts": at(7), "seatsPerTimeSlot": 20}
    await calendar.posts("BOOKING_CREATED", slot, vera, **seat)
    await calendar.posts("BOOKING_CREATED", slot, waldo, **seat)
    await calendar.posts("BOOKING_CANCELLED", slot, vera, status="CANCELLED", **seat)
    await system.happens(first, "lead.booked", "booking.cancelled", "email touch.sent")
    await system.quiet()

    assert await bookings_of(system, second) == ["lead.booked"]
    await system.in_stage(second, 60_000_002)


async def test_a_move_without_a_uid_of_its_own(system: System, calendar: HostCalendar) -> None:
    ana = person()
    lead = await system.lead(ana)
    await system.happens(lead, "lead.registered")
    uid = f"seat{lead}"
    await calendar.posts("BOOKING_CREATED", uid, ana, starts=at(7), seatsPerTimeSlot=20)
    await calendar.posts(
        "BOOKING_RESCHEDULED", None, ana, starts=at(8), seatsPerTimeSlot=20, rescheduleUid=uid
    )

    await system.happens(lead, "lead.booked", "booking.rescheduled")
    await system.quiet()

    assert (await system.timers(lead))["reminder"] == at(7)


async def test_several_moves_under_one_uid_each_count(
    system: System, calendar: HostCalendar
) -> None:
    ana = person()
    lead = await system.lead(ana)
    await system.happens(lead, "lead.registered", "call.answered", "email touch.delivered")
    uid = f"same{lead}"
    await calendar.posts("BOOKING_CREATED", uid, ana, starts=at(7))
    await confirmed(system, lead, 1)
    await calendar.posts("BOOKING_RESCHEDULED", uid, ana, starts=at(8), rescheduleUid=uid)
    await confirmed(system, lead, 2)
    await calendar.posts("BOOKING_RESCHEDULED", uid, ana, starts=at(9, 19), rescheduleUid=uid)
    await confirmed(system, lead, 3)
    await system.quiet()

    expected = ["lead.booked", "booking.rescheduled", "booking.rescheduled"]
    assert await bookings_of(system, lead) == expected
    assert (await system.timers(lead))["reminder"] == at(8, 19)


async def confirmed(system: System, lead: int, times: int) -> None:
    """Waits until the lead's meeting was confirmed by WhatsApp so many times."""

    async def there() -> bool:
        return (await system.actions(lead)).count("whatsapp touch.sent") == times

    await system.until(there, lambda: f"lead {lead} was not confirmed {times} times")


async def test_a_request_that_was_accepted_by_the_api(
    system: System, calendar: HostCalendar
) -> None:
    zoe = person()
    lead = await system.lead(zoe)
    await system.happens(lead, "lead.registered", "call.answered", "email touch.delivered")
    uid = f"conf{lead}"
    request: dict[str, Any] = {"starts": at(7), "status": "PENDING", "requiresConfirmation": True}
    await calendar.posts("BOOKING_REQUESTED", uid, zoe, **request)
    await system.happens(lead, "lead.booked")
    await system.quiet()
    assert "whatsapp touch.sent" not in await system.actions(lead)

    await calendar.posts("BOOKING_REQUESTED", uid, zoe, after=timedelta(minutes=5), **request)
    await booked(system, lead, "lead.booked", "lead.booked")
    await system.happens(lead, "whatsapp touch.delivered")


async def test_a_meeting_that_the_host_missed_is_not_thanked(
    system: System, calendar: HostCalendar
) -> None:
    ana = person()
    lead = await system.lead(ana)
    await system.happens(lead, "lead.registered")
    uid = f"host{lead}"
    await calendar.posts("BOOKING_CREATED", uid, ana, starts=at(7))
    await system.happens(lead, "lead.booked")
    await calendar.posts("BOOKING_NO_SHOW_UPDATED", uid, starts=at(7), attendees=[], bookingUid=uid)

    await system.happens(lead, "meeting.ended")
    await system.quiet()

    assert "after_meeting" not in await system.timers(lead)


async def test_the_seeds_body_books_cancels_and_books_again(system: System) -> None:
    lead = await system.lead(person())
    await system.happens(lead, "lead.registered", "call.answered", "email touch.delivered")
    for event in ("BOOKING_CREATED", "BOOKING_CREATED", "BOOKING_CANCELLED", "BOOKING_CREATED"):
        body = {"event": event, "payload": {"metadata": {"lead_id": lead}}}
        assert (await system.webhook(body, sign=False)).status_code == 200
    await booked(system, lead, "lead.booked", "booking.cancelled", "lead.booked")
    await system.in_stage(lead, 60_000_002)


async def test_a_series_is_confirmed_once_with_all_its_dates(
    system: System, calendar: HostCalendar
) -> None:
    ana = person()
    lead = await system.lead(ana)
    await system.happens(lead, "lead.registered", "call.answered", "email touch.delivered")
    weeks = [at(7 * week) for week in (1, 2, 3, 4)]
    for number in (2, 0, 3, 1):
        await calendar.posts(
            "BOOKING_CREATED",
            f"rec{lead}n{number}",
            ana,
            starts=weeks[number],
            recurringEvent={"freq": 2, "count": 4, "interval": 1},
        )
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
    await system.quiet()

    actions = await system.actions(lead)
    assert actions.count("lead.booked") == 1
    assert actions.count("booking.updated") == 3
    assert actions.count("whatsapp touch.sent") == 1
    assert await reminders(system, lead) == [week - DAYS for week in weeks]

    await calendar.posts("BOOKING_CANCELLED", f"rec{lead}n1", ana, starts=weeks[1])
    await system.until(
        lambda: _has_reminders(system, lead, 3), lambda: "the second reminder is still planned"
    )
    assert "booking.cancelled" not in await system.actions(lead)
    await system.in_stage(lead, 60_000_002)
    await _has_mail(system, ana, "CANCEL", [weeks[1]])
    cancellation = (await system.simulator("emails", ana["email"]))[-1]["text"]
    assert "Sigue en pie" in cancellation
    assert "elige otra hora" not in cancellation

    moved_to = weeks[2] + DAYS
    await calendar.posts("BOOKING_RESCHEDULED", f"rec{lead}n2", ana, starts=moved_to)
    await system.happens(lead, "booking.rescheduled")
    await system.until(
        lambda: _reminds(system, lead, [weeks[0], moved_to, weeks[3]]),
        lambda: "the moved date has no reminder of its own",
    )
    await _has_mail(system, ana, "REQUEST", [weeks[0], moved_to, weeks[3]])


async def reminders(system: System, lead: int) -> list[datetime]:
    connection = await system.connect("scheduler")
    try:
        rows = await connection.fetch(
            """select due_at from timers
               where lead_id = $1 and step = 'reminder' and state = 'pending' order by due_at""",
            lead,
        )
    finally:
        await connection.close()
    return [row["due_at"] for row in rows]


async def _has_reminders(system: System, lead: int, number: int) -> bool:
    return len(await reminders(system, lead)) == number


async def _reminds(system: System, lead: int, weeks: list[datetime]) -> bool:
    return await reminders(system, lead) == [week - DAYS for week in weeks]


async def _has_mail(
    system: System, form: dict[str, Any], method: str, dates: list[datetime]
) -> None:
    """Waits for a mail whose calendar files put these dates in the calendar, or take them off."""
    starts = {f"DTSTART:{date:%Y%m%dT%H%M%SZ}" for date in dates}

    async def there() -> bool:
        mails = await system.simulator("emails", form["email"])
        files = [[file["content"] for file in mail["attachments"]] for mail in mails]
        return any(_puts(contents, method, starts) for contents in files)

    await system.until(there, lambda: f"no mail with METHOD:{method} of {starts}")


def _puts(contents: list[str], method: str, starts: set[str]) -> bool:
    lines = "".join(contents).splitlines()
    given = {line for line in lines if line.startswith("DTSTART")}
    return given == starts and lines.count(f"METHOD:{method}") == len(contents)
