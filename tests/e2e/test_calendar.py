"""Cal.com's webhooks at the public address: signatures, every payload, and repeats."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from domain.signed_links import sign
from tests.e2e.test_races import a_created
from tests.system import System, e164, person

pytestmark = pytest.mark.connected

PROJECT = Path(__file__).parents[2]


async def stored(system: System) -> int:
    return int(await system.sql("crm", "select count(*) from webhooks"))


@pytest.mark.parametrize("signature", ["0" * 64, "é", "sha256=abc", ""])
async def test_a_wrong_signature_stores_nothing(system: System, signature: str) -> None:
    before = await stored(system)
    raw = json.dumps(a_created(1)).encode()
    headers = {b"x-cal-signature-256": signature.encode(), b"content-type": b"application/json"}
    url = f"{system.native.addresses.gateway}/api/calcom"
    response = await system.http.post(url, content=raw, headers=headers)

    assert response.status_code == 401
    assert await stored(system) == before


async def test_a_signature_of_other_bytes_is_wrong(system: System) -> None:
    genuine = await system.webhook({"triggerEvent": "PING", "payload": {}})
    assert genuine.status_code == 200

    signature = genuine.request.headers["x-cal-signature-256"]
    assert (await system.webhook(a_created(1), signature=signature)).status_code == 401


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (b"{", 400, ""),
        (b"[" * 100_000, 400, ""),
        (b"{}", 422, "triggerEvent"),
        (b'{"event": "BOOKING_CREATED"}', 422, "lead_id"),
        (b'{"event": "BOOKING_CREATED", "lead_id": "x"}', 422, "lead_id"),
        (b"x" * 1_100_000, 413, None),
    ],
    ids=["broken", "deep", "empty", "no lead", "no number", "large"],
)
async def test_an_unreadable_body_is_refused_by_field(
    system: System, content: bytes, status: int, field: str | None
) -> None:
    url = f"{system.native.addresses.gateway}/api/calcom"
    response = await system.http.post(
        url, content=content, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == status
    if field is not None:
        assert response.json()["errors"][0]["field"] == field


async def test_an_unknown_trigger_is_stored_and_acknowledged(system: System) -> None:
    before = await stored(system)
    response = await system.webhook({"triggerEvent": "OOO_CREATED", "payload": {"anything": 1}})

    assert response.status_code == 200
    assert await stored(system) == before + 1


@pytest.mark.parametrize("readme", ["README.md", "README.es.md"])
async def test_the_seeds_two_requests_verbatim(system: System, readme: str) -> None:
    """Runs both commands as a person would paste them: the lead, then that lead's booking."""
    await system.sql("intake", "select setval('lead_ids', greatest(123455, nextval('lead_ids')))")
    text = (PROJECT / readme).read_text()
    lead_curl, booking_curl = [
        block for block in text.split("```bash\n") if block.startswith("curl -X POST")
    ]
    number = int(await system.sql("intake", "select last_value from lead_ids")) + 1
    person_of = str(person()["telefono"])

    def run(curl: str, *changes: tuple[str, str]) -> dict[str, Any]:
        script = curl.partition("```")[0].replace(
            "http://localhost:5000", system.native.addresses.gateway
        )
        for old, new in changes:
            script = script.replace(old, new)
        return dict(
            json.loads(
                subprocess.run(
                    ["sh", "-c", f"{script.strip()} -s"], capture_output=True, check=True
                ).stdout
            )
        )

    first = await asyncio.to_thread(
        run, lead_curl, ("8112345678", person_of), ("ana.test@", f"{person_of}@")
    )
    assert first == {"ok": True, "lead_id": number}
    await system.happens(number, "lead.registered")
    assert await asyncio.to_thread(run, booking_curl, ("123456", str(number))) == {"ok": True}

    await system.happens(number, "lead.booked", "whatsapp touch.delivered")
    await system.in_stage(number, 60_000_002)
    await system.planned(number)


async def test_a_lead_id_at_the_root_is_as_good(system: System) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered")
    response = await system.webhook({"event": "BOOKING_CREATED", "lead_id": lead}, sign=False)

    assert response.status_code == 200
    await system.happens(lead, "lead.booked")


