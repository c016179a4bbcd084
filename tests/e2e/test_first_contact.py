"""From a form to Kommo, a mailbox and a phone: every outcome of a call, each fallback."""

import asyncio
import json
import re
from typing import Any

import pytest

from tests.system import System, e164, everything_received, person

pytestmark = pytest.mark.connected

EMAIL = ("email touch.sent", "email touch.delivered")
WHATSAPP = ("whatsapp touch.sent", "whatsapp touch.delivered")
SMS = ("sms touch.sent", "sms touch.delivered")
UNHEARD = ("call touch.sent", "call.unanswered")


@pytest.mark.parametrize(
    ("call", "message", "actions", "reached"),
    [
        pytest.param(0, 0, ("call touch.sent", "call.answered"), {}, id="listens"),
        pytest.param(
            1, 0, ("call.answered", "reply.received", *WHATSAPP), {"whatsapp": 1}, id="presses 1"
        ),
        pytest.param(2, 0, (*UNHEARD, *WHATSAPP), {"whatsapp": 1}, id="no answer"),
        pytest.param(3, 0, (*UNHEARD, *WHATSAPP), {"whatsapp": 1}, id="busy"),
        pytest.param(4, 0, (*UNHEARD, *WHATSAPP), {"whatsapp": 1}, id="voicemail"),
        pytest.param(5, 0, (*UNHEARD, *WHATSAPP), {"whatsapp": 1}, id="failed"),
        pytest.param(6, 0, (*UNHEARD, *WHATSAPP), {"whatsapp": 1}, id="hangs up early"),
        pytest.param(7, 0, (*UNHEARD, *WHATSAPP), {"whatsapp": 1}, id="an unknown party answered"),
        pytest.param(8, 0, (*UNHEARD, *WHATSAPP), {"whatsapp": 1}, id="fax"),
        pytest.param(9, 0, ("call touch.failed",), {"calls": 0}, id="not a number Twilio calls"),
        pytest.param(
            2,
            1,
            (*UNHEARD, "whatsapp touch.failed", *SMS),
            {"whatsapp": 1, "sms": 1},
            id="no WhatsApp: SMS",
        ),
        pytest.param(
            2, 2, ("whatsapp touch.failed", *SMS), {"sms": 1}, id="WhatsApp refused at once: SMS"
        ),
        pytest.param(
            2,
            3,
            ("whatsapp touch.failed", "sms touch.failed"),
            {"whatsapp": 1, "sms": 1},
            id="nothing arrives",
        ),
        pytest.param(
            2, 4, ("whatsapp touch.failed", "lead.opted_out"), {}, id="opted out at Twilio"
        ),
        pytest.param(2, 5, (*WHATSAPP, "lead.opted_out"), {"whatsapp": 1}, id="answers BAJA"),
        pytest.param(
            2, 6, ("whatsapp touch.failed", "lead.opted_out"), {"whatsapp": 1}, id="has blocked us"
        ),
        pytest.param(2, 8, (*WHATSAPP, "reply.received"), {"whatsapp": 1}, id="answers something"),
        pytest.param(
            2,
            9,
            ("whatsapp touch.failed", *SMS),
            {"whatsapp": 1, "sms": 1},
            id="withheld by Meta: SMS",
        ),
    ],
)
async def test_a_fate(
    system: System, call: int, message: int, actions: tuple[str, ...], reached: dict[str, int]
) -> None:
    form = person(call, message)
    lead = await system.lead(form)

    seen = await system.happens(lead, "lead.created", "lead.registered", *EMAIL, *actions)
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert counts == {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1} | reached
    assert sorted(await system.actions(lead)) == sorted(set(await system.actions(lead))), (
        "an event was published twice"
    )
    assert len(seen) == len(set(seen))


async def test_without_a_phone_there_is_an_email_and_a_reason(system: System) -> None:
    lead = await system.lead({"nombre": "Solo Correo", "email": "solo.correo@example.com"})

    await system.happens(lead, *EMAIL, "call touch.skipped")


async def test_without_an_email_there_is_a_call_and_a_reason(system: System) -> None:
    form = person()
    del form["email"]
    lead = await system.lead(form)

    await system.happens(lead, "email touch.skipped", "call.answered")


async def test_a_mailbox_that_does_not_exist(system: System) -> None:
    lead = await system.lead(person(email="bounce.x@example.com"))

    await system.happens(lead, "email touch.sent", "email touch.failed")


