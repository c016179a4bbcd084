"""The simulated ad platforms sign, write and answer as documented, seen over plain HTTP."""

import base64
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any, get_args
from urllib.parse import parse_qs

import httpx
import pytest
import pytest_asyncio

from simulator.app import create_app
from simulator.settings import Settings
from simulator.sources.doors import Door
from simulator.sources.meta import FORM_ID
from simulator.words import SPANISH
from simulator.world import FaultInjectionMiddleware
from tests.wire import Asked, Wire

PAGE_ID = "153125381133"
TOKEN = "sandbox-meta-page-token"
APP_SECRET = "sandbox-meta-app-secret"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), "sha256").hexdigest()
GRAPH = "/v24.0"
LEAD = {
    "nombre": "María López Núñez",
    "email": "maria.lopez@example.com",
    "telefono": "81 1000 0001",
    "qué servicio te interesa": "limpieza",
}


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        wire.answers(200, {})
        yield wire


@pytest_asyncio.fixture
async def world(gateway: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    values = {
        "PUBLIC_BASE_URL": gateway.url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "secret",
        "BREVO_API_KEY": "key",
        "BREVO_WEBHOOK_TOKEN": "hook",
        "KOMMO_ACCESS_TOKEN": "long-lived",
        "KOMMO_PIPELINE_ID": "7000001",
        "KOMMO_STATUS_ID_INICIAL": "1",
        "BUSINESS_NAME": "Demo",
        "ADVISOR_NAME": "Javier",
        "TALLY_SECRET": "sandbox-tally-secret,the-one-before",  # while one is replaced
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    app = create_app(Settings())
    assert isinstance(app, FaultInjectionMiddleware)
    async with (
        app.inner.router.lifespan_context(app.inner),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://simulator"
        ) as client,
    ):
        yield client


async def fill_in(world: httpx.AsyncClient, source: str, **how: Any) -> Any:
    answer = await world.post(f"/simulator/sources/{source}/forms", json={"lead": LEAD} | how)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def graph(world: httpx.AsyncClient, path: str, **query: str) -> httpx.Response:
    usual = {"access_token": TOKEN, "appsecret_proof": PROOF}
    return await world.get(f"{GRAPH}/{path}", params=usual | query)


def signature(secret: str, message: bytes) -> bytes:
    return hmac.digest(secret.encode(), message, "sha256")


# ---- what each platform posts


async def test_google_repeats_the_key_in_the_body(world: httpx.AsyncClient, gateway: Wire) -> None:
    sent = await fill_in(world, "google", again=1)
    first, second = gateway.requests

    assert (first.path, first.body) == ("/webhooks/google", second.body)
    assert sent == {"external_id": first.json["lead_id"], "answers": [200, 200]}
    assert (first.json["google_key"], first.json["is_test"]) == ("sandbox-google-key", False)
    columns = {
        column["column_id"]: column["string_value"] for column in first.json["user_column_data"]
    }
    assert columns == {
        "FULL_NAME": LEAD["nombre"],
        "EMAIL": LEAD["email"],
        "PHONE_NUMBER": "+528110000001",
        "qué servicio te interesa": "limpieza",
    }


async def test_googles_test_repeats_its_id_at_every_press(
    world: httpx.AsyncClient, gateway: Wire
) -> None:
    await fill_in(world, "google", test=True)
    await fill_in(world, "google", test=True)
    first, second = gateway.requests

    assert first.json["is_test"] is True
    assert first.json["lead_id"] == second.json["lead_id"]


async def test_tiktok_signs_the_time_and_the_body(world: httpx.AsyncClient, gateway: Wire) -> None:
    sent = await fill_in(world, "tiktok")
    [request] = gateway.requests
    parts = parse_qs(request.headers["tiktok-signature"].replace(",", "&"))
    content = json.loads(request.json["content"])

    signed = f"{parts['t'][0]}.".encode() + request.body
    assert parts["s"] == [signature("sandbox-tiktok-secret", signed).hex()]
    assert content["id"] == sent["external_id"]
    assert {"field": "phone_number", "value": "+528110000001"} in content["answers"]


async def test_typeform_signs_in_base64(world: httpx.AsyncClient, gateway: Wire) -> None:
    sent = await fill_in(world, "typeform")
    [request] = gateway.requests
    expected = base64.b64encode(signature("sandbox-typeform-secret", request.body)).decode()
    response = request.json["form_response"]
    answers = {answer["type"]: answer[answer["type"]] for answer in response["answers"]}

    assert request.headers["typeform-signature"] == f"sha256={expected}"
    assert response["token"] == sent["external_id"]
    assert (answers["email"], answers["phone_number"]) == (LEAD["email"], "+528110000001")


async def test_tally_explains_its_choices_by_options(
    world: httpx.AsyncClient, gateway: Wire
) -> None:
    await fill_in(world, "tally")
    [request] = gateway.requests
    expected = base64.b64encode(signature("sandbox-tally-secret", request.body)).decode()
    fields = {field["label"]: field for field in request.json["data"]["fields"]}
    choice = fields["qué servicio te interesa"]

    assert request.headers["tally-signature"] == expected
    assert "María" in request.body.decode()
    assert [option["id"] for option in choice["options"]] == choice["value"]
    assert fields["Empresa"]["value"] is None


async def test_webflow_signs_its_milliseconds_and_writes_phones_as_numbers(
    world: httpx.AsyncClient, gateway: Wire
) -> None:
    await fill_in(world, "webflow")
    [request] = gateway.requests
    signed = f"{request.headers['x-webflow-timestamp']}:".encode() + request.body

    expected = signature("sandbox-webflow-secret", signed).hex()
    assert request.headers["x-webflow-signature"] == expected
    assert request.json["payload"]["data"]["Telefono"] == 528110000001


@pytest.mark.parametrize("source", ["tally", "webflow"])
async def test_a_platform_without_test_leads_sends_none(
    world: httpx.AsyncClient, gateway: Wire, source: str
) -> None:
    answer = await world.post(f"/simulator/sources/{source}/forms", json={"test": True})

    assert answer.status_code == 422
    assert gateway.requests == []


async def test_somebody_writes_from_an_ad_and_the_message_comes_twice_at_once(
    world: httpx.AsyncClient, gateway: Wire
) -> None:
    written = {
        "phone": "+525512345678",
        "name": "Lucía",
        "referral": {"ReferralSourceId": "1202", "ReferralCtwaClid": "ARA1"},
        "copies": 2,
    }
    await world.post("/simulator/write", json=written)
    first, second = (parse_qs(request.body.decode()) for request in gateway.requests)

    assert first == second
    assert (first["ProfileName"], first["WaId"]) == (["Lucía"], ["5215512345678"])
    assert (first["ReferralSourceId"], first["ReferralCtwaClid"]) == (["1202"], ["ARA1"])
    assert "Body" not in first  # an ad may be answered without a word


# ---- Meta's notifications


def leadgen(request: Asked) -> list[dict[str, Any]]:
    [entry] = request.json["entry"]
    return [change["value"] for change in entry["changes"] if change["field"] == "leadgen"]


async def test_a_notification_holds_ids_and_a_signature_of_its_bytes(
    world: httpx.AsyncClient, gateway: Wire
) -> None:
    sent = await fill_in(world, "meta", again=1)
    first, second = gateway.requests
    [value] = leadgen(first)

    assert (first.path, first.body) == ("/webhooks/meta", second.body)
    expected = signature(APP_SECRET, first.body).hex()
    assert first.headers["x-hub-signature-256"] == f"sha256={expected}"
    assert sent == {"external_id": value["leadgen_id"], "answers": [200, 200]}
    assert (value["page_id"], value["form_id"]) == (PAGE_ID, FORM_ID)
    assert "nombre" not in first.body.decode()


async def test_ids_may_be_numbers_among_other_changes_whose_accents_are_escaped(
    world: httpx.AsyncClient, gateway: Wire
) -> None:
    sent = await fill_in(world, "meta", number_ids=True, among_others=True)
    [request] = gateway.requests
    first, second = leadgen(request)

    assert first == second
    assert first["leadgen_id"] == int(sent["external_id"])
    assert rb"\u00a1Qu\u00e9" in request.body


async def test_a_lost_notification_leaves_the_lead_at_meta(
    world: httpx.AsyncClient, gateway: Wire
) -> None:
    lost = await fill_in(world, "meta", lost=True)
    await world.put("/simulator/sources/meta", json={"subscribed": False})
    unsubscribed = await fill_in(world, "meta")
    listed = (await graph(world, f"{FORM_ID}/leads")).json()["data"]

    assert gateway.requests == []
    assert [lead["id"] for lead in listed] == [unsubscribed["external_id"], lost["external_id"]]


@pytest.mark.parametrize(("token", "sent"), [("", "sandbox-meta-verify"), ("wrong", "wrong")])
async def test_the_handshake_sends_a_challenge(
    world: httpx.AsyncClient, gateway: Wire, token: str, sent: str
) -> None:
    gateway.answers(403, b"no")
    answer = await world.post("/simulator/sources/meta/handshake", json={"token": token})
    [request] = gateway.requests
    query = parse_qs(request.path.partition("?")[2]) or request.query

    assert answer.json() == {"status": 403, "text": "no"}
    assert sent in str(query)
    assert "hub.challenge" in str(query)


# ---- the Graph API


async def test_a_lead_is_read_by_its_id_with_the_fields_asked_for(
    world: httpx.AsyncClient,
) -> None:
    lead_id = (await fill_in(world, "meta", platform="ig"))["external_id"]
    usual = (await graph(world, lead_id)).json()
    asked = (await graph(world, lead_id, fields="platform,campaign_name,field_data")).json()
    unknown = await graph(world, lead_id, fields="surname")

    assert usual.keys() == {"id", "created_time", "field_data"}
    assert asked.keys() == {"id", "platform", "campaign_name", "field_data"}
    assert asked["platform"] == "ig"
    values = {field["name"]: field["values"] for field in asked["field_data"]}
    assert values["phone_number"] == ["+5218110000001"]
    assert values["¿qué servicio te interesa?"] == ["limpieza"]
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, 100)


