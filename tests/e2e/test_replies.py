"""What people answer, from the provider's webhook to Kommo's note and the console."""

from typing import Any

import pytest

from contracts.commands.lead import RestoreLead, ResumeLead
from tests.e2e.test_commands import BY, ask, event_of
from tests.e2e.test_journey import FOLLOW_UPS
from tests.e2e.test_webhooks import brevo_posts, twilio_posts
from tests.system import System, e164, person

pytestmark = pytest.mark.connected

LISTED = "select count(*) from opt_outs where address = any($1)"


async def write(system: System, phone: str, text: str = "", **more: Any) -> None:
    """Writes to us as the person, through the gateway, signed by Twilio."""
    answer = await system.http.post(
        f"{system.native.addresses.simulator}/simulator/write",
        json={"phone": phone, "text": text, **more},
    )
    assert answer.json() == {"answered": True}


async def mail(system: System, email: str, text: str, **more: Any) -> None:
    answer = await system.http.post(
        f"{system.native.addresses.simulator}/simulator/write/email",
        json={"email": email, "text": text, **more},
    )
    assert answer.json() == {"answered": True}


async def welcomed(system: System, **changes: Any) -> tuple[int, dict[str, Any]]:
    form = person(**changes)
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered", "email touch.delivered")
    return lead, form


async def plan_of(system: System, lead: int) -> dict[str, Any]:
    plan = await ask(system, "scheduler", f"/leads/{lead}")
    assert isinstance(plan, dict)
    return plan


async def notes_of(system: System, lead: int) -> str:
    kommo = await system.simulator("kommo")
    [own] = [item for item in kommo["leads"] if str(item["name"]).endswith(f"#{lead}")]
    notes = [note for note in kommo["notes"] if note["entity_id"] == own["id"]]
    return "\n".join(note["params"]["text"] for note in notes)


async def noted(system: System, lead: int, text: str) -> None:
    async def there() -> bool:
        return text in await notes_of(system, lead)

    await system.until(there, lambda: f"Kommo has no note {text!r}")


async def row_of(system: System, lead: int) -> Any:
    """Returns the lead's reason for attention, once the pages have come so far."""
    return await system.sql("console", "select attention from leads where lead_id = $1", lead)


async def shown(system: System, lead: int, attention: str | None) -> None:
    async def as_wished() -> bool:
        return bool(await row_of(system, lead) == attention)

    await system.until(as_wished, lambda: f"the lead is not shown as {attention}")


async def test_a_wish_waits_for_a_person_and_then_the_follow_up_goes_on(system: System) -> None:
    lead, form = await welcomed(system)

    await write(system, e164(form), "No me llame ahorita, estoy en junta")
    await system.happens(lead, "reply.received")
    await shown(system, lead, "wish")
    await noted(system, lead, "No me llame ahorita, estoy en junta")
    await system.quiet()

    assert (await plan_of(system, lead))["paused"]
    assert await system.sql("notify", LISTED, [e164(form), form["email"]]) == 0

    await system.publish(ResumeLead(lead_id=lead, by=BY))
    await system.planned(lead, *FOLLOW_UPS)
    await shown(system, lead, None)


async def test_no_interest_ends_the_follow_up_and_lists_nobody(system: System) -> None:
    lead, form = await welcomed(system)

    await write(system, e164(form), "No gracias, ya no me interesa")
    await system.happens(lead, "reply.received")
    await noted(system, lead, "No le interesa")
    await system.planned(lead)

    assert "lead.opted_out" not in await system.actions(lead)
    assert await system.sql("notify", LISTED, [e164(form), form["email"]]) == 0


async def test_a_stop_too_many_is_taken_back_with_one_command(system: System) -> None:
    lead, form = await welcomed(system)
    await write(system, e164(form), "me doy de baja")
    await system.happens(lead, "lead.opted_out")
    await system.planned(lead)
    assert (await event_of(system, lead, "lead.opted_out"))["text"] == "me doy de baja"

    restore = RestoreLead(lead_id=lead, by=BY)
    await system.publish(restore)
    await system.publish(restore)
    await system.happens(lead, "lead.restored")
    await system.planned(lead, *FOLLOW_UPS)
    await system.quiet()

    assert await system.sql("notify", LISTED, [e164(form), form["email"]]) == 0
    assert (await system.actions(lead)).count("lead.restored") == 1
    assert (await system.sql("intake", "select ended from leads where lead_id = $1", lead)) is None


async def test_a_wrong_number_stops_and_is_shown(system: System) -> None:
    lead, form = await welcomed(system)

    await write(system, e164(form), "Número equivocado")
    await system.happens(lead, "lead.opted_out")
    await shown(system, lead, "wrong_number")
    await noted(system, lead, "Número equivocado")


