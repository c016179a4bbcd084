"""The simulated providers answer as documented. Most tests use plain HTTP, not our clients."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx
import pytest
import pytest_asyncio
from twilio.request_validator import RequestValidator

from domain.phone import canonical_phone
from providers.calcom.webhooks import signed_by_calcom
from providers.errors import CredentialsRejected
from providers.kommo.client import KommoClient, KommoRefused
from providers.kommo.models import Change, Move
from providers.kommo.webhooks import read_changes
from simulator.app import create_app
from simulator.settings import Settings
from simulator.twilio import as_whatsapp_writes
from simulator.world import FaultInjectionMiddleware
from tests.waiting import until
from tests.wire import Wire

ACCOUNT = "AC" + "0" * 32
WELCOME = "HX" + "a" * 32
TWILIO = {"Authorization": "Basic " + base64.b64encode(f"{ACCOUNT}:secret".encode()).decode()}
BREVO = {"api-key": "key"}
KOMMO = {"Authorization": "Bearer long-lived"}
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        wire.answers(200, b"<Response><Say>Hola</Say></Response>")
        yield wire


@pytest_asyncio.fixture
async def world(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    values = {
        "PUBLIC_BASE_URL": wire.url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "secret",
        "BREVO_API_KEY": "key",
        "BREVO_WEBHOOK_TOKEN": "hook",
        "KOMMO_ACCESS_TOKEN": "long-lived",
        "KOMMO_PIPELINE_ID": "7000001",
        "KOMMO_STATUS_ID_INICIAL": "1",
        "KOMMO_FIELD_ID_FUENTE": "500101",
        "KOMMO_STATUS_ID_AGENDADO": "2",
        "KOMMO_WEBHOOK_TOKEN": "unguessable",
        "CALCOM_WEBHOOK_SECRET": "secret",
        "SIMULATOR_RING_SECONDS": "0.01",
        "SIMULATOR_TALK_SECONDS": "0.01",
        "SIMULATOR_PRICES_SECONDS": "0.3",
        "TWILIO_CONTENT_SIDS": f"welcome={WELCOME}",
        "BUSINESS_NAME": "Demo",
        "ADVISOR_NAME": "Javier",
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


# ---- Twilio


async def test_a_template_has_the_text_that_was_approved(world: httpx.AsyncClient) -> None:
    known = await world.get(f"/v1/Content/{WELCOME}", headers=TWILIO)
    unknown = await world.get(f"/v1/Content/HX{'0' * 28}e404", headers=TWILIO)
    stranger = await world.get(f"/v1/Content/{WELCOME}")

    assert known.json()["types"]["twilio/text"]["body"].startswith(
        "Hola, {{1}}. Soy Javier, de Demo."
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, 20404)
    assert stranger.status_code == 401


CALL = {"To": "+525512340020", "From": "+525500000000", "Url": "https://h/voice"}
WHATSAPP = {
    "To": "whatsapp:+525512340000",
    "From": "whatsapp:+14155238886",
    "ContentSid": "HX" + "1" * 32,
}


SERVICE = "MG" + "0" * 31 + "1"
EMPTY_SERVICE = "MG" + "0" * 31 + "2"


@pytest.mark.parametrize(
    ("to", "from_"),
    [
        ("+525512340000", "+525500000000"),
        ("whatsapp:+525512340000", "whatsapp:+14155238886"),
    ],
)
async def test_a_messaging_service_chooses_its_sender(
    world: httpx.AsyncClient, to: str, from_: str
) -> None:
    message = {"To": to, "Body": "Hola", "MessagingServiceSid": SERVICE}
    answer = await world.post(MESSAGES, data=message, headers=TWILIO)
    empty = await world.post(
        MESSAGES, data=message | {"MessagingServiceSid": EMPTY_SERVICE}, headers=TWILIO
    )
    unknown = await world.post(
        MESSAGES, data=message | {"MessagingServiceSid": "MG" + "9" * 32}, headers=TWILIO
    )

    assert answer.status_code == 201
    assert answer.json()["from"] == from_
    assert answer.json()["messaging_service_sid"] == SERVICE
    assert (empty.status_code, empty.json()["code"]) == (400, 21703)
    assert unknown.status_code == 404


async def test_a_message_is_charged_by_its_segments_once_the_price_is_settled(
    world: httpx.AsyncClient,
) -> None:
    message = {"To": "+525512340000", "From": "+525500000000", "Body": "ó" * 135}
    created = (await world.post(MESSAGES, data=message, headers=TWILIO)).json()
    address = MESSAGES.replace(".json", f"/{created['sid']}.json")
    assert (created["num_segments"], created["price"]) == ("3", None)

    async def price() -> str | None:
        answer = await world.get(address, headers=TWILIO)
        return str(answer.json()["price"]) if answer.json()["price"] else None

    while (settled := await price()) is None:
        await asyncio.sleep(0.05)
    assert settled == "-0.12750"


async def test_a_call_as_twilio_answers_it(world: httpx.AsyncClient) -> None:
    answer = await world.post(CALLS, data=CALL, headers=TWILIO)

    assert answer.status_code == 201
    body = answer.json()
    assert body["sid"].startswith("CA")
    assert len(body["sid"]) == 34
    assert (body["status"], body["direction"], body["answered_by"]) == (
        "queued",
        "outbound-api",
        None,
    )
    assert body["date_created"].endswith("+0000")
    assert body["uri"] == f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{body['sid']}.json"


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        (CALLS, CALL | {"To": "5512345678"}, 400, 21211),
        (CALLS, CALL | {"To": "+5215512345678"}, 400, 21211),
        (CALLS, CALL | {"From": "12"}, 400, 21212),
        (CALLS, {k: v for k, v in CALL.items() if k != "Url"}, 400, 21205),
        (CALLS, CALL | {"StatusCallback": "https://my_host/x"}, 400, 21609),
        (CALLS, CALL | {"To": "+15005550001"}, 400, 21217),
        (CALLS, CALL | {"To": "+15005550003"}, 400, 21215),
        (MESSAGES, WHATSAPP | {"From": "+525500000000"}, 400, 21910),
        (MESSAGES, {k: v for k, v in WHATSAPP.items() if k != "ContentSid"}, 400, 21602),
        (MESSAGES, WHATSAPP | {"ContentSid": "HX1"}, 400, 21655),
        (MESSAGES, WHATSAPP | {"ContentVariables": "{'1': 'Ana'}"}, 400, 21656),
        (MESSAGES, WHATSAPP | {"ContentVariables": '{"1": ""}'}, 400, 21656),
        (MESSAGES, WHATSAPP | {"ContentVariables": '{"1": "D\'Angelo"}'}, 400, 21656),
        (MESSAGES, WHATSAPP | {"ContentVariables": '{"1": "a     b"}'}, 400, 21656),
        (MESSAGES, WHATSAPP | {"ContentVariables": '{"1": "a\\nb"}'}, 400, 21656),
        (
            MESSAGES,
            {"To": "+525512340000", "From": "+525500000000", "Body": "x" * 1601},
            400,
            21617,
        ),
        (MESSAGES, {"To": "+15005550009", "From": "+525500000000", "Body": "x"}, 400, 21614),
        (MESSAGES, {"To": "+15005550004", "From": "+525500000000", "Body": "x"}, 400, 21610),
    ],
)
async def test_what_twilio_refuses(
    world: httpx.AsyncClient, path: str, params: dict[str, str], status: int, code: int
) -> None:
    answer = await world.post(path, data=params, headers=TWILIO)

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["more_info"] == f"https://www.twilio.com/docs/errors/{code}"


async def test_without_the_token_nothing(world: httpx.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        answer = await world.post(CALLS, data=CALL, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert (await world.post("/v3/smtp/email", json={})).json() == {
        "code": "unauthorized",
        "message": "Key not found",
    }
    assert (await world.get("/api/v4/contacts")).json()["detail"] == "Invalid user name or password"


async def test_a_calls_callbacks_come_signed_and_in_twilios_words(
    world: httpx.AsyncClient, wire: Wire
) -> None:
    events = ["initiated", "ringing", "answered", "completed"]
    params = CALL | {
        "StatusCallback": f"{wire.url}/status?x=1#rc=3&rp=all",
        "StatusCallbackEvent": events,
    }
    sid = (await world.post(CALLS, data=params, headers=TWILIO)).json()["sid"]
    await until(lambda: len(wire.requests) == 3)

    bodies = [
        dict(parse_qsl(request.body.decode(), keep_blank_values=True)) for request in wire.requests
    ]
    assert [body["CallStatus"] for body in bodies] == ["initiated", "ringing", "no-answer"]
    assert [body["SequenceNumber"] for body in bodies] == ["0", "1", "2"]
    assert bodies[-1]["SipResponseCode"] == "487"
    assert {body["CallSid"] for body in bodies} == {sid}
    assert {body["CallbackSource"] for body in bodies} == {"call-progress-events"}
    for request, body in zip(wire.requests, bodies, strict=True):
        signature = request.headers["x-twilio-signature"]
        assert RequestValidator("secret").validate(f"{wire.url}/status?x=1", body, signature)


@pytest.mark.parametrize(
    ("number", "manner", "answered_by", "seconds"),
    [
        ("+525512341234", None, "human", "30"),
        ("+525512341234", {"hangs_up_after": 2}, "human", "5"),
        ("+525512341234", {"hangs_up_after": 4, "answered_by": "unknown"}, "unknown", "7"),
        ("+525512340060", None, None, "2"),
    ],
)
async def test_how_long_somebody_listens(
    world: httpx.AsyncClient,
    wire: Wire,
    number: str,
    manner: dict[str, Any] | None,
    answered_by: str | None,
    seconds: str,
) -> None:
    gather = f"<Response><Gather action='{wire.url}/key' actionOnEmptyResult='true'/></Response>"
    wire.answers(200, b"<Response><Hangup/></Response>", {"Content-Type": "text/xml"})
    wire.then(200, gather.encode(), {"Content-Type": "text/xml"})
    if manner is not None:
        await world.put(f"/simulator/people/{number}", json=manner)
    params = CALL | {
        "To": number,
        "Url": f"{wire.url}/voice",
        "StatusCallback": f"{wire.url}/status",
        "MachineDetection": "DetectMessageEnd",
    }
    sid = (await world.post(CALLS, data=params, headers=TWILIO)).json()["sid"]
    await until(lambda: any(request.path == "/status" for request in wire.requests))
    [end] = [request for request in wire.requests if request.path == "/status"]
    body = dict(parse_qsl(end.body.decode()))
    call = (await world.get(CALLS.replace(".json", f"/{sid}.json"), headers=TWILIO)).json()

    assert (body["CallStatus"], body.get("AnsweredBy")) == ("completed", answered_by)
    assert body["CallDuration"] == call["duration"] == seconds
    pressed = [request for request in wire.requests if request.path == "/key"]
    assert len(pressed) == (1 if manner is None and answered_by else 0)


async def test_a_paused_template_fails_after_it_was_accepted(
    world: httpx.AsyncClient, wire: Wire
) -> None:
    message = WHATSAPP | {"StatusCallback": f"{wire.url}/m"}
    await world.put(f"/simulator/templates/{WHATSAPP['ContentSid']}", json={"code": 63041})
    assert (await world.post(MESSAGES, data=message, headers=TWILIO)).status_code == 201
    await until(lambda: len(wire.requests) == 2)
    assert parse_qs(wire.requests[1].body.decode())["ErrorCode"] == ["63041"]

    await world.put(f"/simulator/templates/{WHATSAPP['ContentSid']}", json={})
    await world.post(MESSAGES, data=message, headers=TWILIO)
    await until(lambda: len(wire.requests) == 4)
    assert parse_qs(wire.requests[3].body.decode())["MessageStatus"] == ["delivered"]


async def test_only_the_end_is_posted_unless_more_is_requested(
    world: httpx.AsyncClient, wire: Wire
) -> None:
    await world.post(CALLS, data=CALL | {"StatusCallback": f"{wire.url}/status"}, headers=TWILIO)
    await until(lambda: len(wire.requests) == 1)

    assert parse_qs(wire.requests[0].body.decode())["CallStatus"] == ["no-answer"]
    assert parse_qs(wire.requests[0].body.decode())["SequenceNumber"] == ["0"]


async def test_free_text_outside_the_session_is_accepted_and_then_fails(
    world: httpx.AsyncClient, wire: Wire
) -> None:
    free = {
        "To": WHATSAPP["To"],
        "From": WHATSAPP["From"],
        "Body": "Hola",
        "StatusCallback": f"{wire.url}/m",
    }
    assert (await world.post(MESSAGES, data=free, headers=TWILIO)).status_code == 201
    await until(lambda: len(wire.requests) == 2)
    last = parse_qs(wire.requests[1].body.decode())
    assert (last["MessageStatus"], last["ErrorCode"], last["ChannelPrefix"]) == (
        ["undelivered"],
        ["63016"],
        ["whatsapp"],
    )

    await world.post("/simulator/write", json={"phone": "+525512340000", "text": "Hola"})
    assert parse_qs(wire.requests[2].body.decode())["From"] == ["whatsapp:+5215512340000"]
    await world.post(MESSAGES, data=free, headers=TWILIO)
    await until(lambda: len(wire.requests) == 5)
    assert parse_qs(wire.requests[4].body.decode())["MessageStatus"] == ["delivered"]


async def test_finding_calls_by_number(world: httpx.AsyncClient) -> None:
    made = [(await world.post(CALLS, data=CALL, headers=TWILIO)).json()["sid"] for _ in range(2)]
    found = (await world.get(CALLS, params={"To": CALL["To"]}, headers=TWILIO)).json()
    other = (await world.get(CALLS, params={"To": "+525599990000"}, headers=TWILIO)).json()

    assert [call["sid"] for call in found["calls"]] == made[::-1]
    assert found["next_page_uri"] is None
    assert other["calls"] == []


# ---- Brevo

MAIL = {
    "sender": {"email": "h@h.mx"},
    "to": [{"email": "ana@example.com", "name": "Ana"}],
    "subject": "Hola",
    "htmlContent": "<p>x</p>",
    "tags": ["t"],
    "headers": {"idempotencyKey": "k1", "X-Mailin-custom": "c1"},
}


async def test_a_mail_and_its_repeat(world: httpx.AsyncClient) -> None:
    first = await world.post("/v3/smtp/email", json=MAIL, headers=BREVO)
    again = await world.post("/v3/smtp/email", json=MAIL, headers=BREVO)

    assert first.status_code == 201
    assert first.json()["messageId"].startswith("<20")
    assert first.json()["messageId"].endswith("@smtp-relay.mailin.fr>")
    assert (again.status_code, again.json()["code"]) == (400, "duplicate_parameter")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sender": None}, "invalid_parameter"),
        ({"subject": ""}, "missing_parameter"),
        ({"to": [{"email": "ana@"}]}, "invalid_parameter"),
        ({"to": [{"email": "ana@example.com", "name": "x" * 71}]}, "invalid_parameter"),
        ({"htmlcontent": "x"}, "invalid_parameter"),
    ],
)
async def test_what_brevo_refuses(
    world: httpx.AsyncClient, changes: dict[str, Any], code: str
) -> None:
    answer = await world.post("/v3/smtp/email", json=MAIL | changes, headers=BREVO)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    taken = await world.post("/v3/smtp/email", json=MAIL, headers=BREVO)
    assert taken.status_code == 201, "a refusal must not burn the key"


async def test_brevos_events(world: httpx.AsyncClient, wire: Wire) -> None:
    sent = await world.post("/v3/smtp/email", json=MAIL, headers=BREVO)
    await until(lambda: len(wire.requests) == 2)

    events = [request.json for request in wire.requests]
    assert [event["event"] for event in events] == ["request", "delivered"]
    assert {event["message-id"] for event in events} == {sent.json()["messageId"]}
    assert {event["X-Mailin-custom"] for event in events} == {"c1"}
    assert {event["id"] for event in events} == {948562}
    assert {request.headers["authorization"] for request in wire.requests} == {"Bearer hook"}


@pytest.mark.parametrize(
    ("mailbox", "events", "reasoned"),
    [
        ("softbounce.a", ["request", "deferred", "soft_bounce"], "soft_bounce"),
        ("deferred", ["request", "deferred", "delivered"], "deferred"),
        ("dmarc", ["request", "hard_bounce"], "hard_bounce"),
        ("error", ["request", "error"], "error"),
    ],
)
async def test_how_a_mailbox_ends_a_mail(
    world: httpx.AsyncClient, wire: Wire, mailbox: str, events: list[str], reasoned: str
) -> None:
    await world.post(
        "/v3/smtp/email", json=MAIL | {"to": [{"email": f"{mailbox}@example.com"}]}, headers=BREVO
    )
    await until(lambda: len(wire.requests) == len(events))
    posted = [request.json for request in wire.requests]

    assert [event["event"] for event in posted] == events
    assert all(event["reason"] for event in posted if event["event"] == reasoned)


async def test_a_sender_that_brevo_does_not_accept(world: httpx.AsyncClient) -> None:
    refusal = {"status": 402, "code": "not_enough_credits", "message": "x"}
    unconfirmed = MAIL | {"sender": {"email": "unconfirmed@example.com"}}
    assert (await world.post("/v3/smtp/email", json=unconfirmed, headers=BREVO)).status_code == 400

    await world.put("/simulator/brevo/refusal", json=refusal)
    refused = await world.post("/v3/smtp/email", json=MAIL, headers=BREVO)
    await world.delete("/simulator/brevo/refusal")
    taken = await world.post("/v3/smtp/email", json=MAIL, headers=BREVO)

    assert (refused.status_code, refused.json()["code"]) == (402, "not_enough_credits")
    assert taken.status_code == 201


async def test_a_mail_on_trial_is_dropped(world: httpx.AsyncClient) -> None:
    trial = MAIL | {"headers": {"X-Sib-Sandbox": "drop"}}

    assert (await world.post("/v3/smtp/email", json=trial, headers=BREVO)).status_code == 201
    assert (await world.get("/simulator/emails")).json() == []


async def test_brevos_list(world: httpx.AsyncClient) -> None:
    sent = (await world.post("/v3/smtp/email", json=MAIL, headers=BREVO)).json()
    listed = (
        await world.get("/v3/smtp/emails", params={"email": "ana@example.com"}, headers=BREVO)
    ).json()

    assert listed["count"] == 1
    assert listed["transactionalEmails"][0]["messageId"] == sent["messageId"]
    assert listed["transactionalEmails"][0]["tags"] == ["t"]


async def test_an_attachment_is_kept_as_it_reads(world: httpx.AsyncClient) -> None:
    attached = {
        "name": "reunion.ics",
        "content": base64.b64encode("BEGIN:VCALENDAR á".encode()).decode(),
    }
    await world.post("/v3/smtp/email", json=MAIL | {"attachment": [attached]}, headers=BREVO)
    [mail] = (await world.get("/simulator/emails")).json()

    assert mail["attachments"] == [{"name": "reunion.ics", "content": "BEGIN:VCALENDAR á"}]


@pytest.mark.parametrize(
    "attached",
    [{"name": "x.ics", "content": "not base64!"}, {"content": "eA=="}, {"name": "x.ics"}],
)
async def test_an_attachment_that_is_none(
    world: httpx.AsyncClient, attached: dict[str, str]
) -> None:
    answer = await world.post(
        "/v3/smtp/email", json=MAIL | {"attachment": [attached]}, headers=BREVO
    )

    assert answer.status_code == 400


# ---- Kommo

LEAD = {
    "name": "Web: Ana #1",
    "pipeline_id": 7000001,
    "status_id": 1,
    "request_id": "intake-1",
    "custom_fields_values": [{"field_id": 500101, "values": [{"value": "Ads"}]}],
    "_embedded": {
        "contacts": [
            {
                "name": "Ana",
                "custom_fields_values": [
                    {
                        "field_code": "PHONE",
                        "values": [{"value": "+528112345678", "enum_code": "WORK"}],
                    }
                ],
            }
        ],
        "companies": [{"name": "Demo"}],
    },
}


async def test_a_complex_lead_as_kommo_answers_it(world: httpx.AsyncClient) -> None:
    answer = await world.post("/api/v4/leads/complex", json=[LEAD], headers=KOMMO)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/hal+json")
    [done] = answer.json()
    assert (done["request_id"], done["merged"]) == (["intake-1"], False)
    found = (
        await world.get("/api/v4/contacts", params={"query": "8112345678"}, headers=KOMMO)
    ).json()
    assert [contact["id"] for contact in found["_embedded"]["contacts"]] == [done["contact_id"]]
    lead = (
        await world.get(f"/api/v4/leads/{done['id']}", params={"with": "contacts"}, headers=KOMMO)
    ).json()
    assert lead["_embedded"]["contacts"][0]["id"] == done["contact_id"]
    bare = (await world.get(f"/api/v4/leads/{done['id']}", headers=KOMMO)).json()
    assert "contacts" not in bare["_embedded"]


async def test_nothing_found_is_204_without_a_body(world: httpx.AsyncClient) -> None:
    for path in (
        "/api/v4/contacts?query=nobody",
        "/api/v4/leads?query=nothing",
        "/api/v4/leads/1/notes",
    ):
        answer = await world.get(path, headers=KOMMO)
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"pipeline_id": 5}, "pipeline_id"),
        ({"status_id": 99}, "status_id"),
        (
            {"custom_fields_values": [{"field_id": 1, "values": []}]},
            "custom_fields_values.0.field_id",
        ),
        ({"_embedded": {"contacts": [{"id": 1}]}}, "_embedded.contacts.0.id"),
    ],
)
async def test_what_kommo_refuses_names_the_item_and_the_field(
    world: httpx.AsyncClient, changes: dict[str, Any], path: str
) -> None:
    answer = await world.post(
        "/api/v4/leads/complex", json=[LEAD, LEAD | changes | {"request_id": "2"}], headers=KOMMO
    )

    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    [wrong] = answer.json()["validation-errors"]
    assert (wrong["request_id"], wrong["errors"][0]["code"], wrong["errors"][0]["path"]) == (
        "2",
        "NotSupportedChoice",
        path,
    )
    assert (await world.get("/api/v4/leads?query=Ana", headers=KOMMO)).status_code == 204, (
        "all or nothing"
    )


async def test_a_refusal_that_names_nothing(world: httpx.AsyncClient) -> None:
    bad = LEAD | {"_embedded": {"companies": [{"name": "!Demo"}]}}
    answer = await world.post("/api/v4/leads/complex", json=[LEAD, bad], headers=KOMMO)

    assert (answer.status_code, answer.json()["detail"]) == (400, "Request data is not valid")
    assert "validation-errors" not in answer.json()


async def test_over_fifty_leads_and_the_wrong_form(world: httpx.AsyncClient) -> None:
    many = await world.post("/api/v4/leads/complex", json=[LEAD] * 51, headers=KOMMO)
    bare = await world.post("/api/v4/leads/complex", json=LEAD, headers=KOMMO)

    assert (many.status_code, many.json()["detail"]) == (422, "Limit 50 per page")
    assert (bare.status_code, bare.json()["detail"]) == (400, "Request data can not be empty")


async def test_the_eighth_request_in_a_second_and_a_client_that_insists(
    world: httpx.AsyncClient,
) -> None:
    answers = [await world.get("/api/v4/account", headers=KOMMO) for _ in range(30)]
    statuses = [answer.status_code for answer in answers]

    assert statuses[:7] == [200] * 7
    assert statuses[7] == 429
    assert answers[7].json()["retry_after"] == 1
    assert "retry-after" not in answers[7].headers
    assert statuses[-1] == 403
    assert answers[-1].text == "403 Forbidden"


async def test_oauth_rotation(world: httpx.AsyncClient) -> None:
    def grant(token: str) -> dict[str, str]:
        return {
            "client_id": "c",
            "client_secret": "s",
            "grant_type": "refresh_token",
            "refresh_token": token,
        }

    first = (await world.post("/oauth2/access_token", json=grant("sandbox-refresh"))).json()
    repeated = await world.post("/oauth2/access_token", json=grant("sandbox-refresh"))
    assert first["expires_in"] == 86_400
    assert repeated.status_code == 200, "the first answer may have been lost"
    used = {"Authorization": f"Bearer {repeated.json()['access_token']}"}
    assert (await world.get("/api/v4/account", headers=used)).status_code == 200
    gone = await world.post("/oauth2/access_token", json=grant("sandbox-refresh"))
    assert (gone.status_code, gone.json()["hint"]) == (400, "Invalid refresh token")


async def a_lead(world: httpx.AsyncClient) -> int:
    [done] = (await world.post("/api/v4/leads/complex", json=[LEAD], headers=KOMMO)).json()
    return int(done["id"])


@pytest_asyncio.fixture
async def kommo(world: httpx.AsyncClient) -> KommoClient:
    """Our client, connected to the simulated Kommo."""

    async def token(_: bool) -> str:
        return "long-lived"

    client = KommoClient(base_url="http://simulator", token=token)
    client._http._transport = world._transport
    return client


async def statuses(kommo: KommoClient, *lead_ids: int) -> dict[int, int]:
    return {lead.lead_id: lead.status_id for lead in (await kommo.leads(lead_ids)).values()}


async def test_a_move_by_the_api_has_a_webhook_like_any_other(
    world: httpx.AsyncClient, kommo: KommoClient, wire: Wire
) -> None:
    lead_id = await a_lead(world)
    await kommo.move_leads([Move(lead_id, 2, 7000001)])
    await kommo.move_leads([Move(lead_id, 2, 7000001)])
    await until(lambda: len(wire.requests) == 1)
    [webhook] = wire.requests
    body = parse_qs(webhook.body.decode())

    assert await statuses(kommo, lead_id, 5) == {lead_id: 2}
    assert (webhook.path, webhook.headers["user-agent"]) == (
        "/webhooks/kommo/unguessable",
        "amoCRM-Webhooks/3.0",
    )
    assert read_changes(webhook.body) == [Change(lead_id, 2, 7000001, deleted=False)]
    assert body["leads[status][0][modified_user_id]"] == ["9000002"], "the token's user"
    assert body["leads[status][0][old_status_id]"] == ["1"]
    assert body["account[_links][self]"] == ["https://simulator.kommo.com"]


async def test_a_person_moves_a_lead_and_deletes_it(
    world: httpx.AsyncClient, kommo: KommoClient, wire: Wire
) -> None:
    lead_id = await a_lead(world)
    moved = await world.post(f"/simulator/kommo/{lead_id}/move", json={"status_id": 142})
    assert await statuses(kommo, lead_id) == {lead_id: 142}
    gone = await world.post(f"/simulator/kommo/{lead_id}/delete")

    assert (moved.status_code, gone.status_code) == (204, 204)
    assert [read_changes(webhook.body) for webhook in wire.requests] == [
        [Change(lead_id, 142, 7000001, deleted=False)],
        [Change(lead_id, 142, 7000001, deleted=True)],
    ]
    assert await statuses(kommo, lead_id) == {}
    assert (await world.post(f"/simulator/kommo/{lead_id}/delete")).status_code == 404


async def test_moves_that_kommo_refuses(
    world: httpx.AsyncClient, kommo: KommoClient, wire: Wire
) -> None:
    lead_id = await a_lead(world)

    for move, fault in ((Move(lead_id, 99, 7000001), "status_id"), (Move(5, 2, 7000001), "id")):
        with pytest.raises(KommoRefused) as caught:
            await kommo.move_leads([move])
        [error] = caught.value.items[str(move.lead_id)]
        assert (error.code, error.path) == ("NotSupportedChoice", fault)
    assert await statuses(kommo, lead_id) == {lead_id: 1}
    assert wire.requests == []


async def test_one_lead_is_changed_as_kommo_answers_it(world: httpx.AsyncClient) -> None:
    lead_id = await a_lead(world)
    body = (
        await world.patch(f"/api/v4/leads/{lead_id}", json={"status_id": 143}, headers=KOMMO)
    ).json()

    assert body.keys() == {"id", "updated_at", "_links"}
    assert (await world.get(f"/api/v4/leads/{lead_id}", headers=KOMMO)).json()["status_id"] == 143


# ---- Cal.com


async def test_the_calendar_by_its_routes(world: httpx.AsyncClient, wire: Wire) -> None:
    start = datetime.now(UTC) + timedelta(days=2)
    link = "https://h/cal/demo/reunion?name=Ana&email=ana%40example.com&metadata%5Blead_id%5D=77"
    wanted = {"link": link, "start": start.isoformat(), "minutes": 15}

    async def act(path: str, **body: Any) -> Any:
        answer = await world.post(f"/simulator/calcom/{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    uid = (await act("book", **wanted))["uid"]
    uid = (await act(f"{uid}/move", start=(start + timedelta(days=1)).isoformat()))["uid"]
    await act(f"{uid}/no_show")
    await act(f"{uid}/end")
    await act(f"{uid}/cancel", reason="No puedo")
    for answer in ("accept", "reject"):
        requested = (await act("book", **wanted, confirm=True))["uid"]
        await act(f"{requested}/{answer}")
    await act("ping")
    assert (await world.put("/simulator/calcom/webhooks", json={"silent": True})).status_code == 204
    await act("book", **wanted)

    triggers = [webhook.json["triggerEvent"] for webhook in wire.requests]
    assert [trigger.removeprefix("BOOKING_") for trigger in triggers] == [
        "CREATED",
        "RESCHEDULED",
        "NO_SHOW_UPDATED",
        "MEETING_ENDED",
        "CANCELLED",
        "REQUESTED",
        "CREATED",
        "REQUESTED",
        "REJECTED",
        "PING",
    ]
    assert all(
        signed_by_calcom(webhook.body, webhook.headers["x-cal-signature-256"], "secret")
        for webhook in wire.requests
    )
    assert {webhook.path for webhook in wire.requests} == {"/api/calcom"}
    assert len((await world.get("/simulator/calcom")).json()) == 5
    assert (await world.post("/simulator/calcom/nobody/end")).status_code == 404


# ---- faults


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [
        ({"kind": "status", "status": 503}, 503, False),
        ({"kind": "html"}, 200, False),
        ({"kind": "empty"}, 201, True),
        ({"kind": "cut"}, 201, True),
        ({"kind": "slow", "seconds": 0.01}, 201, True),
    ],
)
async def test_an_injected_fault_strikes_once(
    world: httpx.AsyncClient, fault: dict[str, Any], status: int, done: bool
) -> None:
    await world.post(
        "/simulator/faults", json={"provider": "twilio", "path": "/Calls.json"} | fault
    )
    answer = await world.post(CALLS, data=CALL, headers=TWILIO)

    assert answer.status_code == status
    assert len((await world.get("/simulator/calls")).json()) == done
    assert (await world.post(CALLS, data=CALL, headers=TWILIO)).status_code == 201
    [struck, _] = (await world.get("/simulator/requests", params={"provider": "twilio"})).json()
    assert struck["fault"] == fault["kind"]


@pytest.mark.parametrize("number", ["+528112345678", "+541123456789", "+5541987654321", "+573001"])
def test_whatsapp_writes_a_number_in_a_form_that_is_compared_as_the_same(number: str) -> None:
    assert canonical_phone(as_whatsapp_writes(number)) == canonical_phone(number)


def test_whatsapp_writes_some_numbers_differently() -> None:
    assert as_whatsapp_writes("+5541987654321") == "+554187654321"


# ---- Kommo's oddities


async def refused(world: httpx.AsyncClient, lead: dict[str, Any]) -> dict[str, str]:
    answer = await world.post("/api/v4/leads/complex", json=[lead], headers=KOMMO)
    assert answer.status_code == 400
    [wrong] = answer.json()["validation-errors"]
    return {error["path"]: error["code"] for error in wrong["errors"]}


@pytest.mark.parametrize(
    ("type_", "taken", "code"),
    [
        ("select", {"enum_id": 1}, "NotSupportedChoice"),
        ("multiselect", {"value": "LinkedIn"}, "NotSupportedChoice"),
        ("date", {"value": 1_770_739_512}, "InvalidType"),
        ("checkbox", {"value": True}, "InvalidType"),
        ("numeric", {"value": "12.5"}, "InvalidType"),
    ],
)
async def test_a_field_takes_only_its_type(
    world: httpx.AsyncClient, type_: str, taken: dict[str, Any], code: str
) -> None:
    enums = [{"id": 1, "value": "LinkedIn"}]
    await world.put("/simulator/kommo/fields/500101", json={"type": type_, "enums": enums})
    fields = [{"field_id": 500101, "values": [taken]}]
    good = await world.post(
        "/api/v4/leads/complex", json=[LEAD | {"custom_fields_values": fields}], headers=KOMMO
    )

    assert good.status_code == 200
    assert await refused(world, LEAD) == {"custom_fields_values.0.values.0.value": code}


async def test_incoming_leads_take_no_leads_by_the_api(
    world: httpx.AsyncClient, kommo: KommoClient
) -> None:
    stages = await kommo.stages(7000001)
    assert stages is not None
    assert [stage.takes_leads for stage in stages.values()] == [False, True, True, False, False]

    assert await refused(world, LEAD | {"status_id": 0}) == {"status_id": "NotSupportedChoice"}


async def test_a_deleted_contact_leaves_its_lead_without_one(
    world: httpx.AsyncClient, kommo: KommoClient
) -> None:
    lead_id = await a_lead(world)
    [found] = await kommo.find_contacts("8112345678")
    assert found.lead_ids == (lead_id,)
    await world.delete(f"/simulator/kommo/contacts/{found.contact_id}")

    assert (await kommo.leads([lead_id]))[lead_id].contact_id is None
    assert await kommo.contacts([found.contact_id]) == {}
    made = await kommo.add_contact({"name": "Ana"})
    await kommo.link_contact(lead_id, made)
    await kommo.change_contact(made, {"EMAIL": [{"value": "ana@example.com"}]})
    assert (await kommo.contacts([made]))[made].emails == ("ana@example.com",)
    assert (await kommo.leads([lead_id]))[lead_id].contact_id == made


async def test_a_duplicate_is_merged_where_the_account_says_so(
    world: httpx.AsyncClient, kommo: KommoClient
) -> None:
    [first] = await kommo.add_leads_with_contacts([LEAD])
    await world.put("/simulator/kommo/account", json={"merges_duplicates": True})
    [second] = await kommo.add_leads_with_contacts([LEAD])

    assert (first.merged, second.merged) == (False, True)
    assert second.lead_id == first.lead_id


@pytest.mark.parametrize(("by", "named"), [(0, ["0"]), (None, None), (9_000_001, ["9000001"])])
async def test_who_moved_a_lead(
    world: httpx.AsyncClient, wire: Wire, by: int | None, named: list[str] | None
) -> None:
    lead_id = await a_lead(world)
    await world.post(f"/simulator/kommo/{lead_id}/move", json={"status_id": 2, "by": by})
    body = parse_qs(wire.requests[0].body.decode())

    assert body.get("leads[status][0][modified_user_id]") == named


async def test_a_renamed_account_redirects(world: httpx.AsyncClient, kommo: KommoClient) -> None:
    await world.put("/simulator/kommo/account", json={"moved_to": "http://simulator"})

    assert await kommo.account() == "Simulator"
    assert kommo.moved_to == "http://simulator"
    with pytest.raises(CredentialsRejected, match="301"):
        await kommo.add_leads_with_contacts([LEAD])


async def test_a_contact_that_is_merged_into_another(
    world: httpx.AsyncClient, kommo: KommoClient
) -> None:
    lead_id = await a_lead(world)
    gone = (await kommo.leads([lead_id]))[lead_id].contact_id
    phone = {"field_code": "PHONE", "values": [{"value": "+528100000009"}]}
    body = {"name": "Ana", "custom_fields_values": [phone]}
    kept = (await world.post("/simulator/kommo/contacts", json=body)).json()["id"]
    [before] = (await kommo.contacts([gone or 0])).values()
    await world.post(f"/simulator/kommo/contacts/{kept}/merge/{gone}")
    [after] = (await kommo.contacts([kept])).values()

    assert (await kommo.leads([lead_id]))[lead_id].contact_id == kept
    assert after.phones == ("+528100000009", *before.phones)
    assert after.emails == before.emails
    assert await kommo.contacts([gone or 0]) == {}


async def test_an_access_token_that_was_replaced(
    world: httpx.AsyncClient, kommo: KommoClient
) -> None:
    await world.put("/simulator/kommo/access_token", json={"token": "newer"})

    with pytest.raises(CredentialsRejected):
        await kommo.account()
    newer = {"Authorization": "Bearer newer"}
    assert (await world.get("/api/v4/account", headers=newer)).status_code == 200


async def test_a_stage_that_was_renamed(world: httpx.AsyncClient) -> None:
    await world.put("/simulator/kommo/pipelines/1/stages/2?name=Nuevos")
    answer = await world.get("/api/v4/leads/pipelines/1", headers=KOMMO)
    stages = answer.json()["_embedded"]["statuses"]

    assert "Nuevos" in [stage["name"] for stage in stages if stage["id"] == 2]


async def test_an_integration_that_is_uninstalled_and_authorised_again(
    world: httpx.AsyncClient,
) -> None:
    def grant(token: str) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": token}

    await world.post("/simulator/kommo/tokens/revoke")
    dead = await world.post("/oauth2/access_token", json=grant("sandbox-refresh"))
    await world.post("/simulator/kommo/tokens/new")
    good = await world.post("/oauth2/access_token", json=grant("new"))

    assert (dead.status_code, good.status_code) == (400, 200)


BESIDE = {"MachineDetection": "DetectMessageEnd", "AsyncAmd": "true"}
VOICEMAIL = "<Response><Say>Te marco luego</Say><Hangup/></Response>"


async def begin_beside(world: httpx.AsyncClient, wire: Wire, number: str) -> str:
    """Has a number called with machine detection beside the text. Returns the call's SID."""
    text = f"<Response>{'<Say>Hola</Say>' * 200}</Response>"  # each takes a moment
    wire.answers(200, text.encode(), {"Content-Type": "text/xml"})
    hooks = {
        "Url": f"{wire.url}/voice",
        "AsyncAmdStatusCallback": f"{wire.url}/verdict",
        "StatusCallback": f"{wire.url}/status",
    }
    answer = await world.post(CALLS, data=CALL | {"To": number} | hooks | BESIDE, headers=TWILIO)
    return str(answer.json()["sid"])


