"""The world's oddities: what calendars really post, doubled and in any order.

Each function raises AssertionError when the system reacts wrongly.
"""

import random
from collections.abc import Sequence
from typing import Any

from tests.calendars import DAYS, HostCalendar, at
from tests.chaos.system import WiredSystem
from tests.system import person

SEATS: dict[str, Any] = {"seatsPerTimeSlot": 20}
SERIES: dict[str, Any] = {"recurringEvent": {"freq": 2, "count": 4, "interval": 1}}


async def seats(system: WiredSystem, dice: random.Random) -> None:
    """Of two people in one slot, one moves to another and one cancels."""
    stays, stays_lead = await _welcomed(system)
    goes, goes_lead = await _welcomed(system)
    first, second = f"slot{stays_lead}", f"slot{goes_lead}"
    calendar = HostCalendar(system)
    webhooks = [
        calendar.webhook("BOOKING_CREATED", first, stays, starts=at(7), **SEATS),
        calendar.webhook("BOOKING_CREATED", first, goes, starts=at(7), **SEATS),
        calendar.webhook(
            "BOOKING_RESCHEDULED", second, stays, starts=at(8), rescheduleUid=first, **SEATS
        ),
        calendar.webhook("BOOKING_CANCELLED", first, goes, starts=at(7), **SEATS),
    ]
    await _post_shuffled(calendar, webhooks, dice)
    await system.in_stage(stays_lead, 60_000_002)
    await system.quiet()

    assert await _appointments(system, stays_lead) == [second]
    assert await _appointments(system, goes_lead) == []
    assert (await system.timers(stays_lead))["reminder"] == at(7)
    assert "reminder" not in await system.timers(goes_lead)


async def a_series(system: WiredSystem, dice: random.Random) -> None:
    """Four weekly meetings, of which the second is cancelled."""
    form, lead = await _welcomed(system)
    weeks = [at(7 * week) for week in (1, 2, 3, 4)]
    calendar = HostCalendar(system)
    webhooks = [
        calendar.webhook("BOOKING_CREATED", f"rec{lead}n{number}", form, starts=week, **SERIES)
        for number, week in enumerate(weeks)
    ]
    webhooks.append(calendar.webhook("BOOKING_CANCELLED", f"rec{lead}n1", form, starts=weeks[1]))
    await _post_shuffled(calendar, webhooks, dice)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered", seconds=60)
    await system.quiet()

    assert len(await _appointments(system, lead)) == 3
    actions = await system.actions(lead)
    assert (actions.count("lead.booked"), actions.count("whatsapp touch.sent")) == (1, 1)
    assert (await system.timers(lead))["reminder"] == weeks[3] - DAYS


async def moves_under_one_uid(system: WiredSystem, dice: random.Random) -> None:
    form, lead = await _welcomed(system)
    uid = f"same{lead}"
    calendar = HostCalendar(system)
    webhooks = [
        calendar.webhook("BOOKING_CREATED", uid, form, starts=at(7)),
        calendar.webhook("BOOKING_RESCHEDULED", uid, form, starts=at(8), rescheduleUid=uid),
        calendar.webhook("BOOKING_RESCHEDULED", uid, form, starts=at(9), rescheduleUid=uid),
    ]
    await _post_shuffled(calendar, webhooks, dice)
    await system.in_stage(lead, 60_000_002)
    await system.quiet()

    assert (await system.timers(lead))["reminder"] == at(8)


async def _welcomed(system: WiredSystem) -> tuple[dict[str, Any], int]:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered", "email touch.delivered", seconds=60)
    return form, lead


async def _post_shuffled(
    calendar: HostCalendar, webhooks: Sequence[dict[str, Any]], dice: random.Random
) -> None:
    """Posts each webhook twice, in an order that the seed draws."""
    for webhook in dice.sample([*webhooks, *webhooks], 2 * len(webhooks)):
        await calendar.deliver(webhook)


async def _appointments(system: WiredSystem, lead: int) -> list[str]:
    """Returns the uids of the bookings that crm's database still has for the lead."""
    connection = await system.connect("crm")
    try:
        rows = await connection.fetch(
            "select uid from appointments where lead_id = $1 and stage in (1, 2) order by uid",
            lead,
        )
    finally:
        await connection.close()
    return [row["uid"] for row in rows]