async def test_a_person_who_hides_the_number_is_found_by_what_they_answer(system: System) -> None:
    form = person(1, 0)
    lead = await system.lead(form)
    await system.happens(lead, "whatsapp touch.delivered")
    [message] = await system.simulator("messages", e164(form))

    await write(system, e164(form), "BAJA", hidden=True, answers=message["sid"])
    await system.happens(lead, "lead.opted_out")

    assert await system.sql("notify", LISTED, [e164(form)]) == 1


async def test_a_person_whom_nothing_identifies_is_shown_and_nothing_is_claimed(
    system: System,
) -> None:
    before = await system.sql("notify", "select count(*) from opt_outs")
    await twilio_posts(
        system,
        "/webhooks/twilio/inbound",
        {
            "MessageSid": "SMhidden",
            "From": "whatsapp:MX.999",
            "ExternalUserId": "whatsapp:MX.999",
            "WaId": "",
            "OriginalRepliedMessageSid": "SMunknown",
            "Body": "BAJA",
        },
    )

    async def published() -> bool:
        statement = "select count(*) from actions where topic = 'reply.unmatched'"
        return bool(
            await system.sql("console", f"{statement} and body->>'sender' = $1", "MX.999") == 1
        )

    await system.until(published, lambda: "the reply is nowhere to be seen")

    assert await system.sql("notify", "select count(*) from opt_outs") == before


@pytest.mark.parametrize("phone", ["+54 11 2345-6701", "+55 41 98765-4301", "81 2345 6701"])
async def test_a_number_is_known_in_every_form_that_networks_write(
    system: System, phone: str
) -> None:
    lead = await system.lead(person(telefono=phone))
    await system.happens(lead, "email touch.delivered")
    stored = await system.sql(
        "notify", "select card->>'phone' from submissions where lead_id = $1", lead
    )

    await write(
        system, stored, "BAJA"
    )  # as WhatsApp writes it: 521…, 549…, without the ninth digit
    await system.happens(lead, "lead.opted_out")


async def test_a_voice_note_is_said_as_what_it_is(system: System) -> None:
    lead, form = await welcomed(system)

    await write(system, e164(form), media="audio/ogg")
    await system.happens(lead, "reply.received")
    await noted(system, lead, "Respuesta por WhatsApp: (nota de voz)")
    await shown(system, lead, "review")


async def test_a_link_is_sent_to_whom_asks_for_it(system: System) -> None:
    lead, form = await welcomed(system)

    await write(system, e164(form), "Pásame el link")
    await system.happens(lead, "reply.received", "whatsapp touch.delivered")


async def test_an_automatic_answer_is_no_reply(system: System) -> None:
    lead, form = await welcomed(system)

    await write(
        system,
        e164(form),
        "Gracias por escribirnos. En este momento no estamos disponibles, te responderemos pronto.",
    )
    await system.happens(lead, "reply.received")
    await system.quiet()

    assert (await plan_of(system, lead))["touches"][0]["step"] == FOLLOW_UPS[0]
    assert "Gracias por escribirnos" not in await notes_of(system, lead)


async def test_baja_in_a_mail_is_obeyed(system: System) -> None:
    lead, form = await welcomed(system)

    await mail(system, form["email"].upper(), "BAJA")
    await system.happens(lead, "lead.opted_out")

    assert await system.sql("notify", LISTED, [form["email"]]) == 1


async def test_a_mail_from_another_address_belongs_to_the_lead_that_it_answers(
    system: System,
) -> None:
    lead, form = await welcomed(system)
    [sent] = await system.simulator("emails", form["email"])

    await mail(
        system, "otro.buzon@example.com", "¿Cuánto cuesta?", answers=sent["message_id"].strip("<>")
    )
    await system.happens(lead, "reply.received")
    await noted(system, lead, "Respuesta por Correo: ¿Cuánto cuesta?")


async def test_an_sms_opens_no_whatsapp_session(system: System) -> None:
    lead, form = await welcomed(system)

    await write(system, e164(form), "Hola", channel="sms")
    await system.happens(lead, "reply.received")

    assert (
        await system.sql("notify", "select count(*) from sessions where phone = $1", e164(form))
        == 0
    )


async def test_a_forged_mail_is_refused(system: System) -> None:
    assert (await brevo_posts(system, {"items": []}, token="wrong")).status_code == 401
    answer = await system.http.post(
        f"{system.native.addresses.gateway}/webhooks/brevo/inbound", content="{}"
    )
    assert answer.status_code == 401
