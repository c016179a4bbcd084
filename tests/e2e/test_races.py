"""Bookings race touches due at the same instant: no touch follows an acknowledged booking.

`PAUTA_RACES` sets the number of races: 500 by default, 10,000 for the long run.
"""

import asyncio
import os
import time
from typing import Any

import pytest

from domain.signed_links import sign
from tests.system import System, e164, person

RACES = int(os.environ.get("PAUTA_RACES", "500"))
AT_ONCE = 100

pytestmark = [pytest.mark.connected, pytest.mark.timeout(180 + RACES)]


async def round_of(system: System, count: int) -> tuple[int, int]:
    """Returns how many follow-ups left before their booking was acknowledged, and after."""
    forms = [person() for _ in range(count)]
    leads = [await system.lead(form) for form in forms]
    connection = await system.connect("scheduler")
    try:

        async def enrolled() -> bool:
            found = await connection.fetchval(
                """select count(*) from timers
                   where lead_id = any($1) and step = 'day_3' and state = 'pending'""",
                leads,
            )
            return bool(found == count)

        await system.until(enrolled, lambda: "not every lead was enrolled", seconds=60)
        await system.quiet()
        await connection.execute(
            """update timers
               set due_at = now() + random() * interval '1.5 seconds', planned_at = now()
               where lead_id = any($1) and step = 'day_3'""",
            leads,
        )
    finally:
        await connection.close()
    answered = await asyncio.gather(
        *(book(system, lead, number / count * 1.5) for number, lead in enumerate(leads))
    )
    await system.quiet()
    requested = {
        m["to"]: m["at"]
        for m in await system.simulator("messages")
        if "0003" in str(m["params"].get("ContentSid"))
    }
    sent = [
        (requested.get(f"whatsapp:{e164(form)}"), at)
        for form, at in zip(forms, answered, strict=True)
    ]
    before = sum(at is not None and at <= until for at, until in sent)
    after = sum(at is not None and at > until for at, until in sent)
    return before, after


async def book(system: System, lead: int, pause: float) -> float:
    """Posts the booking, and returns the time of the answer to Cal.com."""
    await asyncio.sleep(pause)
    # the order counts, not the speed
    response = await system.webhook(a_created(lead), timeout=120)
    assert response.status_code == 200, response.text
    return time.time()


def a_created(lead: int) -> dict[str, Any]:
    metadata = {"lead_id": str(lead), "lead_token": sign("link-secret-demo", "booking", lead)}
    payload = {
        "uid": f"race{lead}",
        "title": "Reunión",
        "status": "ACCEPTED",
        "metadata": metadata,
        "responses": {},
        "startTime": "2030-03-04T16:00:00Z",
        "endTime": "2030-03-04T16:30:00Z",
        "attendees": [],
    }
    return {
        "triggerEvent": "BOOKING_CREATED",
        "createdAt": "2026-03-02T10:00:00.000Z",
        "payload": payload,
    }


async def test_no_follow_up_is_requested_after_its_booking_was_answered_for(system: System) -> None:
    before = after = 0
    for begun in range(0, RACES, AT_ONCE):
        early, late = await round_of(system, min(AT_ONCE, RACES - begun))
        before += early
        after += late

    assert after == 0
    assert 0 < before < RACES, "it was no race: try other pauses"