async def test_the_same_webhook_a_hundred_times_at_once_has_one_effect(system: System) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered", "call.answered", "email touch.delivered")
    answers = await asyncio.gather(*(system.webhook(a_created(lead)) for _ in range(100)))
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered")
    await system.quiet()

    assert {answer.status_code for answer in answers} == {200}
    actions = await system.actions(lead)
    assert actions.count("lead.booked") == 1
    assert actions.count("whatsapp touch.sent") == 1


def shapes(lead: int, phone: str, email: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Returns every payload that Cal.com may post about a booked lead, with its action."""
    metadata = {"lead_id": str(lead), "lead_token": sign("link-secret-demo", "booking", lead)}
    question = {"lead_id": {"label": "lead_id", "value": str(lead), "isHidden": True}}
    stranger = [{"email": "x@example.com", "name": "Ana", "timeZone": "America/Monterrey"}]
    by_email = [{**stranger[0], "email": email}]
    by_phone = [{**stranger[0], "email": f"{phone[1:]}@sms.cal.com"}]

    def wrapped(trigger: str, **changes: Any) -> dict[str, Any]:
        body = a_created(lead)
        uid = f"{trigger}{lead}"
        payload = {**body["payload"], "uid": uid, "metadata": {}, "attendees": stranger, **changes}
        return {**body, "triggerEvent": trigger, "payload": payload}

    flat = wrapped("MEETING_ENDED", metadata=metadata)["payload"]
    raw_answers = {"name": "Ana", "email": email, "guests": []}
    return {
        "metadata": (wrapped("BOOKING_CREATED", metadata=metadata), "lead.booked"),
        "hidden question": (
            wrapped("BOOKING_CREATED", responses=question, attendees=[]),
            "lead.booked",
        ),
        "by email": (wrapped("BOOKING_CREATED", attendees=by_email), "lead.booked"),
        "by phone only": (
            wrapped("BOOKING_CREATED", attendees=by_phone, location=phone),
            "lead.booked",
        ),
        "requested": (
            wrapped("BOOKING_REQUESTED", metadata=metadata, status="PENDING"),
            "lead.booked",
        ),
        "moved": (
            wrapped("BOOKING_RESCHEDULED", metadata=metadata, rescheduleUid="unknown"),
            "lead.booked",
        ),
        "ended, flat": ({"triggerEvent": "MEETING_ENDED", **flat}, "meeting.ended"),
        "ended, wrapped": (wrapped("MEETING_ENDED", metadata=metadata), "meeting.ended"),
        "ended, plain answers": (
            {"triggerEvent": "MEETING_ENDED", **flat, "responses": raw_answers},
            "meeting.ended",
        ),
    }


@pytest.mark.parametrize("shape", shapes(0, "+5215512345678", ""))
async def test_a_shape_of_cal_com(system: System, shape: str) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered")
    body, action = shapes(lead, e164(form), form["email"])[shape]

    assert (await system.webhook(body)).status_code == 200
    await system.happens(lead, "lead.booked", action)


@pytest.mark.parametrize("trigger", ["BOOKING_CANCELLED", "BOOKING_REJECTED"])
async def test_a_cancellation_that_has_lost_the_lead_is_found_by_its_uid(
    system: System, trigger: str
) -> None:
    lead = await system.lead(person())
    await system.happens(lead, "lead.registered")
    created = a_created(lead)
    await system.webhook(created)
    lost = {
        **created["payload"],
        "metadata": None,
        "attendees": [],
        "status": trigger.removeprefix("BOOKING_"),
    }
    await system.webhook({**created, "triggerEvent": trigger, "payload": lost})

    await system.happens(lead, "lead.booked", "booking.cancelled")


@pytest.mark.parametrize(
    "trigger", ["BOOKING_PAID", "BOOKING_PAYMENT_INITIATED", "MEETING_STARTED", "FORM_SUBMITTED"]
)
async def test_a_trigger_that_changes_nothing_is_acknowledged(system: System, trigger: str) -> None:
    lead = await system.lead(person())
    await system.happens(lead, "lead.registered", "call.answered", "email touch.delivered")
    created = a_created(lead)
    response = await system.webhook(
        {**created, "triggerEvent": trigger, "Empresa": "Demo", "lead_id": "9"}
    )
    await system.quiet()

    assert response.status_code == 200
    assert "lead.booked" not in await system.actions(lead)


async def test_the_button_that_tries_the_webhook_stores_nothing(system: System) -> None:
    before = await stored(system)
    await system.calendar("ping")

    assert await stored(system) == before
