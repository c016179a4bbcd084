"""Every way in, from the platform's webhook or the form to the first contact."""

import asyncio
import base64
import hmac
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.e2e.test_replies import noted
from tests.system import System, e164, everything_received, person

pytestmark = pytest.mark.connected

EXAMPLES = Path(__file__).parents[1] / "unit" / "sources" / "examples"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
TEXT = "text/plain; charset=UTF-8"
SIGNED = {
    "meta": b"sandbox-meta-app-secret",
    "tiktok": b"sandbox-tiktok-secret",
    "typeform": b"sandbox-typeform-secret",
    "tally": b"sandbox-tally-secret",
    "webflow": b"sandbox-webflow-secret",
}
PLATFORMS = (*SIGNED, "google")
FILES = {path.name for path in EXAMPLES.iterdir()}
CALLED = ("call touch.sent", "email touch.sent")


# ---- helpers


def example(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def url(system: System, path: str) -> str:
    return f"{system.native.addresses.gateway}{path}"


async def intake(system: System, method: str, path: str, **more: Any) -> Any:
    """Asks intake what console asks it, inside the network."""
    address = f"http://127.0.0.1:{system.replicas['intake'][0][1]}{path}"
    answer = await system.http.request(method, address, **more)
    answer.raise_for_status()
    return answer.json() if answer.content else None


async def fill_in(system: System, source: str, lead: dict[str, Any], **how: Any) -> str:
    """Has a simulated platform send a lead. Returns the platform's id of it."""
    address = f"{system.native.addresses.simulator}/simulator/sources/{source}/forms"
    answer = await system.http.post(address, json={"lead": lead, **how})
    answer.raise_for_status()
    sent = answer.json()
    assert set(sent["answers"]) <= {200}, sent
    return str(sent["external_id"])


async def set_meta(system: System, **oddities: bool) -> None:
    address = f"{system.native.addresses.simulator}/simulator/sources/meta"
    (await system.http.put(address, json=oddities)).raise_for_status()


async def leads_of(system: System, **card: str) -> list[int]:
    [(field, value)] = card.items()
    query = "select coalesce(array_agg(lead_id), '{}') from leads where card->>$1 = $2"
    return list(await system.sql("intake", query, field, value))


async def lead_of(system: System, seconds: float = 30.0, **card: str) -> int:
    """Waits until there is a lead with this email, or phone, and returns its id."""
    found: list[int] = []

    async def there() -> bool:
        nonlocal found
        found = await leads_of(system, **card)
        return bool(found)

    await system.until(there, lambda: f"no lead with {card} came", seconds=seconds)
    [lead] = found
    return lead


async def card_of(system: System, lead: int) -> dict[str, Any]:
    card = await system.sql("intake", "select card::text from leads where lead_id = $1", lead)
    return dict(json.loads(card))


async def held(system: System, **fields: str) -> list[dict[str, Any]]:
    """Returns the held submissions that have these fields."""
    rows = (await intake(system, "GET", "/submissions/held?limit=500"))["submissions"]
    return [row for row in rows if fields.items() <= row.items()]


async def status_of(system: System, source: str) -> dict[str, Any]:
    [status] = [row for row in await intake(system, "GET", "/sources") if row["name"] == source]
    return dict(status)


def signed(source: str, body: bytes) -> dict[str, str]:
    """Returns the headers with which the platform sends the body now."""
    secret = SIGNED.get(source, b"")
    digest = hmac.digest(secret, body, "sha256")
    now = time.time()
    match source:
        case "meta":
            proof = {"X-Hub-Signature-256": f"sha256={digest.hex()}"}
        case "typeform":
            proof = {"Typeform-Signature": f"sha256={base64.b64encode(digest).decode()}"}
        case "tally":
            proof = {"Tally-Signature": base64.b64encode(digest).decode()}
        case "tiktok":
            stamped = hmac.new(secret, f"{now:.0f}.".encode() + body, "sha256").hexdigest()
            proof = {"TikTok-Signature": f"t={now:.0f},s={stamped}"}
        case "webflow":
            stamped = hmac.new(secret, f"{now * 1000:.0f}:".encode() + body, "sha256").hexdigest()
            proof = {
                "X-Webflow-Timestamp": f"{now * 1000:.0f}",
                "X-Webflow-Signature": stamped,
            }
        case _:
            proof = {}
    return {"Content-Type": JSON} | proof


async def deliver(system: System, source: str, body: bytes) -> httpx.Response:
    return await system.http.post(
        url(system, f"/webhooks/{source}"), content=body, headers=signed(source, body)
    )


# ---- every platform


@pytest.mark.parametrize("source", PLATFORMS)
async def test_a_lead_by_a_platform_is_contacted_once_however_often_its_webhook_comes(
    system: System, source: str
) -> None:
    form = person()
    await fill_in(system, source, form, again=2)
    lead = await lead_of(system, email=form["email"])
    await system.happens(lead, *CALLED, "lead.registered")
    await system.quiet()

    card = await card_of(system, lead)
    assert (card["name"], card["phone"]) == (form["nombre"], e164(form))
    assert card["attribution"]
    [counts] = await everything_received(system, [form])
    assert counts == {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1}
    assert await leads_of(system, email=form["email"]) == [lead]
    assert await held(system, email=form["email"]) == []


@pytest.mark.parametrize("source", PLATFORMS)
async def test_one_webhook_many_times_at_once_is_one_lead(system: System, source: str) -> None:
    form = person()
    await asyncio.gather(*(fill_in_again(system, source, form) for _ in range(2)))
    leads = await leads_of(system, email=form["email"])

    assert len(leads) == 1


async def fill_in_again(system: System, source: str, form: dict[str, Any]) -> None:
    await fill_in(system, source, form, again=3)
    await lead_of(system, email=form["email"])


@pytest.mark.parametrize("platform", ["fb", "ig"])
async def test_meta_says_where_its_lead_comes_from(system: System, platform: str) -> None:
    form = person()
    del form["fuente"]
    await fill_in(system, "meta", form, platform=platform, number_ids=True, among_others=True)
    lead = await lead_of(system, email=form["email"])
    await system.happens(lead, "lead.registered")
    card = await card_of(system, lead)

    assert card["source"] == {"fb": "Facebook", "ig": "Instagram"}[platform]
    assert card["attribution"]["campaign_name"] == "Oficinas MTY"
    await noted(system, lead, "Oficinas MTY")


@pytest.mark.parametrize("source", ["meta", "google", "tiktok", "typeform"])
async def test_a_platforms_test_lead_is_shown_and_never_contacted(
    system: System, source: str
) -> None:
    before = await held(system, source=source, reason="test")
    form = person() if source == "tiktok" else {}
    await fill_in(system, source, form, test=True)
    await fill_in(system, source, form, test=True)

    async def both_shown() -> bool:
        return len(await held(system, source=source, reason="test")) >= len(before) + 2

    await system.until(both_shown, lambda: "a test lead is not shown")
    await system.quiet()
    addresses = ["test@meta.com", "test@example.com", "an_account@example.com"]
    for address in [*addresses, form.get("email", "none")]:
        assert await system.simulator("emails", address) == []
    assert await system.simulator("calls", "+16505550123") == []


# ---- who calls


@pytest.mark.parametrize("source", PLATFORMS)
async def test_a_forged_webhook_is_refused_counted_and_without_effect(
    system: System, source: str
) -> None:
    form = person()
    body = json.dumps({"nombre": form["nombre"], "email": form["email"]}).encode()
    before = (await status_of(system, source))["refused"]
    headers = signed(source, body + b" ")
    wrong = await system.http.post(
        url(system, f"/webhooks/{source}"), content=body, headers=headers
    )
    unsigned = await system.http.post(url(system, f"/webhooks/{source}"), content=body)

    assert (wrong.status_code, unsigned.status_code) == (401, 401)
    assert (await status_of(system, source))["refused"] == before + 2
    assert await leads_of(system, email=form["email"]) == []


def vectors() -> list[Any]:
    """Returns each platform's signed example: source, body, headers."""
    found = json.loads(example("signatures.json"))["vectors"]
    named = [vector for vector in found if vector.get("file") in FILES and "header" in vector]
    return [
        pytest.param(
            vector["source"],
            example(vector["file"]),
            {vector["header"]: vector["value"]},
            id=vector["file"],
        )
        for vector in named
    ]


@pytest.mark.parametrize(("source", "body", "headers"), vectors())
async def test_a_vector_of_the_platform_is_proved_by_the_second_secret(
    system: System, source: str, body: bytes, headers: dict[str, str]
) -> None:
    """The examples are signed with the secret that `tests/system.py` adds for them."""
    address = url(system, f"/webhooks/{source}")
    answer = await system.http.post(address, content=body, headers=headers)
    flipped = body.replace(b"}", b"} ", 1)
    forged = await system.http.post(address, content=flipped, headers=headers)

    assert (answer.status_code, answer.text) == (200, "{}")
    assert forged.status_code == 401


async def test_metas_handshake_answers_the_challenge_of_who_knows_the_token(
    system: System,
) -> None:
    address = f"{system.native.addresses.simulator}/simulator/sources/meta/handshake"
    right = await system.http.post(address, json={})
    wrong = await system.http.post(address, json={"token": "wrong"})

    assert right.json() == {"status": 200, "text": "verified"}
    assert wrong.json()["status"] == 403


@pytest.mark.parametrize("path", ["/webhooks/meta", "/webhooks/google", "/api/lead/unknown-key"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
async def test_no_way_in_is_ever_answered_as_if_it_were_gone(
    system: System, path: str, method: str
) -> None:
    for address in (path, f"{path}/"):
        answer = await system.http.request(method, url(system, address), content=b"{}")

        assert answer.status_code in (401, 403, 405), (address, answer.status_code)


# ---- the examples


async def test_every_example_of_a_form_goes_in_by_a_sources_key(system: System) -> None:
    name = f"landing-{time.time_ns()}"
    made = await intake(system, "POST", "/sources", json={"name": name, "by": "ana"})
    bodies = [
        (FORM, example("elementor-simple.form")),
        (FORM, example("elementor-advanced.form")),
        (FORM, example("html.form")),
        (JSON, example("cf7.json")),
        (JSON, example("webflow.json")),
    ]
    answers = [
        await system.http.post(
            url(system, made["path"]), content=body, headers={"Content-Type": kind}
        )
        for kind, body in bodies
    ]

    assert [answer.status_code for answer in answers] == [200] * len(bodies)
    maria = await lead_of(system, email="maria.lopez@example.com")
    jorge = await lead_of(system, email="jorge.ramirez@example.com")
    await system.happens(maria, *CALLED)
    assert (await card_of(system, maria))["phone"] == "+528110000001"
    assert (await card_of(system, maria))["name"] == "María López Núñez"
    assert (await card_of(system, jorge))["phone"] == "+528110000002"
    assert (await status_of(system, name))["deliveries"] == len(bodies)


async def test_a_body_that_nobody_can_read_is_kept_and_its_source_not_refused(
    system: System,
) -> None:
    name = f"roto-{time.time_ns()}"
    made = await intake(system, "POST", "/sources", json={"name": name, "by": "ana"})
    body = example("cf7-broken.txt")
    answer = await system.http.post(
        url(system, made["path"]), content=body, headers={"Content-Type": TEXT}
    )

    assert answer.status_code == 200
    [delivery] = await intake(system, "GET", f"/deliveries?source={name}")
    detail = await intake(system, "GET", f"/deliveries/{delivery['delivery_id']}")
    assert delivery["state"] == "failed"
    assert detail["body"].encode() == body


@pytest.mark.parametrize(
    ("source", "file", "email", "phone"),
    [
        ("google", "google.json", "ana.trevino@example.com", "+528110000003"),
        ("typeform", "typeform.json", "lucia.hernandez@example.com", "+528110000004"),
        ("tally", "tally.json", "diego.garza@example.com", "+528110000005"),
    ],
)
async def test_an_example_of_a_platform_is_a_lead(
    system: System, source: str, file: str, email: str, phone: str
) -> None:
    answer = await deliver(system, source, example(file))
    lead = await lead_of(system, email=email)
    await system.happens(lead, "lead.registered")

    assert (answer.status_code, answer.text) == (200, "{}")
    assert (await card_of(system, lead))["phone"] == phone


# ---- who writes first


async def write_from_an_ad(system: System, form: dict[str, Any], clid: str, **more: Any) -> None:
    message = {
        "phone": e164(form),
        "name": form["nombre"],
        "referral": {
            "ReferralSourceId": "120211234567890123",
            "ReferralSourceType": "ad",
            "ReferralSourceUrl": "https://fb.me/3Example",
            "ReferralHeadline": "Oficinas listas",
            "ReferralBody": "Escríbenos",
            "ReferralCtwaClid": clid,
        },
    }
    address = f"{system.native.addresses.simulator}/simulator/write"
    answer = await system.http.post(address, json=message | more)
    assert answer.json() == {"answered": True}


async def test_a_stranger_who_writes_from_an_ad_is_one_lead_answered_where_they_wrote(
    system: System,
) -> None:
    form = person()
    await write_from_an_ad(system, form, "ARAfirst", text="Hola, ¿tienen oficinas?", copies=5)
    lead = await lead_of(system, phone=e164(form))
    await system.happens(lead, "whatsapp touch.sent", "lead.registered")
    await write_from_an_ad(system, form, "ARAsecond", text="¿Siguen ahí?")
    await system.quiet()

    card = await card_of(system, lead)
    assert (card["source"], card["name"]) == ("WhatsApp", form["nombre"])
    assert card["attribution"]["ctwa_clid"] == "ARAfirst"
    assert card["attribution"]["ad_id"] == "120211234567890123"
    assert await leads_of(system, phone=e164(form)) == [lead]
    assert await system.simulator("calls", e164(form)) == []
    assert len(await system.simulator("messages", e164(form))) == 1
    await noted(system, lead, "¿tienen oficinas?")


async def test_an_ad_may_be_answered_without_a_word(system: System) -> None:
    form = person()
    await write_from_an_ad(system, form, "ARAsilent")
    lead = await lead_of(system, phone=e164(form))

    await system.happens(lead, "whatsapp touch.sent")


async def test_a_message_that_comes_while_intake_is_down_makes_its_lead_afterwards(
    system: System,
) -> None:
    form = person()
    system.kill("intake")
    await write_from_an_ad(system, form, "ARAdown", text="Hola", copies=3)
    system.restart("intake")
    lead = await lead_of(system, phone=e164(form))
    await system.happens(lead, "whatsapp touch.sent")

    assert await leads_of(system, phone=e164(form)) == [lead]


# ---- Meta without its webhooks, its token, or itself


async def test_leads_that_no_webhook_announced_are_found_and_none_twice(system: System) -> None:
    forms = [person() for _ in range(4)]
    for number, form in enumerate(forms):
        await fill_in(system, "meta", form, lost=number % 2 == 0)
    leads = [await lead_of(system, email=form["email"], seconds=60) for form in forms]
    for lead in leads:
        await system.happens(lead, *CALLED)
    await asyncio.sleep(4)  # the time of one more search
    await system.quiet()

    counts = await everything_received(system, forms)
    assert [(each["calls"], each["emails"]) for each in counts] == [(1, 1)] * 4
    for form, lead in zip(forms, leads, strict=True):
        assert await leads_of(system, email=form["email"]) == [lead]


async def test_an_expired_token_is_shown_and_costs_no_lead(system: System) -> None:
    form = person()
    await set_meta(system, token_expired=True)
    try:
        await fill_in(system, "meta", form)

        async def shown() -> bool:
            return bool((await status_of(system, "meta"))["problem"])

        await system.until(shown, lambda: "nothing shows that the token expired")
        assert await leads_of(system, email=form["email"]) == []
    finally:
        await set_meta(system, token_expired=False)
    lead = await lead_of(system, email=form["email"], seconds=60)
    await system.happens(lead, *CALLED)

    async def well_again() -> bool:
        return not (await status_of(system, "meta"))["problem"]

    await system.until(well_again, lambda: "the problem is still shown")


async def test_leads_that_our_app_may_not_read_yet_wait_for_the_permission(
    system: System,
) -> None:
    form = person()
    await set_meta(system, hides_leads=True)
    try:
        await fill_in(system, "meta", form)
        await asyncio.sleep(1)
        assert await leads_of(system, email=form["email"]) == []
    finally:
        await set_meta(system, hides_leads=False)

    await lead_of(system, email=form["email"], seconds=60)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 403, "code": 4, "retry_after": "1"},
        {"kind": "status", "status": 400, "code": 80004, "retry_after": "1"},
        {"kind": "status", "status": 500, "code": 2},
        {"kind": "status", "status": 400, "code": 100},
        {"kind": "refuse"},
        {"kind": "lose"},
        {"kind": "html"},
        {"kind": "cut"},
        {"kind": "brackets"},
        {"kind": "nonsense"},
    ],
    ids=lambda fault: f"{fault['kind']}{fault.get('code', '')}",
)
async def test_whatever_meta_answers_its_lead_comes_once(
    system: System, fault: dict[str, Any]
) -> None:
    form = person()
    await system.inject_fault(provider="meta", times=2, **fault)
    try:
        await fill_in(system, "meta", form)
        lead = await lead_of(system, email=form["email"], seconds=60)
    finally:
        await system.clear_faults()
    await system.happens(lead, *CALLED)

    assert await leads_of(system, email=form["email"]) == [lead]


