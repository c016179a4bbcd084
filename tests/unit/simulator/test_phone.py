"""The page at /simulator and its routes, used as a browser uses them."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import expect

from pauta.running.servers import free_ports
from simulator.app import create_app
from simulator.settings import Settings
from simulator.world import FaultInjectionMiddleware
from tests.browser import a_browser, a_person
from tests.waiting import until
from tests.wire import Wire

ACCOUNT = "AC" + "0" * 32
TWILIO = {"Authorization": "Basic " + base64.b64encode(f"{ACCOUNT}:secret".encode()).decode()}
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
PHONE = "+525512345678"
PAGE = "http://calendar/cal/demo/reunion"
WELCOME = "HX" + "0" * 31 + "1"
FORM = {
    "nombre": "Ana <script>alert(1)</script>",
    "email": "Ana@Example.com",
    "telefono": "55 1234 5678",
}
CALL = {"To": PHONE, "From": "+525500000000", "Url": "https://h/voice"}
SMS = {"To": PHONE, "From": "+525500000000", "Body": "Hola"}
WHATSAPP = {"To": f"whatsapp:{PHONE}", "From": "whatsapp:+14155238886", "ContentSid": WELCOME}
MAIL = {
    "sender": {"email": "h@h.mx"},
    "to": [{"email": "ana@example.com"}],
    "subject": "Hola",
    "htmlContent": "<html><head></head><p>Hola</p></html>",
    "textContent": f"Agenda: {PAGE}?name=Ana\n",
}


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        wire.answers(200, {"ok": True, "lead_id": 7})
        yield wire


OPEN = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("America/Mexico_City"))
NIGHT = OPEN.replace(hour=23)


@pytest_asyncio.fixture
async def browser(
    gateway: Wire, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    async with a_simulator(gateway, monkeypatch) as client:
        yield client


def made_app(
    gateway: Wire, monkeypatch: pytest.MonkeyPatch, now: datetime = OPEN, **more: str
) -> FaultInjectionMiddleware:
    values = more | {
        "PUBLIC_BASE_URL": "http://public/",
        "SIMULATOR_DELIVER_TO": gateway.url,
        "BOOKING_URL": f"{PAGE}?x=1",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "secret",
        "TWILIO_CONTENT_SIDS": f"welcome={WELCOME}",
        "BREVO_API_KEY": "key",
        "BREVO_WEBHOOK_TOKEN": "hook",
        "KOMMO_ACCESS_TOKEN": "long-lived",
        "KOMMO_PIPELINE_ID": "7000001",
        "KOMMO_STATUS_ID_INICIAL": "1",
        "SIMULATOR_RING_SECONDS": "0.01",
        "SIMULATOR_HAND_SECONDS": "600",
        "ADVISOR_NAME": "Javier",
        "BUSINESS_NAME": "Demo",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    app = create_app(Settings(), lambda: now)
    assert isinstance(app, FaultInjectionMiddleware)
    return app


@asynccontextmanager
async def a_simulator(
    gateway: Wire, monkeypatch: pytest.MonkeyPatch, now: datetime = OPEN, **more: str
) -> AsyncIterator[httpx.AsyncClient]:
    app = made_app(gateway, monkeypatch, now, **more)
    async with (
        app.inner.router.lifespan_context(app.inner),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://simulator"
        ) as client,
    ):
        yield client


async def made(browser: httpx.AsyncClient, path: str, params: dict[str, str]) -> str:
    answer = await browser.post(path, data=params, headers=TWILIO)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sid"])


async def mailed(browser: httpx.AsyncClient, **changes: Any) -> str:
    answer = await browser.post("/v3/smtp/email", json=MAIL | changes, headers={"api-key": "key"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["messageId"].strip("<>"))


async def shown(browser: httpx.AsyncClient, address: str = PHONE) -> Any:
    answer = await browser.get(f"/simulator/people/{quote(address, safe='')}")
    assert answer.status_code == 200, answer.text
    return answer.json()


# ---- out of hours, and in no time


async def test_a_call_that_waits_until_tomorrow_is_announced(
    gateway: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_simulator(gateway, monkeypatch, NIGHT) as browser:
        await browser.post("/simulator/leads", json=FORM)
        await browser.post(
            "/simulator/leads", json=FORM | {"telefono": "", "email": "without.phone@example.com"}
        )
        before = (await shown(browser))["call_later"]
        without_phone = (await shown(browser, "without.phone@example.com"))["call_later"]
        await made(browser, CALLS, CALL)
        called = (await shown(browser))["call_later"]

    assert before == {
        "at": (OPEN.replace(hour=9) + timedelta(days=1)).timestamp(),
        "zone": "America/Mexico_City",
    }
    assert (without_phone, called) == (None, None)


async def test_a_call_that_may_be_made_now_is_not_announced(browser: httpx.AsyncClient) -> None:
    await browser.post("/simulator/leads", json=FORM)

    assert (await shown(browser))["call_later"] is None
    assert "<p>Recorrido de demostración" not in (await browser.get("/simulator?lang=es")).text


async def test_a_demonstration_shows_that_its_days_are_seconds(
    gateway: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = {"JOURNEY_PATH": "deploy/journey.demo.yml"}
    async with a_simulator(gateway, monkeypatch, NIGHT, **path) as browser:
        await browser.post("/simulator/leads", json=FORM)
        later = (await shown(browser))["call_later"]
        page = (await browser.get("/simulator?lang=es")).text

    assert later is None
    assert (
        "<p>Recorrido de demostración: todo el seguimiento, de doce días, pasa en 15 segundos.</p>"
        in page
    )


@pytest.mark.connected
async def test_the_silent_phone_shows_when_it_will_ring(
    gateway: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    [port] = free_ports(1)
    app = made_app(gateway, monkeypatch, NIGHT)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    async with a_browser() as browser, a_person(browser, timezone_id="Asia/Tokyo") as person:
        page = await person.open(f"http://127.0.0.1:{port}/simulator?lang=es")
        await page.get_by_role("button", name="Enviar").first.click()
        await expect(page.locator("#call-later")).to_contain_text("martes, 3 de marzo")
        await expect(page.locator("#call-later")).to_contain_text("9:00")
    server.should_exit = True
    await serving


# ---- the page


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "es-MX"),
        ("", "en-US,en;q=0.9", "en"),
        ("", "es-MX,en;q=0.5", "es-MX"),
        ("?lang=en", "es", "en"),
        ("?lang=es", "en", "es-MX"),
    ],
)
async def test_the_page_in_the_language_asked_for(
    browser: httpx.AsyncClient, query: str, header: str, language: str
) -> None:
    answer = await browser.get(f"/simulator{query}", headers={"Accept-Language": header})

    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert ("El teléfono del prospecto" in answer.text) is (language == "es-MX")


async def test_nothing_runs_but_the_pages_own_script(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/simulator")
    policy = answer.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.text.count("<script") == 1
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert "innerHTML" not in (await browser.get("/simulator/static/phone.js")).text


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("phone.css", 200, "text/css; charset=utf-8"),
        ("phone.js", 200, "text/javascript; charset=utf-8"),
        ("phone.html", 422, "application/json"),
        ("..%2Fphone.py", 404, "application/json"),
    ],
)
async def test_what_is_served_beside_the_page(
    browser: httpx.AsyncClient, name: str, status: int, kind: str
) -> None:
    answer = await browser.get(f"/simulator/static/{name}")

    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)


async def test_a_fake_lead_is_accepted_by_the_form(
    browser: httpx.AsyncClient, gateway: Wire
) -> None:
    newcomer = (await browser.get("/simulator/newcomer")).json()
    answer = await browser.post("/simulator/leads", json=newcomer)
    number = newcomer["telefono"].replace(" ", "")

    assert number[-4:-2] != "00"
    assert answer.headers["location"] == f"/simulator/people/{quote(number, safe='')}"
    assert gateway.requests[0].json == newcomer


# ---- leads


async def test_a_lead_goes_to_the_forms_endpoint_and_appears(
    browser: httpx.AsyncClient, gateway: Wire
) -> None:
    answer = await browser.post("/simulator/leads", json=FORM, headers={"Accept-Language": "en"})
    [sent] = gateway.requests

    assert (answer.status_code, answer.json()) == (200, {"ok": True, "lead_id": 7})
    assert (sent.path, sent.json, sent.headers["accept-language"]) == ("/api/lead", FORM, "en")
    assert answer.headers["location"] == f"/simulator/people/{quote(PHONE, safe='')}"
    [person] = (await browser.get("/simulator/people")).json()
    assert (person["id"], person["name"], person["emails"]) == (
        PHONE,
        FORM["nombre"],
        ["ana@example.com"],
    )


async def test_what_the_form_refuses_comes_back(browser: httpx.AsyncClient, gateway: Wire) -> None:
    refusal = {
        "ok": False,
        "errors": [{"field": "email", "message": "El correo no parece válido."}],
    }
    gateway.answers(422, refusal)
    answer = await browser.post("/simulator/leads", json=FORM)

    assert (answer.status_code, answer.json()) == (422, refusal)
    assert "location" not in answer.headers
    assert (await browser.get("/simulator/people")).json() == []


async def test_a_missing_answer_is_an_error(browser: httpx.AsyncClient, gateway: Wire) -> None:
    gateway.breaks()
    answer = await browser.post("/simulator/leads", json=FORM)

    assert (answer.status_code, answer.json()) == (502, {"ok": False, "errors": []})


async def test_what_a_lead_typed_is_data_wherever_it_is_served(browser: httpx.AsyncClient) -> None:
    await browser.post("/simulator/leads", json=FORM)
    people = await browser.get("/simulator/people")
    person = await browser.get(f"/simulator/people/{quote(PHONE, safe='')}")

    assert "<script>alert" in people.text
    assert {people.headers["content-type"], person.headers["content-type"]} == {"application/json"}
    assert "<script>alert" not in (await browser.get("/simulator")).text


# ---- a call answered by hand


async def test_a_lead_by_hand_rings_until_somebody_answers(browser: httpx.AsyncClient) -> None:
    await browser.post("/simulator/leads?by_hand=true", json=FORM)
    sid = await made(browser, CALLS, CALL)
    call = await reaches(browser, "ringing")
    assert (call["manual"], call["caller"]) == (True, "+525500000000")
    assert (await browser.get("/simulator/people")).json()[0]["ringing"] is True
    early = await browser.post(f"/simulator/calls/{sid}/press", json={"key": "1"})
    declined = await browser.post(f"/simulator/calls/{sid}/decline")

    assert (early.status_code, declined.status_code) == (409, 204)
    assert (await reaches(browser, "busy"))["manual"] is False
    assert (await browser.post(f"/simulator/calls/{sid}/answer")).status_code == 409
    assert (await browser.post("/simulator/calls/CA0/answer")).status_code == 404
    assert (await browser.post(f"/simulator/calls/{sid}/juggle")).status_code == 422


async def test_a_number_that_is_no_longer_answered_by_hand_has_a_fate_again(
    browser: httpx.AsyncClient,
) -> None:
    await browser.post("/simulator/leads?by_hand=true", json=FORM)
    await browser.post("/simulator/leads", json=FORM)
    await made(browser, CALLS, CALL)

    assert (await shown(browser))["calls"][0]["manual"] is False


async def reaches(browser: httpx.AsyncClient, state: str) -> Any:
    """Returns the person's only call once it has this state."""
    deadline = time.monotonic() + 10
    while True:
        [call] = (await shown(browser))["calls"]
        if call["state"] == state:
            return call
        assert time.monotonic() < deadline, call
        await asyncio.sleep(0.01)