async def test_a_test_lead_holds_dummy_data_and_comes_from_no_ad(world: httpx.AsyncClient) -> None:
    lead_id = (await fill_in(world, "meta", test=True))["external_id"]
    lead = (await graph(world, lead_id, fields="is_organic,ad_id,field_data")).json()
    values = {field["name"]: field["values"][0] for field in lead["field_data"]}

    assert "ad_id" not in lead
    assert values["full_name"] == "<test lead: dummy data for full_name>"
    assert values["email"] == "test@meta.com"


async def test_a_forms_leads_come_in_pages_and_by_their_time(world: httpx.AsyncClient) -> None:
    ids = [(await fill_in(world, "meta", lost=True))["external_id"] for _ in range(5)]
    found: list[str] = []
    answer = (await graph(world, f"{FORM_ID}/leads", limit="2")).json()
    found += [lead["id"] for lead in answer["data"]]
    while following := answer["paging"].get("next"):
        answer = (await world.get(following)).json()
        found += [lead["id"] for lead in answer["data"]]

    assert found == ids[::-1]

    def created_after(seconds: int) -> str:
        asked = {"field": "time_created", "operator": "GREATER_THAN", "value": seconds}
        return json.dumps([asked])

    early = await graph(world, f"{FORM_ID}/leads", filtering=created_after(0))
    late = await graph(world, f"{FORM_ID}/leads", filtering=created_after(10**10))
    assert len(early.json()["data"]) == 5
    assert late.json() == {"data": []}