async def test_the_content_of_each_message(system: System) -> None:
    form = person(2, 0)
    lead = await system.lead(form)
    await system.happens(lead, *WHATSAPP, *EMAIL)

    [email] = await system.simulator("emails", form["email"])
    [call] = await system.simulator("calls", e164(form))
    [message] = await system.simulator("messages", e164(form))
    assert form["nombre"].split()[0] in email["subject"]
    assert f"metadata%5Blead_id%5D={lead}" in email["html"]
    assert f"metadata%5Blead_id%5D={lead}" in email["text"]
    assert email["headers"]["List-Unsubscribe"].startswith("<http://localhost:")
    assert email["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert call["params"]["MachineDetection"] == ["DetectMessageEnd"]
    assert message["params"]["ContentSid"] == ["HX00000000000000000000000000000001"]
    link = json.loads(message["params"]["ContentVariables"][0])["2"]
    led_to = (await system.http.get(link, follow_redirects=False)).headers["location"]
    assert re.fullmatch(r"http://localhost:\d+/a/\w{8}", link)
    assert f"metadata%5Blead_id%5D={lead}" in led_to


async def test_the_text_spoken_in_a_call(system: System) -> None:
    person_form = person(0)
    machine_form = person(4)
    person_lead = await system.lead(person_form)
    machine_lead = await system.lead(machine_form)
    await system.happens(person_lead, "call.answered")
    await system.happens(machine_lead, *WHATSAPP)
    await system.quiet()

    [answered] = await system.simulator("calls", e164(person_form))
    [voicemail] = await system.simulator("calls", e164(machine_form))
    assert "Marca uno" in answered["transcript"][0]
    assert "Te marqué por el formulario" in voicemail["transcript"][0]


async def test_the_lead_in_kommo(system: System) -> None:
    form = person(utm_source="ads", consentimiento="Acepto el aviso de privacidad")
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered", "call.answered", *EMAIL)

    async def noted() -> bool:
        state = await system.simulator("kommo")
        kommo = next(
            kommo_lead for kommo_lead in state["leads"] if kommo_lead["name"].endswith(f"#{lead}")
        )
        texts = [
            note["params"]["text"] for note in state["notes"] if note["entity_id"] == kommo["id"]
        ]
        return any("escuchó la invitación" in text for text in texts) and any(
            "Correo entregado" in t for t in texts
        )

    await system.until(noted, lambda: "the outcomes never became notes")
    state = await system.simulator("kommo")
    kommo = next(
        kommo_lead for kommo_lead in state["leads"] if kommo_lead["name"].endswith(f"#{lead}")
    )
    assert (kommo["pipeline_id"], kommo["status_id"]) == (7000001, 60000001)
    values = {
        field["field_id"]: field["values"][0]["value"] for field in kommo["custom_fields_values"]
    }
    assert values == {500101: "Demo SA", 500102: "IA", 500103: "Prueba"}
    contact = next(contact for contact in state["contacts"] if contact["id"] == kommo["contact_id"])
    addresses: set[str] = set()
    for field in contact["custom_fields_values"]:
        addresses |= {value["value"] for value in field["values"]}
    assert addresses == {e164(form), form["email"]}
    texts = [note["params"]["text"] for note in state["notes"] if note["entity_id"] == kommo["id"]]
    assert any("utm_source: ads" in text and "Acepto el aviso" in text for text in texts)


async def test_a_contact_that_kommo_has_is_used_again(system: System) -> None:
    form = person()
    phone = {
        "field_code": "PHONE",
        "values": [{"value": f"044 {form['telefono']}", "enum_code": "MOB"}],
    }
    known = await system.http.post(
        f"{system.native.addresses.simulator}/simulator/kommo/contacts",
        json={"name": "Conocida", "custom_fields_values": [phone]},
    )
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered")

    state = await system.simulator("kommo")
    kommo = next(
        kommo_lead for kommo_lead in state["leads"] if kommo_lead["name"].endswith(f"#{lead}")
    )
    assert kommo["contact_id"] == known.json()["id"]


async def test_the_same_form_at_the_same_moment_is_one_lead_however_many_replicas(
    system: System,
) -> None:
    form = person()
    answers = await asyncio.gather(*(system.post(form) for _ in range(30)))
    leads = {answer.json()["lead_id"] for answer in answers}
    [lead] = leads
    await system.happens(lead, "call.answered", *EMAIL)
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert counts == {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1}


async def test_the_same_event_twice_has_no_effect(system: System) -> None:
    """Republishes events, as a relay does that died before it could delete its row."""
    form = person(2)
    lead = await system.lead(form)
    await system.happens(lead, *WHATSAPP, *EMAIL, "lead.registered")
    await system.quiet()
    before = await system.actions(lead)
    bodies: list[dict[str, Any]] = await _bodies(system, lead)
    for body in bodies:
        await _publish(system, body)
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert counts == {"calls": 1, "whatsapp": 1, "sms": 0, "emails": 1}
    assert await system.actions(lead) == before


async def _bodies(system: System, lead: int) -> list[dict[str, Any]]:
    import json

    connection = await system.connect("console")
    try:
        rows = await connection.fetch(
            "select body from actions where lead_id = $1 order by id", lead
        )
    finally:
        await connection.close()
    return [json.loads(row["body"]) for row in rows]


async def _publish(system: System, body: dict[str, Any]) -> None:
    import json

    response = await system.management(
        "POST",
        "/exchanges/%2F/events/publish",
        json={
            "properties": {
                "content_type": "application/json",
                "delivery_mode": 2,
                "correlation_id": str(body["lead_id"]),
            },
            "routing_key": body["topic"],
            "payload": json.dumps(body),
            "payload_encoding": "string",
        },
    )
    assert response.json() == {"routed": True}