# ---- the phone's content


async def test_messages_both_ways(browser: httpx.AsyncClient) -> None:
    await made(
        browser, MESSAGES, WHATSAPP | {"ContentVariables": f'{{"1": "Ana", "2": "{PAGE}?name=A"}}'}
    )
    await made(browser, MESSAGES, SMS)
    for channel in ("whatsapp", "sms"):
        written = {"phone": PHONE, "text": "¿Cuánto cuesta?", "channel": channel}
        assert (await browser.post("/simulator/write", json=written)).status_code == 200
    messages = (await shown(browser))["messages"]

    assert [(message["channel"], message["from_person"]) for message in messages] == [
        ("whatsapp", False),
        ("sms", False),
        ("whatsapp", True),
        ("sms", True),
    ]
    assert messages[0]["body"].startswith("Hola, Ana. Soy Javier, de Demo.")
    assert f"{PAGE}?name=A" in messages[0]["body"]
    assert messages[2]["body"] == "¿Cuánto cuesta?"


async def test_the_newest_booking_link(browser: httpx.AsyncClient) -> None:
    await browser.post("/simulator/leads", json=FORM)
    assert (await shown(browser))["booking_link"] is None
    await mailed(browser)
    assert (await shown(browser))["booking_link"] == f"{PAGE}?name=Ana"
    await made(
        browser, MESSAGES, SMS | {"Body": f"Agenda: {PAGE}?name=Nueva o mira https://elsewhere/x"}
    )

    assert (await shown(browser))["booking_link"] == f"{PAGE}?name=Nueva"