def posted(wire: Wire, path: str) -> dict[str, str] | None:
    found = [request for request in wire.requests if request.path == path]
    return dict(parse_qsl(found[0].body.decode())) if found else None


async def test_detection_beside_the_text_tells_us_while_the_text_is_read_out(
    world: httpx.AsyncClient, wire: Wire
) -> None:
    sid = await begin_beside(world, wire, "+525512340000")
    await until(lambda: posted(wire, "/status") is not None)
    voice, verdict, end = (posted(wire, path) for path in ("/voice", "/verdict", "/status"))

    assert voice is not None
    assert "AnsweredBy" not in voice
    assert verdict is not None
    assert (verdict["CallSid"], verdict["AnsweredBy"]) == (sid, "human")
    assert end is not None
    assert "AnsweredBy" not in end
    kept = (await world.get(CALLS.replace(".json", f"/{sid}.json"), headers=TWILIO)).json()
    assert kept["answered_by"] == "human"


async def test_a_call_is_turned_while_it_goes_on(world: httpx.AsyncClient, wire: Wire) -> None:
    sid = await begin_beside(world, wire, "+525512340040")
    await until(lambda: posted(wire, "/verdict") is not None)
    url = CALLS.replace(".json", f"/{sid}.json")
    turned = await world.post(url, data={"Twiml": VOICEMAIL}, headers=TWILIO)
    await until(lambda: posted(wire, "/status") is not None)
    late = await world.post(url, data={"Twiml": VOICEMAIL}, headers=TWILIO)
    [call] = (await world.get("/simulator/calls", params={"to": "+525512340040"})).json()

    assert turned.status_code == 200
    assert call["transcript"] == ["Te marco luego"]
    assert (late.status_code, late.json()["code"]) == (400, 21220)


async def test_who_hangs_up_before_the_verdict_gets_none(
    world: httpx.AsyncClient, wire: Wire
) -> None:
    await begin_beside(world, wire, "+525512340060")
    await until(lambda: posted(wire, "/status") is not None)

    assert posted(wire, "/verdict") is None


@pytest.mark.parametrize(
    ("sid", "twiml", "code"), [("CA0", VOICEMAIL, 20404), (None, "<Response>", 12100)]
)
async def test_a_turn_that_cannot_be_made(
    world: httpx.AsyncClient, wire: Wire, sid: str | None, twiml: str, code: int
) -> None:
    begun = await begin_beside(world, wire, "+525512340000")
    await until(lambda: posted(wire, "/voice") is not None)
    url = CALLS.replace(".json", f"/{sid or begun}.json")
    answer = await world.post(url, data={"Twiml": twiml}, headers=TWILIO)

    assert answer.json()["code"] == code