async def test_a_page_that_lost_its_subscription_loses_no_lead(system: System) -> None:
    form = person()
    await set_meta(system, subscribed=False)
    try:
        await fill_in(system, "meta", form)
        await lead_of(system, email=form["email"], seconds=60)
    finally:
        await set_meta(system, subscribed=True)


# ---- the cases of other people


async def post_form(system: System, **fields: Any) -> httpx.Response:
    return await system.http.post(
        url(system, "/api/lead"),
        content=urlencode(fields).encode(),
        headers={"Content-Type": FORM},
    )


async def test_b01_a_phone_that_comes_late_is_called_once_and_reaches_kommo(
    system: System,
) -> None:
    whole = person()
    partial = {"nombre": whole["nombre"], "email": whole["email"], "paso": "1"}
    lead = await system.lead(partial)
    await system.happens(lead, "email touch.delivered", "lead.registered")
    await system.lead(whole | {"paso": "2", "consentimiento": "Acepto que me llamen"})
    await system.happens(lead, "lead.updated", "call touch.sent")
    await system.quiet()

    [counts] = await everything_received(system, [whole])
    assert (counts["calls"], counts["emails"]) == (1, 1)
    contacts = (await system.simulator("kommo"))["contacts"]
    assert any(e164(whole) in json.dumps(contact) for contact in contacts)


