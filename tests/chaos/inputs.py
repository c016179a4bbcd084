"""Hostile and unlucky requests to the public address while leads arrive.

Each function raises AssertionError when the system reacts wrongly.
"""

import asyncio
import contextlib
import hmac
import json
import socket
from typing import Any
from urllib.parse import urlencode

import aio_pika
import httpx
from twilio.request_validator import RequestValidator

from contracts.commands.submission import AcceptSubmission
from contracts.events.lead import LeadCreated
from domain.signed_links import sign
from services.intake.decisions.holding import has_link
from tests.builders import a_card
from tests.chaos.system import WiredSystem
from tests.system import e164, person, received

AT_ONCE = 100
STRANGE_NAMES = (
    "María José 🎉👩🏽‍💻",
    "\u202eoicangam\u202c Ruiz",
    "O'Brien; drop table leads; --",
    "{{ 7 * 7 }} {% for x in ().__class__ %} ${7*7}",
    "Ana\r\nBcc: todos@example.com\r\nX-Otro: 1",
    '=HYPERLINK("http://example.com","clic") +cmd|calc',
    "<script>alert(1)</script>&lt;b&gt;",
    'nivel=error\n{"event": "touch.sent", "lead_id": 1}',
)


async def a_hundred_webhooks(system: WiredSystem) -> None:
    lead, form = await _a_lead(system)
    await system.happens(lead, "lead.registered", "email touch.delivered", seconds=60)
    body = _created(lead, "cien")
    answers = await asyncio.gather(*(system.webhook(body) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered", seconds=60)
    assert (await system.actions(lead)).count("lead.booked") == 1
    assert len(await system.simulator("messages", e164(form))) == 1


async def booked_before_registered(system: WiredSystem) -> None:
    await system.inject_fault(provider="kommo", kind="status", status=503, times=1_000_000)
    lead, form = await _a_lead(system)
    await system.happens(lead, "email touch.delivered", seconds=60)
    await system.book(form)
    await system.happens(lead, "lead.booked", seconds=60)
    await system.clear_faults()
    await system.in_stage(lead, 60_000_002)


async def stop_while_queued(system: WiredSystem) -> None:
    """Opts the lead out while the follow-up waits in its queue, because crm cannot be asked."""
    lead, form = await _a_lead(system)
    await system.happens(lead, "lead.registered", "call.answered", seconds=60)
    await system.planned(lead, "day_3", "day_6", "day_9", "day_12")
    for process, _ in system.replicas["crm"]:
        process.kill()
    await system.let_pass(lead, "day_3")
    await _stop(system, form)
    await asyncio.to_thread(system.restart, "crm")
    await _is_not_contacted(system, lead, form)


async def stop_while_claimed(system: WiredSystem) -> None:
    """Opts the lead out while Twilio's answer is awaited: the call is made, and nothing follows."""
    await system.inject_fault(
        provider="twilio", kind="slow", seconds=1.5, method="POST", path="/Calls.json", times=50
    )
    form = person(2)
    lead = await system.lead(form)

    async def dialled() -> bool:
        return bool(await system.simulator("calls", e164(form)))

    await system.until(dialled, lambda: "never dialled")
    await _stop(system, form)
    await _is_not_contacted(system, lead, form)


async def stop_while_in_retry(system: WiredSystem) -> None:
    """Opts the lead out while a WhatsApp message waits for an unavailable provider."""
    await system.inject_fault(
        provider="twilio",
        kind="status",
        status=429,
        retry_after="3",
        method="POST",
        path="/Messages.json",
        times=1000,
    )
    form = person(2)
    lead = await system.lead(form)
    await system.happens(lead, "call.unanswered", seconds=60)
    await _stop(system, form)
    await system.clear_faults()
    await _is_not_contacted(system, lead, form)


async def poison(system: WiredSystem) -> None:
    """Publishes unreadable and impossible events: consumers dead-letter them and go on."""
    before = await system.dead_letters()
    bodies = [b"\xff\xfe no json", b'{"topic": "lead.created", "schema_version": 99, "lead_id": 1}']
    bodies.append(b'{"topic": "lead.created", "lead_id": "x", "card": null}')
    raises = json.dumps(
        {"topic": "touch.failed", "lead_id": 1, "touch_id": "00000000-0000-0000-0000-000000000001"}
    )
    async with await aio_pika.connect(system.broker_url()) as connection:
        exchange = await (await connection.channel()).get_exchange("events")
        for body in bodies:
            await exchange.publish(
                aio_pika.Message(body, content_type="application/json"), "lead.created"
            )
        await exchange.publish(
            aio_pika.Message(raises.encode(), content_type="application/json"), "touch.failed"
        )

    async def dead_lettered() -> bool:
        # 3 bodies x 5 queues (notify.call, notify.email, crm.leads, scheduler.leads, console),
        # and touch.failed x 3 consumers
        return await system.dead_letters() - before >= len(bodies) * 5

    await system.until(dead_lettered, lambda: "not every message was dead-lettered", seconds=60)


async def large_bodies(system: WiredSystem) -> None:
    types = {"Content-Type": "application/json"}
    for path in ("/api/lead", "/api/calcom"):
        url = f"{system.native.addresses.gateway}{path}"
        for size in (1_000_000, 10_000_000):
            # the gateway may close the connection while the body is being sent
            with contextlib.suppress(httpx.HTTPError):
                answer = await system.http.post(
                    url, content=b'{"nombre": "' + b"a" * size, headers=types
                )
                assert 400 <= answer.status_code < 500, (url, size, answer.status_code)
        raw = b"[" * 100_000 + b"]" * 100_000
        signature = hmac.new(b"calcom-webhook-demo", raw, "sha256").hexdigest()
        answer = await system.http.post(
            url, content=raw, headers=types | {"X-Cal-Signature-256": signature}
        )
        assert 400 <= answer.status_code < 500, (url, "nested", answer.status_code)
    await _slow_upload(system)


async def _slow_upload(system: WiredSystem) -> None:
    """Sends bodies that never end: another form is accepted at once."""
    port = int(system.native.addresses.gateway.rpartition(":")[2])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    try:
        for connection in slow:
            connection.sendall(
                b"POST /api/lead HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            )
            connection.sendall(b"Content-Length: 60000\r\n\r\n{")
        async with asyncio.timeout(10):
            assert (await system.post(person())).status_code == 200
    finally:
        for connection in slow:
            connection.close()


async def strange_names(system: WiredSystem) -> None:
    """Sends each name: it is stored as typed and reaches the providers as plain text.

    An operator accepts those that are held.
    """
    for name in STRANGE_NAMES:
        form = person(0, nombre=name, empresa=name, fuente=name[:40])
        lead = await system.lead(form)
        if has_link(name):
            await system.happens(lead, "submission.held")
            await system.publish(AcceptSubmission(lead_id=lead, by="operadora"))
        await system.happens(
            lead, "lead.registered", "call.answered", "email touch.delivered", seconds=90
        )
        [email] = await system.simulator("emails", form["email"])
        assert "<script>" not in email["html"]
        assert "49" not in email["subject"]
        assert not {"Bcc", "bcc", "X-Otro"} & set(email["headers"])
    with_nul = await system.post(person(nombre="Ana\u0000Ruiz"))
    assert with_nul.status_code in (200, 422), with_nul.status_code
    assert not await system.simulator("emails", "todos@example.com")


async def signatures(system: WiredSystem) -> None:
    """Sends wrongly signed requests: none has any effect, however often it comes."""
    lead, form = await _a_lead(system)
    await system.happens(
        lead, "lead.registered", "call.answered", "email touch.delivered", seconds=60
    )
    body = _created(lead, "falsa")
    raw = json.dumps(body, separators=(",", ":")).encode()
    foreign = hmac.new(b"another secret", raw, "sha256").hexdigest()
    for signature in ("0" * 64, foreign, "ñ", foreign.upper(), "sha256=" + foreign):
        headers = {b"Content-Type": b"application/json", b"X-Cal-Signature-256": signature.encode()}
        answer = await system.http.post(
            f"{system.native.addresses.gateway}/api/calcom", content=raw, headers=headers
        )
        assert answer.status_code == 401, (signature, answer.status_code)
    public = system.native.addresses.gateway
    stop = {"From": e164(form), "Body": "BAJA", "MessageSid": "SM" + "0" * 32}
    inbound = f"{public}/webhooks/twilio/inbound"
    foreign = RequestValidator("another token").compute_signature(inbound, stop)
    genuine = RequestValidator("sandbox-auth-token").compute_signature(inbound, stop)
    for twilio, sent in (("", stop), (foreign, stop), (genuine, stop | {"Body": "ALTO"})):
        form_headers = {"Content-Type": "application/x-www-form-urlencoded"}
        form_headers |= {"X-Twilio-Signature": twilio} if twilio else {}
        answer = await system.http.post(inbound, content=urlencode(sent), headers=form_headers)
        assert answer.status_code in (401, 403), (twilio, answer.status_code)
    for authorization in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "brevo-webhook-demo"},
    ):
        unsubscribed = {"event": "unsubscribed", "email": form["email"], "message-id": "<1@x>"}
        answer = await system.http.post(
            f"{public}/webhooks/brevo", json=unsubscribed, headers=authorization
        )
        assert answer.status_code == 401, answer.status_code
    answer = await system.http.post(
        f"{public}/webhooks/kommo/wrong", content=b"leads[delete][0][id]=1"
    )
    assert answer.status_code == 404, answer.status_code
    actions = await system.actions(lead)
    assert not {"lead.booked", "lead.opted_out", "lead.closed"} & set(actions), actions
    for _ in range(3):  # a genuine webhook, replayed
        assert (await system.webhook(body)).status_code == 200
    await system.happens(lead, "lead.booked", seconds=60)
    assert (await system.actions(lead)).count("lead.booked") == 1


async def booked_as_another_lead(system: WiredSystem) -> None:
    """Books as another lead of the same person: the follow-up is skipped once, and that is all."""
    first, form = await _a_lead(system)
    await system.happens(first, "lead.registered", "email touch.delivered", seconds=60)
    await system.book(form)
    await system.happens(first, "lead.booked", seconds=60)
    second = 8_000_000 + first
    card = a_card(phone=e164(form), email=form["email"])
    await system.publish(LeadCreated(lead_id=second, card=card, person_id=first))
    await system.happens(second, "lead.registered", seconds=60)
    await system.planned(second, "day_3", "day_6", "day_9", "day_12")
    await system.let_pass(second, "day_3")
    await system.happens(second, "whatsapp touch.skipped", seconds=60)
    await system.quiet()
    actions = await system.actions(second)
    assert actions.count("whatsapp touch.due") == 1, actions
    assert actions.count("whatsapp touch.skipped") == 1, actions


async def poisoned_timer(system: WiredSystem) -> None:
    """Adds a timer that cannot be decided: the others still fire, and an operator sees it."""
    lead, _ = await _a_lead(system)
    await system.planned(lead, "day_3", "day_6", "day_9", "day_12")
    poison = """insert into timers (lead_id, step, channel, due_at, planned_at)
                values ($1, 'day_6', 'sms', now(), now()) returning id"""
    await system.sql("scheduler", poison, lead)
    await system.happens(lead, "work.failed", seconds=60)
    await system.let_pass(lead, "day_3")
    await system.happens(lead, "whatsapp touch.delivered", seconds=60)


async def _a_lead(system: WiredSystem) -> tuple[int, dict[str, Any]]:
    form = person(0)
    return await system.lead(form), form


async def _stop(system: WiredSystem, form: dict[str, Any]) -> None:
    body = {"phone": e164(form), "text": "BAJA"}
    (
        await system.http.post(f"{system.native.addresses.simulator}/simulator/write", json=body)
    ).raise_for_status()


async def _is_not_contacted(system: WiredSystem, lead: int, form: dict[str, Any]) -> None:
    """Asserts that the opted-out lead gets no message and has nothing planned."""
    await system.happens(lead, "lead.opted_out", seconds=60)
    await system.planned(lead)
    await system.quiet()
    messages = received(form, [], await system.simulator("messages", e164(form)), [])
    assert (messages["whatsapp"], messages["sms"]) == (0, 0), messages


def _created(lead: int, uid: str) -> dict[str, Any]:
    metadata = {"lead_id": str(lead), "lead_token": sign("link-secret-demo", "booking", lead)}
    payload = {
        "uid": f"{uid}{lead}",
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
