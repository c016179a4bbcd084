"""Bad timers stop no other, nothing loops, and a dormant lead is served again."""

import pytest

from contracts.events.lead import LeadCreated
from contracts.events.touch import Channel, TouchDeferred, touch_id
from tests.builders import a_card
from tests.system import System, e164, person

pytestmark = pytest.mark.connected

FOLLOW_UPS = ("day_3", "day_6", "day_9", "day_12")
WELCOMED = ("lead.registered", "call.answered", "email touch.delivered")


async def a_welcomed_lead(system: System) -> tuple[int, dict[str, str]]:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, *WELCOMED)
    await system.planned(lead, *FOLLOW_UPS)
    return lead, form


async def a_poisoned_timer(system: System, lead: int) -> int:
    """Adds a timer whose channel the journey has lost since it was planned."""
    return int(
        await system.sql(
            "scheduler",
            """insert into timers (lead_id, step, channel, due_at, planned_at)
               values ($1, 'day_6', 'sms', now(), now()) returning id""",
            lead,
        )
    )


async def failed_ids(system: System, lead: int) -> list[str]:
    letters = (
        await system.http.get(f"{system.native.addresses.console}/api/dead?limit=10000")
    ).json()
    return [letter["letter_id"] for letter in letters if letter["lead_id"] == lead]


async def test_a_timer_that_cannot_be_decided_stops_no_other_and_is_shown_once(
    system: System,
) -> None:
    bad, _ = await a_welcomed_lead(system)
    good, _ = await a_welcomed_lead(system)
    timer = await a_poisoned_timer(system, bad)
    await system.let_pass(good, "day_3")

    await system.happens(good, "whatsapp touch.delivered")
    actions = await system.happens(bad, "work.failed")
    assert actions.count("work.failed") == 1
    assert (
        await system.sql("scheduler", "select state from timers where id = $1", timer) == "failed"
    )
    assert "tuple.index" in await system.sql(
        "scheduler", "select reason from timers where id = $1", timer
    )

    async def shown() -> bool:
        return await failed_ids(system, bad) == [f"scheduler-timer-{timer}"]

    await system.until(shown, lambda: "the failed timer is not among the dead letters")
    await discard(system, bad)


async def discard(system: System, lead: int) -> list[str]:
    """Discards the lead's failed work as an operator, and returns its ids."""

    async def shown() -> bool:
        return bool(await failed_ids(system, lead))

    await system.until(shown, lambda: "the failed work is not among the dead letters")
    url = f"{system.native.addresses.console}/api/dead/discard"
    answer = await system.http.post(
        url, json={"by": "Operadora", "ids": await failed_ids(system, lead)}
    )

    async def gone() -> bool:
        return not await failed_ids(system, lead)

    await system.until(gone, lambda: "the discarded work is still shown")
    return list(answer.json())


async def test_a_failed_timer_is_discarded_with_the_command_for_dead_letters(
    system: System,
) -> None:
    lead, _ = await a_welcomed_lead(system)
    timer = await a_poisoned_timer(system, lead)
    await system.happens(lead, "work.failed")

    assert await discard(system, lead) == [f"scheduler-timer-{timer}"]

    async def dropped() -> bool:
        return (
            await system.sql(
                "scheduler", "select state = 'dropped' from timers where id = $1", timer
            )
            is True
        )

    await system.until(dropped, lambda: "the failed timer was not discarded")


async def test_a_deferral_of_what_the_journey_lacks_is_kept_and_shown(system: System) -> None:
    lead, _ = await a_welcomed_lead(system)
    await system.publish(
        TouchDeferred(
            lead_id=lead,
            touch_id=touch_id(lead, "day_0", Channel.SMS),
            step="day_0",
            channel=Channel.SMS,
        )
    )

    await system.happens(lead, "work.failed")
    await system.planned(lead, *FOLLOW_UPS)
    await discard(system, lead)


async def test_a_lead_that_booked_as_another_is_skipped_once_with_one_note_in_kommo(
    system: System,
) -> None:
    first, form = await a_welcomed_lead(system)
    await system.book(form)
    await system.happens(first, "lead.booked")
    second = 8_000_000 + first
    card = a_card(phone=e164(form), email=form["email"])
    await system.publish(LeadCreated(lead_id=second, card=card, person_id=first))
    await system.happens(second, "lead.registered")
    await system.planned(second, *FOLLOW_UPS)
    await system.let_pass(second, "day_3")
    await system.happens(second, "whatsapp touch.skipped")
    await system.quiet()

    actions = await system.actions(second)
    assert actions.count("whatsapp touch.due") == 1
    assert actions.count("whatsapp touch.skipped") == 1
    await system.planned(second, *FOLLOW_UPS[1:])


async def test_a_lead_that_was_silent_for_half_a_year_and_books_is_confirmed(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.sql("scheduler", "delete from timers where lead_id = $1 returning 1", lead)
    await system.sql(
        "scheduler",
        """update enrolments set dormant = true, facts = facts || '{"follow_up_ended": "forgotten"}'
           where lead_id = $1 returning 1""",
        lead,
    )
    uid = await system.book(form)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
    await system.planned(lead, "reminder", "after_meeting")
    await system.calendar(f"{uid}/cancel")
    await system.happens(lead, "booking.cancelled")

    await system.planned(lead)