async def test_b02_a_corrected_email_gets_its_own_welcome(system: System) -> None:
    form = person()
    right = f"corregido.{form['email']}"
    lead = await system.lead(form)
    await system.happens(lead, "email touch.delivered")
    await system.lead(form | {"email": right})
    await system.happens(lead, "lead.updated")
    await system.quiet()

    assert len(await system.simulator("emails", form["email"])) == 1
    assert len(await system.simulator("emails", right)) == 1


async def test_b03_a_daughter_with_her_mothers_phone_is_a_lead_of_her_own(
    system: System,
) -> None:
    mother = person()
    daughter = person() | {"telefono": mother["telefono"]}
    first = await system.lead(mother)
    second = await system.lead(daughter)
    await system.happens(second, "email touch.delivered", "lead.registered")
    await system.quiet()

    assert first != second
    assert await leads_of(system, email=daughter["email"]) == [second]
    assert len(await system.simulator("calls", e164(mother))) == 1


@pytest.mark.parametrize("zone", ["Etc/Unknown", "undefined", "Marte/Olimpo"])
async def test_b20_a_zone_that_cannot_be_used_is_kept_and_ignored(
    system: System, zone: str
) -> None:
    lead = await system.lead(person(zona_horaria=zone))
    card = await card_of(system, lead)

    assert card["time_zone"] is None
    # a program writes `undefined` for nothing
    assert zone in card["extra"].values() or zone == "undefined"


