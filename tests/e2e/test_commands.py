"""Operators' commands about one lead: each service acts once, and no other lead changes."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.commands.lead import (
    AssignBooking,
    EraseLead,
    PauseLead,
    ResumeLead,
    SkipStep,
    StopLead,
)
from contracts.commands.touch import ResolveTouch
from contracts.events.lead import LeadCreated
from contracts.events.touch import Channel, touch_id
from tests.builders import a_lead_created
from tests.e2e.test_journey import (
    BOOKED,
    FOLLOW_UPS,
    MEETING,
    a_booked_lead,
    a_welcomed_lead,
    day_3_due,
    subjects_to,
    texts_to,
)
from tests.e2e.test_webhooks import twilio_posts
from tests.system import System, e164, everything_received, person

pytestmark = pytest.mark.connected

BY = "Operadora"


async def ask(system: System, service: str, path: str) -> Any:
    """Returns a service's answer inside the network, or its status if it is not 200."""
    response = await system.http.get(f"http://127.0.0.1:{system.replicas[service][0][1]}{path}")
    return response.json() if response.status_code == 200 else response.status_code


async def event_of(system: System, lead: int, topic: str) -> dict[str, Any]:
    """Returns the body of the lead's only event of this topic."""
    connection = await system.connect("console")
    try:
        [row] = await connection.fetch(
            "select body::text from actions where lead_id = $1 and topic = $2", lead, topic
        )
    finally:
        await connection.close()
    return dict(json.loads(row["body"]))


async def apply_pause(system: System, lead: int, command: PauseLead | ResumeLead) -> None:
    """Publishes the command twice, and waits until scheduler and notify have applied it."""
    await system.publish(command)
    await system.publish(command)
    wanted = isinstance(command, PauseLead)

    async def applied() -> bool:
        plan = await ask(system, "scheduler", f"/leads/{lead}")
        kept = await system.sql(
            "notify", "select paused from paused_leads where lead_id = $1", lead
        )
        return [plan["paused"], kept] == [wanted, wanted]

    await system.until(applied, lambda: f"not every service has paused={wanted} for lead {lead}")
    await system.quiet()


