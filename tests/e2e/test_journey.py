"""The whole journey from outside: follow-ups, bookings and the touches of a meeting."""

import re
from datetime import timedelta
from typing import Any

import pytest

from contracts.events.touch import Channel, Kind, TouchDue, touch_id
from tests.system import System, e164, person

pytestmark = pytest.mark.connected

INITIAL = 60_000_001
BOOKED = 60_000_002
FOLLOW_UPS = ("day_3", "day_6", "day_9", "day_12")
MEETING = ("reminder", "after_meeting")
WELCOMED = ("lead.registered", "call.answered", "email touch.delivered")


async def a_welcomed_lead(system: System, **changes: Any) -> tuple[int, dict[str, Any]]:
    form = person(**changes)
    lead = await system.lead(form)
    await system.happens(lead, *WELCOMED)
    await system.planned(lead, *FOLLOW_UPS)
    return lead, form


async def a_booked_lead(system: System, **slot: Any) -> tuple[int, dict[str, Any], str]:
    lead, form = await a_welcomed_lead(system)
    uid = await system.book(form, **slot)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
    return lead, form, uid


async def texts_to(system: System, form: dict[str, Any]) -> list[str]:
    """Returns the templates of the WhatsApp messages that the lead got, in order."""
    sids = re.findall(
        r"(\w+)=(HX\d+)", system.native.recipes()["notify"].environment["TWILIO_CONTENT_SIDS"]
    )
    name_of = {sid: name for name, sid in sids}
    return [
        name_of[message["params"]["ContentSid"][0]]
        for message in await system.simulator("messages", e164(form))
    ]


async def subjects_to(system: System, form: dict[str, Any]) -> list[str]:
    return [email["subject"] for email in await system.simulator("emails", form["email"])]