@pytest.mark.parametrize(
    "written",
    ["+52+52{}", "+52 +52 {}", "011 52 {}", "+52 01 {}", "{}.0", "044 {}", "+521{}", "tel:+52{}"],
)
async def test_b21_b22_a_number_is_read_as_it_plainly_is(system: System, written: str) -> None:
    form = person()
    lead = await system.lead(form | {"telefono": written.format(form["telefono"])})

    assert (await card_of(system, lead))["phone"] == e164(form)


async def test_b22_a_spreadsheets_number_is_no_decimal(system: System) -> None:
    form = person()
    lead = await system.lead(form | {"telefono": float(form["telefono"])})

    assert (await card_of(system, lead))["phone"] == e164(form)


@pytest.mark.parametrize(
    "name",
    ["http://premio.example/abc Felicidades", "<a href=//x.example>Ana</a>", "visita premio.com"],
)
async def test_b23_a_form_relays_no_advertisement(system: System, name: str) -> None:
    victim = person(nombre=name)
    answer = await system.post(victim)
    [row] = await held(system, email=victim["email"])
    await system.quiet()

    assert answer.status_code == 200
    assert row["reason"] == "link_in_name"
    assert await system.simulator("emails", victim["email"]) == []


async def test_b24_a_honeypot_that_a_browser_filled_in_is_shown_and_can_go_its_way(
    system: System,
) -> None:
    form = person(sitio_web="México")
    answer = await system.post(form)
    [row] = await held(system, email=form["email"])

    assert answer.status_code == 200
    assert answer.json()["lead_id"] == row["submission_id"]
    assert row["reason"] == "honeypot"