async def test_a_paused_follow_up_waits_and_goes_on_when_it_is_resumed(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    pause = PauseLead(lead_id=lead, by=BY)
    await apply_pause(system, lead, pause)
    await system.planned(lead)
    await system.publish(day_3_due(lead))  # its timer had just fired
    await system.happens(lead, "whatsapp touch.deferred")
    await system.quiet()
    assert await texts_to(system, form) == []
    assert (await ask(system, "scheduler", f"/leads/{lead}"))["touches"] == []

    await apply_pause(system, lead, ResumeLead(lead_id=lead, by=BY))
    await system.publish(pause)
    await system.happens(lead, "whatsapp touch.delivered")
    await system.planned(lead, *FOLLOW_UPS[1:])
    await system.quiet()
    assert await texts_to(system, form) == ["day_3"]


async def test_commands_that_come_before_their_lead_are_carried_out_when_it_exists(
    system: System,
) -> None:
    lead = 7_100_000
    form = person(2)
    for command in (PauseLead(lead_id=lead, by=BY), StopLead(lead_id=lead, by=BY)):
        await system.publish(command)
    await system.publish(a_lead_created(lead_id=lead, phone=e164(form), email=form["email"]))
    await system.happens(lead, "lead.opted_out")

    async def carried_out() -> bool:
        plan = await ask(system, "scheduler", f"/leads/{lead}")
        return isinstance(plan, dict) and plan["paused"] and plan["stopped"] == "opted_out"

    await system.until(carried_out, lambda: "the commands were lost")


async def test_a_meetings_touches_are_made_also_while_the_follow_up_is_paused(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    await apply_pause(system, lead, PauseLead(lead_id=lead, by=BY))
    await system.book(form)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")

    await system.planned(lead, *MEETING)
    assert await texts_to(system, form) == ["confirmation"]


@pytest.mark.parametrize("command", [PauseLead, StopLead])
async def test_a_touch_perhaps_sent_before_a_command_is_checked_and_not_sent_after_it(
    system: System, command: type[PauseLead | StopLead]
) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.publish(SkipStep(lead_id=lead, step="day_3", by=BY))
    await system.planned(lead, *FOLLOW_UPS[1:])
    await system.inject_fault(
        provider="brevo", kind="stall", path="/v3/smtp/email", method="POST", times=1, seconds=4
    )
    receipts = f"{system.native.addresses.simulator}/simulator/callbacks"
    await system.http.put(receipts, json={"copies": 0})  # else a receipt would reveal the outcome
    try:
        await system.let_pass(lead, "day_6")

        async def received() -> bool:
            return len(await system.simulator("emails", form["email"])) == 2

        await system.until(received, lambda: "the mail never came to Brevo")
        await system.publish(command(lead_id=lead, by=BY))  # while Brevo's answer is pending
        await system.happens(lead, "email touch.uncertain", "email touch.checked")
        if command is PauseLead:
            await apply_pause(system, lead, ResumeLead(lead_id=lead, by=BY))
        await system.quiet()
    finally:
        await system.http.put(receipts, json={})

    query = "select state from touches where lead_id = $1 and step = 'day_6' and channel = 'email'"
    assert await system.sql("notify", query, lead) == "sent"
    actions = await system.actions(lead)
    assert "email touch.deferred" not in actions
    assert "email touch.skipped" not in actions
    assert len(await system.simulator("emails", form["email"])) == 2


async def test_a_lead_that_opted_out_and_returns_can_be_stopped_again(
    system: System,
) -> None:
    lead, form = await a_welcomed_lead(system)
    await system.publish(StopLead(lead_id=lead, by=BY))
    await system.happens(lead, "lead.opted_out")
    again = 7_200_000
    await system.publish(a_lead_created(lead_id=again, phone=e164(form), email=form["email"]))
    await system.happens(again, "call touch.skipped")
    await system.publish(StopLead(lead_id=again, by=BY))

    await system.happens(again, "lead.opted_out")
    await system.planned(again)


async def test_a_step_that_is_skipped_is_not_sent_and_the_next_one_is(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    command = SkipStep(lead_id=lead, step="day_3", by=BY)
    await asyncio.gather(system.publish(command), system.publish(command))
    await system.planned(lead, *FOLLOW_UPS[1:])
    await system.let_pass(lead, "day_6")
    await system.planned(lead, *FOLLOW_UPS[2:])
    for step in FOLLOW_UPS[2:]:
        await system.publish(SkipStep(lead_id=lead, step=step, by=BY))
    actions = await system.happens(lead, "cadence.finished", "email touch.skipped")
    await system.quiet()

    assert actions.count("whatsapp touch.skipped") == 2  # the third day and the twelfth
    assert await texts_to(system, form) == []
    assert len(await subjects_to(system, form)) == 2


async def test_a_step_that_is_not_planned_cannot_be_skipped(system: System) -> None:
    lead, _ = await a_welcomed_lead(system)
    before = await system.timers(lead)
    for step, booking in (("day_3", "another"), ("reminder", ""), ("nothing", "")):
        await system.publish(SkipStep(lead_id=lead, step=step, booking=booking, by=BY))
    await system.quiet()

    assert await system.timers(lead) == before
    assert not [
        action
        for action in await system.actions(lead)
        if "skipped" in action and "step" not in action
    ]


async def test_stopped_by_an_operator_is_stopped(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    command = StopLead(lead_id=lead, by=BY)
    await system.publish(command)
    await system.publish(command)
    await system.happens(lead, "lead.opted_out")
    await system.planned(lead)
    await system.publish(day_3_due(lead))
    actions = await system.happens(lead, "whatsapp touch.skipped")
    await system.quiet()

    assert actions.count("lead.opted_out") == 1
    assert await texts_to(system, form) == []
    assert (await ask(system, "scheduler", f"/leads/{lead}"))["stopped"] == "opted_out"


async def test_the_plan_names_what_comes_the_soonest_first(system: System) -> None:
    lead, _, uid = await a_booked_lead(system)
    await system.planned(lead, *MEETING)
    plan = await ask(system, "scheduler", f"/leads/{lead}")

    assert [(touch["step"], touch["channel"], touch["booking"]) for touch in plan["touches"]] == [
        ("reminder", "whatsapp", uid),
        ("after_meeting", "email", uid),
    ]
    assert [touch["hours"] for touch in plan["touches"]] == [None, None]
    assert (plan["zone"], plan["paused"], plan["stopped"]) == ("America/Mexico_City", False, None)
    assert plan["journey"] == await system.sql(
        "scheduler", "select journey from enrolments where lead_id = $1", lead
    )
    assert await ask(system, "scheduler", "/leads/1") == 404


async def test_every_text_is_kept_word_for_word(system: System) -> None:
    """A machine answers and WhatsApp fails: the lead gets a voicemail, a WhatsApp and an SMS."""
    form = person(4, 1)
    lead = await system.lead(form)
    await system.happens(lead, "call.unanswered", "email touch.delivered", "sms touch.delivered")
    texts = await ask(system, "notify", f"/leads/{lead}/texts")
    kept = {text["channel"]: text for text in texts}
    [email] = await system.simulator("emails", form["email"])
    [call] = await system.simulator("calls", e164(form))
    whatsapp, sms = await system.simulator("messages", e164(form))

    assert (kept["email"]["subject"], kept["email"]["text"]) == (email["subject"], email["text"])
    assert kept["call"]["text"] == " ".join(call["transcript"])
    assert kept["sms"]["text"] == sms["body"]
    assert form["nombre"].split()[0] in kept["whatsapp"]["text"]
    assert whatsapp["params"]["ContentSid"]
    assert {text["step"] for text in texts} == {"welcome_email", "welcome_call"}
    assert [text["at"] for text in texts] == sorted(text["at"] for text in texts)


async def test_a_text_is_kept_also_where_the_callback_was_faster(system: System) -> None:
    await system.inject_fault(
        provider="twilio", kind="slow", seconds=1.0, method="POST", path="/Messages.json"
    )
    form = person(2)
    lead = await system.lead(form)
    await system.happens(lead, "whatsapp touch.delivered")
    touch = str(touch_id(lead, "welcome_call", Channel.WHATSAPP))

    async def kept() -> bool:
        return touch in [
            text["touch_id"] for text in await ask(system, "notify", f"/leads/{lead}/texts")
        ]

    await system.until(kept, lambda: "the text was never kept")


async def test_a_template_is_shown_as_an_example(system: System) -> None:
    email = await ask(system, "notify", "/texts/email/day_6")
    voice = await ask(system, "notify", "/texts/call/welcome")

    assert "Ana" in email["text"]
    assert "<!doctype html>" in email["html"]
    assert email["subject"]
    assert (voice["subject"], voice["html"]) == ("", None)
    assert [
        await ask(system, "notify", path) for path in ("/texts/email/day_3", "/texts/fax/day_3")
    ] == [404, 404]


async def test_a_leads_events_record_when_each_provider_was_asked(system: System) -> None:
    before = datetime.now(UTC)
    lead, _ = await a_welcomed_lead(system)
    created = await event_of(system, lead, "lead.created")
    registered = await event_of(system, lead, "lead.registered")
    connection = await system.connect("console")
    try:
        rows = await connection.fetch(
            """select body->>'asked_at' as asked, at from actions
               where lead_id = $1 and topic = 'touch.sent'""",
            lead,
        )
    finally:
        await connection.close()

    instants = [(row["at"].isoformat(), row["asked"]) for row in rows]
    instants.append((created["at"], created["received_at"]))
    instants.append((registered["at"], registered["asked_at"]))
    for at, asked in instants:
        assert before < datetime.fromisoformat(asked) <= datetime.fromisoformat(at)
    assert len(rows) == 2


async def test_an_unresolved_touch_is_settled_by_a_person(system: System) -> None:
    """Twilio's answers are unclear and it lists no message: one touch is resent, one is skipped."""
    (sent, their_form), (left, other_form) = [await a_welcomed_lead(system) for _ in range(2)]
    await system.inject_fault(
        provider="twilio", kind="html", method="POST", path="/Messages.json", times=4
    )
    try:
        for lead in (sent, left):
            await system.let_pass(lead, "day_3")
        for lead in (sent, left):
            await system.happens(lead, "whatsapp touch.unresolved", seconds=60)
    finally:
        await system.clear_faults()
    for command in (reviewed(sent, send=True), reviewed(left, send=False)):
        await system.publish(command)
        await system.publish(command)
    await system.happens(sent, "whatsapp touch.delivered")
    await system.happens(left, "whatsapp touch.skipped")
    await system.publish(reviewed(sent, send=True))  # it is settled by now
    await system.quiet()

    assert await texts_to(system, their_form) == ["day_3"]
    assert await texts_to(system, other_form) == []
    assert (await system.actions(left)).count("whatsapp touch.skipped") == 1


def reviewed(lead: int, *, send: bool) -> ResolveTouch:
    touch = touch_id(lead, "day_3", Channel.WHATSAPP)
    return ResolveTouch(
        lead_id=lead, touch_id=touch, step="day_3", channel=Channel.WHATSAPP, send=send, by=BY
    )


async def test_a_booking_of_nobody_is_given_to_the_lead_that_an_operator_names(
    system: System,
) -> None:
    (lead, _), (other, _) = [await a_welcomed_lead(system) for _ in range(2)]
    guest = {"name": "Alguien", "email": f"otro{lead}@example.com"}
    link = "http://localhost/cal/demo/reunion"
    uid = (
        await system.calendar(
            "book", link=link, start="2030-03-04T16:00:00+00:00", minutes=30, **guest
        )
    )["uid"]
    await system.quiet()
    [unmatched] = [booking for booking in await unmatched_events(system) if booking["uid"] == uid]
    for command in (
        AssignBooking(lead_id=lead, uid="nobody's", by=BY),
        AssignBooking(lead_id=lead, uid=uid, by=BY),
    ):
        await system.publish(command)
        await system.publish(command)
    await system.happens(lead, "lead.booked")
    await system.publish(AssignBooking(lead_id=other, uid=uid, by=BY))
    await system.in_stage(lead, BOOKED)
    await system.planned(lead, *MEETING)
    await system.quiet()

    assert unmatched["email"] == guest["email"]
    assert datetime.fromisoformat(unmatched["starts_at"]) == datetime(2030, 3, 4, 16, tzinfo=UTC)
    assert (await system.actions(lead)).count("lead.booked") == 1
    assert "lead.booked" not in await system.actions(other)
    assert (
        await system.sql("crm", "select matched from appointments where uid = $1", uid)
        == "operator"
    )
    assert uid not in [
        booking["uid"] for booking in await ask(system, "crm", "/bookings/unmatched")
    ]


async def unmatched_events(system: System) -> list[dict[str, Any]]:
    connection = await system.connect("console")
    try:
        rows = await connection.fetch(
            "select body::text from actions where topic = 'booking.unmatched'"
        )
    finally:
        await connection.close()
    return [json.loads(row["body"]) for row in rows]


async def test_of_an_erased_lead_nothing_is_left_that_identifies_it(system: System) -> None:
    """Erases a lead that replied and booked: messages still in transit restore nothing."""
    form = person(2, 8, mensaje="Me llamo Ana y vivo en Monterrey", consentimiento="Acepto")
    lead = await system.lead(form)
    await system.happens(
        lead,
        "lead.registered",
        "whatsapp touch.delivered",
        "reply.received",
        "email touch.delivered",
    )
    uid = await system.book(form)
    await system.happens(lead, "lead.booked")
    await system.planned(lead, *MEETING)

    async def answered_twice() -> bool:  # the welcome, and the confirmation
        return (await system.actions(lead)).count("reply.received") == 2

    await system.until(answered_twice, lambda: "they never answered twice")
    await system.quiet()
    assert {place.split(".")[0] for place in await traces(system, form)} == {
        "intake",
        "crm",
        "notify",
        "scheduler",
    }
    before = await everything_received(system, [form])

    command = EraseLead(lead_id=lead, by=BY)
    await system.publish(command)
    await system.publish(command)
    await erased(system, lead)
    await system.planned(lead)
    await deliver_late_messages(system, lead, form)
    await system.calendar(f"{uid}/end")
    await system.quiet()

    assert await traces(system, form) == []
    assert await everything_received(system, [form]) == before
    assert (await ask(system, "scheduler", f"/leads/{lead}"))["stopped"] == "erased"
    assert await ask(system, "notify", f"/leads/{lead}/texts") == []
    assert "lead.opted_out" in await system.actions(lead)
    kommo_lead = (await system.kommo_lead(lead))["id"]
    notes = [
        n["params"]["text"]
        for n in (await system.simulator("kommo"))["notes"]
        if n["entity_id"] == kommo_lead
    ]
    assert len([note for note in notes if "Bórralos también en Kommo" in note]) == 1


async def deliver_late_messages(system: System, lead: int, form: dict[str, Any]) -> None:
    """Delivers what was in transit: the form to the queue of calls, a follow-up, a receipt."""
    call, message = (
        touch_id(lead, "welcome_call", channel) for channel in (Channel.CALL, Channel.WHATSAPP)
    )
    await system.sql("notify", "delete from touches where touch_id = $1 returning 1", call)
    await system.publish(LeadCreated.parse(await event_of(system, lead, "lead.created")))
    await system.publish(day_3_due(lead))
    receipt = {"MessageSid": "SM1", "MessageStatus": "read", "To": e164(form)}
    answer = await twilio_posts(system, f"/webhooks/twilio/message?touch={message}", receipt)
    assert answer.status_code == 204


async def test_an_erased_person_is_a_new_lead_and_still_not_contacted(system: System) -> None:
    lead, form = await a_welcomed_lead(system)
    before = await everything_received(system, [form])
    await system.publish(EraseLead(lead_id=lead, by=BY))
    await erased(system, lead)
    again = await system.lead(form)
    await system.happens(again, "call touch.skipped", "email touch.skipped")
    await system.quiet()

    assert again != lead
    assert await everything_received(system, [form]) == before


async def test_erasing_one_lead_leaves_the_others(system: System) -> None:
    (lead, _), (other, form) = [await a_welcomed_lead(system) for _ in range(2)]
    await system.publish(EraseLead(lead_id=lead, by=BY))
    await erased(system, lead)
    await system.let_pass(other, "day_3")
    await system.happens(other, "whatsapp touch.delivered")

    assert {place.split(".")[0] for place in await traces(system, form)} == {
        "intake",
        "crm",
        "notify",
    }


async def erased(system: System, lead: int) -> None:
    """Waits until every service has erased the lead."""

    async def done() -> bool:
        phone = "select phone from submissions where lead_id = $1"
        enrolled = """select true from enrolments
                      where lead_id = $1 and facts->>'stopped' is distinct from 'erased'"""
        registered = "select true from registrations where lead_id = $1 and not erased"
        known = "select true from leads where lead_id = $1 and not erased"
        left = [
            await system.sql("intake", phone, lead),
            await system.sql("scheduler", enrolled, lead),
            await system.sql("crm", registered, lead),
            await system.sql("notify", known, lead),
        ]
        return left == [None] * 4

    await system.until(done, lambda: f"not every service has erased {lead}")
    await system.quiet()


async def traces(system: System, form: dict[str, Any]) -> list[str]:
    """Returns the tables that still name the person (`notify.leads` …), except the opt-outs."""
    number = form["telefono"][2:6]
    telltales = (form["telefono"], form["email"], f"mero{number}", "vivo en Monterrey")
    found = []
    for name in ("intake", "crm", "notify", "scheduler"):
        connection = await system.connect(name)
        try:
            tables = await connection.fetch(
                "select tablename from pg_tables where schemaname = 'public'"
            )
            for (table,) in tables:
                rows = await connection.fetch(f'select * from "{table}"')
                text = "\n".join(_as_text(row) for row in rows)
                if any(telltale in text for telltale in telltales) and table not in (
                    "opt_outs",
                    "outbox",
                ):
                    found.append(f"{name}.{table}")
        finally:
            await connection.close()
    return found


def _as_text(row: Mapping[str, Any]) -> str:
    """Returns the row's values, one a line."""
    values = [
        value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        for value in row.values()
    ]
    return "\n".join(values)