async def test_a_lead_who_never_books_gets_every_follow_up_once(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    for step in FOLLOW_UPS:
        await system.let_pass(lead, step)
        await system.planned(lead, *FOLLOW_UPS[FOLLOW_UPS.index(step) + 1 :])
    await system.happens(lead, "cadence.finished", "whatsapp touch.delivered")
    await system.quiet()

    assert await texts_to(system, form) == ["day_3", "day_12"]
    assert len(await subjects_to(system, form)) == 3


async def test_a_booking_ends_the_follow_up_and_reaches_kommo_and_the_lead(
    system: System,
) -> None:
    lead, form, _ = await a_booked_lead(system)
    await system.planned(lead, *MEETING)
    await system.in_stage(lead, BOOKED)
    await system.quiet()

    [message] = await system.simulator("messages", e164(form))
    assert await texts_to(system, form) == ["confirmation"]
    assert "hora de" in message["params"]["ContentVariables"][0]
    confirmation = (await system.simulator("emails", form["email"]))[-1]
    [invitation] = confirmation["attachments"]
    assert invitation["name"] == "reunion.ics"
    assert "BEGIN:VEVENT" in invitation["content"]
    await system.let_pass(lead, "reminder")
    await system.let_pass(lead, "after_meeting")
    await system.planned(lead)
    await system.quiet()
    assert await texts_to(system, form) == ["confirmation", "reminder"]
    assert len(await subjects_to(system, form)) == 3


async def test_a_moved_booking_moves_everything_and_the_old_reminder_is_gone(
    system: System,
) -> None:
    lead, form, uid = await a_booked_lead(system)
    await system.planned(lead, *MEETING)
    before = await system.timers(lead)
    start = before["reminder"].replace(microsecond=0)
    second = (await system.calendar(f"{uid}/move", start=(start.isoformat())))["uid"]
    await system.happens(lead, "booking.rescheduled")
    await system.quiet()

    assert (
        await system.sql(
            "scheduler",
            "select count(*) from timers where lead_id = $1 and state = 'pending' and booking = $2",
            lead,
            uid,
        )
        == 0
    )
    assert (
        await system.sql(
            "scheduler",
            "select count(*) from timers where lead_id = $1 and state = 'pending' and booking = $2",
            lead,
            second,
        )
        > 0
    )
    assert await texts_to(system, form) == ["confirmation", "confirmation"]


async def test_after_a_cancelled_booking_the_follow_up_goes_on(system: System) -> None:
    lead, form, uid = await a_booked_lead(system)
    await system.in_stage(lead, BOOKED)
    await system.calendar(f"{uid}/cancel", reason="Ya no puedo")
    await system.happens(lead, "booking.cancelled")

    await system.planned(lead, *FOLLOW_UPS)
    await system.in_stage(lead, INITIAL)
    await system.let_pass(lead, "day_3")
    await system.planned(lead, *FOLLOW_UPS[1:])
    await system.quiet()
    assert await texts_to(system, form) == ["confirmation", "day_3"]


async def test_an_opted_out_lead_gets_nothing_more_also_after_a_booking(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.http.post(
        f"{system.native.addresses.simulator}/simulator/write",
        json={"phone": e164(form), "text": "BAJA"},
    )
    await system.happens(lead, "lead.opted_out")

    await system.planned(lead)
    await system.book(form)
    await system.happens(lead, "lead.booked")
    await system.quiet()
    assert await texts_to(system, form) == []


async def test_a_reply_pauses_the_next_follow_up(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.sql(
        "scheduler",
        """update timers set due_at = now() + interval '1 hour'
           where lead_id = $1 and step = 'day_3' returning 1""",
        lead,
    )
    before = await system.timers(lead)
    await system.sql(
        "scheduler",
        """update enrolments
           set facts = jsonb_set(facts, '{entered_at}', to_jsonb(now() - interval '71 hours'))
           where lead_id = $1 returning 1""",
        lead,
    )
    await system.http.post(
        f"{system.native.addresses.simulator}/simulator/write",
        json={"phone": e164(form), "text": "¿Cuánto cuesta?"},
    )
    await system.happens(lead, "reply.received")

    async def later() -> bool:
        return (await system.timers(lead))["day_3"] > before["day_3"] + timedelta(hours=12)

    await system.until(later, lambda: "the follow-up was not paused")


@pytest.mark.parametrize("change", ["142", "143", "60000009", "delete"])
async def test_a_lead_closed_in_kommo_is_not_followed_up(system: System, change: str) -> None:
    lead, _ = await a_welcomed_lead(system)
    kommo_id = (await system.kommo_lead(lead))["id"]
    simulator = f"{system.native.addresses.simulator}/simulator/kommo/{kommo_id}"
    if change == "delete":
        await system.http.post(f"{simulator}/delete")
    else:
        await system.http.post(f"{simulator}/move", json={"status_id": int(change)})
    await system.happens(lead, "lead.closed")

    await system.planned(lead)


async def test_our_own_moves_in_kommo_close_nothing(system: System) -> None:
    lead, _, uid = await a_booked_lead(system)
    await system.in_stage(lead, BOOKED)
    await system.calendar(f"{uid}/cancel")
    await system.in_stage(lead, INITIAL)
    await system.quiet()

    assert "lead.closed" not in await system.actions(lead)


async def test_a_booking_before_kommo_has_answered_reaches_kommo_later(system: System) -> None:
    await system.inject_fault(provider="kommo", kind="status", status=503, times=1000)
    try:
        form = person()
        lead = await system.lead(form)
        await system.happens(lead, "email touch.delivered", "call.answered")
        await system.book(form)
        await system.happens(lead, "lead.booked")
    finally:
        await system.clear_faults()

    await system.happens(lead, "lead.registered", seconds=60)
    await system.in_stage(lead, BOOKED)


async def test_a_booking_without_its_webhook_is_found_by_polling(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.calendar("webhooks", "PUT", silent=True)
    try:
        uid = await system.book(form)
        await system.happens(lead, "lead.booked")
        await system.calendar(f"{uid}/cancel")
        await system.happens(lead, "booking.cancelled")
    finally:
        await system.calendar("webhooks", "PUT", silent=False)


async def test_a_booking_of_nobody_is_shown_and_finds_its_lead_when_that_appears(
    system: System,
) -> None:
    form = person()
    link = "http://localhost/cal/demo/reunion"
    booked = await system.calendar(
        "book",
        link=link,
        start="2030-03-04T16:00:00+00:00",
        minutes=30,
        name="Alguien",
        email=form["email"],
    )
    crm = system.replicas["crm"][0][1]
    unmatched = (await system.http.get(f"http://127.0.0.1:{crm}/bookings/unmatched")).json()
    lead = await system.lead(form)

    assert booked["uid"] in [booking["uid"] for booking in unmatched]
    await system.happens(lead, "lead.booked")
    await system.in_stage(lead, BOOKED)


async def test_a_requested_meeting_stops_the_follow_up_and_promises_nothing(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    uid = await system.book(form, confirm=True)
    await system.happens(lead, "lead.booked")
    await system.planned(lead)
    assert await texts_to(system, form) == []

    await system.calendar(f"{uid}/accept")
    await system.planned(lead, *MEETING)
    await system.quiet()
    assert await texts_to(system, form) == ["confirmation"]


async def test_an_absent_lead_gets_no_survey(system: System) -> None:
    lead, form, uid = await a_booked_lead(system)
    await system.planned(lead, *MEETING)
    await system.calendar(f"{uid}/end")
    await system.happens(lead, "meeting.ended")
    await system.calendar(f"{uid}/no_show")

    await system.planned(lead, "reminder")
    assert len(await subjects_to(system, form)) == 2


def day_3_due(lead: int, **more: Any) -> TouchDue:
    return TouchDue(
        lead_id=lead,
        touch_id=touch_id(lead, "day_3", Channel.WHATSAPP),
        step="day_3",
        channel=Channel.WHATSAPP,
        kind=Kind.FOLLOW_UP,
        template="day_3",
        fallback=(Channel.SMS,),
        **more,
    )


async def test_a_follow_up_that_met_a_booking_is_made_after_all_when_that_is_cancelled(
    system: System,
) -> None:
    """The timer had fired when the booking came, so notify skipped the touch."""
    lead, form, uid = await a_booked_lead(system)
    await system.sql(
        "scheduler",
        """insert into timers (lead_id, step, channel, booking, due_at, planned_at, state)
           values ($1, 'day_3', 'whatsapp', '', now(), now(), 'fired') returning 1""",
        lead,
    )
    await system.publish(day_3_due(lead))
    await system.happens(lead, "whatsapp touch.skipped")
    await system.quiet()
    await system.calendar(f"{uid}/cancel", reason="Ya no puedo")
    await system.planned(lead, *FOLLOW_UPS)
    await system.let_pass(lead, "day_3")
    await system.planned(lead, *FOLLOW_UPS[1:])
    await system.quiet()

    assert await texts_to(system, form) == ["confirmation", "day_3"]


async def test_a_touch_at_a_bad_hour_is_deferred_and_sent_later(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.publish(day_3_due(lead, until="2026-01-01T00:00:00Z"))

    await system.happens(lead, "whatsapp touch.deferred", "whatsapp touch.delivered")
    await system.quiet()
    assert await texts_to(system, form) == ["day_3"]


async def test_while_crm_cannot_be_asked_nobody_is_followed_up(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    system.kill("crm")
    try:
        await system.let_pass(lead, "day_3")
        await system.planned(lead, *FOLLOW_UPS[1:])
        assert await texts_to(system, form) == []
    finally:
        system.restart("crm")

    await system.happens(lead, "whatsapp touch.delivered", seconds=60)
    assert await texts_to(system, form) == ["day_3"]


async def test_a_lead_keeps_the_journey_it_entered_with(system: System) -> None:
    """Gives the lead an older journey: its third day goes by SMS, and there is no twelfth."""
    lead, form = await a_welcomed_lead(system)
    other = """demonstration: true
any_hour: true
follow_up:
- {name: day_3, after: 3 days, channels: [sms]}
"""
    await system.sql(
        "scheduler",
        "insert into journeys values ('another', $1) on conflict do nothing returning 1",
        other,
    )
    await system.sql(
        "scheduler",
        "update enrolments set journey = 'another' where lead_id = $1 returning 1",
        lead,
    )
    uid = await system.book(form)
    await system.happens(lead, "lead.booked")
    await system.planned(lead)
    await system.calendar(f"{uid}/cancel")
    await system.planned(lead, "day_3")
    await system.let_pass(lead, "day_3")
    await system.happens(lead, "sms touch.delivered", "cadence.finished")

    assert await texts_to_phone(system, form) == ["sms"]


async def texts_to_phone(system: System, form: dict[str, Any]) -> list[str]:
    return [
        "whatsapp" if message["to"].startswith("whatsapp:") else "sms"
        for message in await system.simulator("messages", e164(form))
    ]