async def test_b27_windows_1252_keeps_its_accents(system: System) -> None:
    form = person(nombre="María José Peña")
    body = urlencode(form, encoding="windows-1252").encode()
    answer = await system.http.post(
        url(system, "/api/lead"), content=body, headers={"Content-Type": FORM}
    )
    declared = await system.http.post(
        url(system, "/api/lead"),
        content=urlencode(person(nombre="Íñigo"), encoding="iso-8859-1").encode(),
        headers={"Content-Type": f"{FORM}; charset=iso-8859-1"},
    )

    card = await card_of(system, answer.json()["lead_id"])
    assert card["name"] == "María José Peña"
    assert (await card_of(system, declared.json()["lead_id"]))["name"] == "Íñigo"


async def test_b32_no_character_that_xml_forbids_survives(system: System) -> None:
    lead = await system.lead(person(nombre="Hugo\uffff\ufffe\x0b\u202e Prueba"))
    await system.happens(lead, "call touch.sent", "call.answered")

    assert (await card_of(system, lead))["name"] == "Hugo Prueba"


@pytest.mark.parametrize("path", ["/api/lead/", "/api/lead//"])
async def test_b33_an_address_pasted_with_a_slash_is_the_same(system: System, path: str) -> None:
    answer = await system.http.post(url(system, path), json=person())

    assert answer.status_code == 200