async def test_a_mailbox(browser: httpx.AsyncClient, gateway: Wire) -> None:
    mail_id = await mailed(browser)
    await until(lambda: len(gateway.requests) == 2)
    [mail] = (await shown(browser, "ana@example.com"))["mails"]
    html = await browser.get(f"/simulator/emails/{quote(mail_id, safe='')}/html")

    assert (mail["id"], mail["subject"], mail["text"]) == (mail_id, "Hola", MAIL["textContent"])
    assert mail["state"] == "delivered"
    assert html.text == '<html><head><base target="_blank"></head><p>Hola</p></html>'


async def test_a_mail_can_run_nothing(browser: httpx.AsyncClient) -> None:
    mail_id = await mailed(browser, htmlContent="<script>alert(1)</script>")
    answer = await browser.get(f"/simulator/emails/{mail_id}/html")
    policy = answer.headers["content-security-policy"].split("; ")

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert not [rule for rule in policy if rule.startswith("script-src")]
    [sandbox] = [rule for rule in policy if rule.startswith("sandbox ")]
    assert not set(sandbox.split()) & {"allow-scripts", "allow-same-origin"}


@pytest.mark.parametrize("path", ["people/nobody%40example.com", "emails/none/html"])
async def test_nobody_and_nothing(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(f"/simulator/{path}")).status_code == 404


async def test_the_crm_knows_what_belongs_together(browser: httpx.AsyncClient) -> None:
    fields = [
        {"field_code": code, "values": [{"value": value}]}
        for code, value in (("PHONE", PHONE), ("EMAIL", "a@b.mx"))
    ]
    await browser.post(
        "/simulator/kommo/contacts", json={"name": "Ana", "custom_fields_values": fields}
    )
    [person] = (await browser.get("/simulator/people")).json()

    assert (person["id"], person["name"], person["emails"]) == (PHONE, "Ana", ["a@b.mx"])