async def test_a_wrong_token_and_a_token_without_its_proof_are_refused(
    world: httpx.AsyncClient,
) -> None:
    right = await graph(world, "me")
    wrong = await graph(world, "me", access_token="wrong")
    unproved = await graph(world, "me", appsecret_proof="0" * 64)
    await world.put("/simulator/sources/meta", json={"token_expired": True})
    expired = await graph(world, "me")
    await world.put("/simulator/sources/meta", json={"token_expired": False})
    renewed = await graph(world, "me")

    assert right.json() == renewed.json() == {"id": PAGE_ID, "name": "Oficinas MTY"}
    for refused in (wrong, expired):
        error = refused.json()["error"]
        assert (refused.status_code, error["code"], error["type"]) == (400, 190, "OAuthException")
    assert (unproved.status_code, unproved.json()["error"]["code"]) == (400, 100)


async def test_a_token_is_described_to_its_holder_and_to_the_app(world: httpx.AsyncClient) -> None:
    holder = await graph(world, "debug_token", input_token=TOKEN)
    bearer = await world.get(
        f"{GRAPH}/debug_token",
        params={"input_token": TOKEN, "appsecret_proof": PROOF},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    app = {"access_token": f"901234567890123|{APP_SECRET}"}
    await world.put("/simulator/sources/meta", json={"token_expired": True})
    expired = await graph(world, "debug_token", input_token=TOKEN, **app)

    assert holder.json() == bearer.json()
    assert holder.json()["data"]["is_valid"] is True
    assert "leads_retrieval" in holder.json()["data"]["scopes"]
    assert expired.json()["data"]["is_valid"] is False
    assert (await graph(world, "debug_token", input_token=TOKEN)).status_code == 400


async def test_leads_that_the_app_may_not_read_are_refused(world: httpx.AsyncClient) -> None:
    lead_id = (await fill_in(world, "meta"))["external_id"]
    await world.put("/simulator/sources/meta", json={"hides_leads": True})
    refused = await graph(world, lead_id)
    listed = await graph(world, f"{FORM_ID}/leads")

    assert {answer.json()["error"]["code"] for answer in (refused, listed)} == {200}
    assert (await graph(world, "me")).status_code == 200


async def test_an_unknown_id_is_gone(world: httpx.AsyncClient) -> None:
    error = (await graph(world, "444")).json()["error"]

    assert (error["code"], error["error_subcode"], error["type"]) == (
        100,
        33,
        "GraphMethodException",
    )


async def test_a_page_is_subscribed_again(world: httpx.AsyncClient, gateway: Wire) -> None:
    await world.put("/simulator/sources/meta", json={"subscribed": False})
    before = (await graph(world, f"{PAGE_ID}/subscribed_apps")).json()
    query = {"access_token": TOKEN, "appsecret_proof": PROOF}
    url = f"{GRAPH}/{PAGE_ID}/subscribed_apps"
    empty = await world.post(url, params=query)
    done = await world.post(url, params=query | {"subscribed_fields": "leadgen"})
    after = (await graph(world, f"{PAGE_ID}/subscribed_apps")).json()
    await fill_in(world, "meta")

    assert (before, done.json()) == ({"data": []}, {"success": True})
    assert empty.status_code == 400
    assert after["data"][0]["subscribed_fields"] == ["leadgen"]
    assert len(gateway.requests) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(400, 190), (403, 4), (400, 80004), (400, 100), (500, 1), (500, 2)]
)
async def test_an_injected_error_has_metas_own_code(
    world: httpx.AsyncClient, status: int, code: int
) -> None:
    fault = {"provider": "meta", "kind": "status", "status": status, "code": code}
    fault["retry_after"] = "7"
    await world.post("/simulator/faults", json=fault)
    failed = await graph(world, "me")

    assert (failed.status_code, failed.json()["error"]["code"]) == (status, code)
    assert failed.headers["retry-after"] == "7"
    assert (await graph(world, "me")).status_code == 200
    requests = (await world.get("/simulator/requests", params={"provider": "meta"})).json()
    assert [request["fault"] for request in requests] == ["status", None]


# ---- the buttons of the page


@pytest.mark.parametrize("door", get_args(Door))
async def test_every_door_has_a_button_that_sends_the_form(
    world: httpx.AsyncClient, gateway: Wire, door: str
) -> None:
    page = (await world.get("/simulator?lang=es")).text
    answer = await world.post(f"/simulator/leads?door={door}", json=LEAD)
    paths = {"facebook": "meta", "instagram": "meta", "whatsapp": "twilio/inbound"}

    assert f'name="door" value="{door}">{SPANISH[f"door_{door}"]}' in page
    assert answer.status_code == 200
    assert answer.headers["location"] == "/simulator/people/%2B528110000001"
    [request] = gateway.requests
    assert request.path == f"/webhooks/{paths.get(door, door)}"
    [person] = (await world.get("/simulator/people")).json()
    assert (person["name"], person["phone"]) == (LEAD["nombre"], "+528110000001")


async def test_a_door_that_refuses_is_an_error(world: httpx.AsyncClient, gateway: Wire) -> None:
    gateway.answers(401, {})
    answer = await world.post("/simulator/leads?door=google", json=LEAD)

    assert answer.status_code == 502
    assert (await world.get("/simulator/people")).json() == []