async def test_b35_wordpress_escapes_are_read_as_they_were_typed(system: System) -> None:
    form = person(nombre="Mar&iacute;a O\\'Brien", empresa="Pérez &amp; Hijos")
    lead = await system.lead(form)
    await system.happens(lead, "email touch.delivered")
    card = await card_of(system, lead)
    [mail] = await system.simulator("emails", form["email"])

    assert (card["name"], card["company"]) == ("María O'Brien", "Pérez & Hijos")
    assert "&iacute;" not in mail["text"] + mail["subject"]
    assert "\\'" not in mail["text"]


@pytest.mark.parametrize("bad", [{"email": "ana@"}, {"telefono": "12"}])
async def test_one_bad_address_of_two_is_noted_and_the_other_used(
    system: System, bad: dict[str, str]
) -> None:
    form = person()
    lead = await system.lead(form | bad)
    contacted = "call touch.sent" if "email" in bad else "email touch.sent"
    await system.happens(lead, contacted, "lead.registered")
    card = await card_of(system, lead)

    assert next(iter(bad.values())) in (card["unusable_email"], card["unusable_phone"])
    await noted(system, lead, next(iter(bad.values())))


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        (b"\xef\xbb\xbf", JSON),
        (b"", "text/plain;charset=UTF-8"),
        (b"", ""),
        (b"", "application/ld+json"),
    ],
)
async def test_json_is_json_whatever_it_is_called(system: System, prefix: bytes, kind: str) -> None:
    form = person()
    body = prefix + json.dumps(form).encode()
    answer = await system.http.post(
        url(system, "/api/lead"), content=body, headers={"Content-Type": kind} if kind else {}
    )

    assert answer.status_code == 200, answer.text
    assert (await card_of(system, answer.json()["lead_id"]))["email"] == form["email"]


async def test_a_field_that_comes_twice_with_one_value_has_that_value(system: System) -> None:
    form = person()
    pairs = [*form.items(), ("email", form["email"]), ("telefono", form["telefono"])]
    answer = await system.http.post(
        url(system, "/api/lead"), content=urlencode(pairs), headers={"Content-Type": FORM}
    )

    card = await card_of(system, answer.json()["lead_id"])
    assert (card["email"], card["phone"]) == (form["email"], e164(form))


async def test_a_redirect_that_is_no_address_breaks_nothing(system: System) -> None:
    answer = await system.http.post(
        url(system, "/api/lead"),
        data=person(redirect="http://[:"),
        headers={"Accept": "text/html"},
    )

    assert answer.status_code == 303


async def test_a_script_may_ask_with_any_simple_header(system: System) -> None:
    wanted = "content-type,x-requested-with,cache-control,idempotency-key"
    answer = await system.http.options(
        url(system, "/api/lead"),
        headers={
            "Origin": "https://www.example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": wanted,
        },
    )

    assert answer.status_code == 200
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in wanted.split(","))
