"""Twilio's client and webhooks against recorded payloads, and its simulator against the same."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from contracts.events.call import Unanswered
from contracts.events.touch import Channel, FailureKind
from domain.addresses import canonical
from domain.receipts import Accepted, Arrived, Ended, Receipt, Undeliverable, Unheard, Verdict
from domain.replies import Media, MediaKind
from kit.errors import Unavailable
from providers.errors import OutcomeUnknown, RefusedTouch
from providers.twilio.client import Account, TwilioClient, moved
from providers.twilio.errors import fails_alike, kind_of
from providers.twilio.models import Bill, CallEvent, Detection
from providers.twilio.webhooks import (
    read_call_minutes,
    read_call_status,
    read_detection,
    read_inbound,
    read_message_status,
    read_verdict,
    signed_by_twilio,
)
from tests.wire import Wire

ACCOUNT = "AC" + "0" * 32
SERVICE = "MG" + "0" * 32
CALL: dict[str, Any] = {
    "sid": "CA" + "1" * 32,
    "date_created": "Tue, 31 Aug 2010 20:36:28 +0000",
    "date_updated": None,
    "status": "queued",
    "account_sid": ACCOUNT,
    "to": "+525512345678",
    "from": "+525500000000",
    "answered_by": None,
    "queue_time": "0",
    "parent_call_sid": None,
    "start_time": None,
    "end_time": None,
    "duration": None,
    "price": None,
    "price_unit": "USD",
    "direction": "outbound-api",
    "api_version": "2010-04-01",
    "uri": "/x.json",
    "subresource_uris": {},
}
MESSAGE: dict[str, Any] = {
    "sid": "SM" + "1" * 32,
    "date_created": "Tue, 31 Aug 2010 20:36:28 +0000",
    "date_sent": None,
    "date_updated": None,
    "status": "queued",
    "to": "whatsapp:+525512345678",
    "from": "whatsapp:+14155238886",
    "body": "",
    "error_code": None,
    "account_sid": ACCOUNT,
    "num_media": "0",
    "num_segments": "1",
    "direction": "outbound-api",
    "price": None,
    "messaging_service_sid": None,
    "uri": "/x.json",
    "subresource_uris": {},
}


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        yield wire


@pytest_asyncio.fixture
async def client(wire: Wire) -> AsyncIterator[TwilioClient]:
    client = TwilioClient(account_sid=ACCOUNT, auth_token="token", base_url=wire.url, timeout=0.5)
    yield client
    await client.close()


async def call(client: TwilioClient, detection: Detection = Detection.SYNC) -> str:
    return await client.place_call(
        to="+525512345678",
        from_="+525500000000",
        answer_url="https://h/voice?touch=1",
        verdict_url="https://h/verdict?touch=1",
        status_url="https://h/call?touch=1",
        detection=detection,
    )


async def test_detection_beside_the_text_tells_us_at_an_address_of_its_own(
    client: TwilioClient, wire: Wire
) -> None:
    wire.answers(201, CALL)
    await call(client, Detection.ASYNC)
    form = parse_qs(wire.requests[0].body.decode())

    assert form["MachineDetection"] == ["DetectMessageEnd"]
    assert form["AsyncAmd"] == ["true"]
    assert form["AsyncAmdStatusCallback"] == ["https://h/verdict?touch=1#rc=3&rp=all"]


async def test_no_detection_asks_for_none(client: TwilioClient, wire: Wire) -> None:
    wire.answers(201, CALL)
    await call(client, Detection.OFF)
    form = parse_qs(wire.requests[0].body.decode())

    assert not {"MachineDetection", "AsyncAmd", "AsyncAmdStatusCallback"} & set(form)


async def test_a_call_is_turned(client: TwilioClient, wire: Wire) -> None:
    wire.answers(200, CALL)

    assert await client.turn_call("CA1", "<Response><Hangup/></Response>")
    [request] = wire.requests
    assert request.path == f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA1.json"
    assert parse_qs(request.body.decode()) == {"Twiml": ["<Response><Hangup/></Response>"]}


@pytest.mark.parametrize(("status", "code"), [(400, 21220), (404, 20404)])
async def test_a_call_that_has_ended_is_not_turned(
    client: TwilioClient, wire: Wire, status: int, code: int
) -> None:
    wire.answers(status, {"code": code, "message": "ended", "status": status})

    assert not await client.turn_call("CA1", "<Response/>")


@pytest.mark.parametrize(("status", "code"), [(400, 12100), (500, 20500), (503, 20503)])
async def test_what_keeps_a_call_from_being_turned_is_told(
    client: TwilioClient, wire: Wire, status: int, code: int
) -> None:
    wire.answers(status, {"code": code, "message": "no", "status": status})

    with pytest.raises(Unavailable):
        await client.turn_call("CA1", "<Response/>")


async def test_a_call_on_the_wire(client: TwilioClient, wire: Wire) -> None:
    wire.answers(201, CALL)

    assert await call(client) == CALL["sid"]
    [request] = wire.requests
    assert (request.method, request.path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json")
    assert (
        request.headers["authorization"]
        == "Basic " + base64.b64encode(f"{ACCOUNT}:token".encode()).decode()
    )
    assert parse_qs(request.body.decode()) == {
        "To": ["+525512345678"],
        "From": ["+525500000000"],
        "Url": ["https://h/voice?touch=1#rc=3&rp=all"],
        "MachineDetection": ["DetectMessageEnd"],
        "Timeout": ["25"],
        "StatusCallback": ["https://h/call?touch=1#rc=3&rp=all"],
        "StatusCallbackEvent": ["completed"],
    }


async def test_a_template_on_the_wire(client: TwilioClient, wire: Wire) -> None:
    wire.answers(201, MESSAGE)
    await client.send_message(
        to="whatsapp:+525512345678",
        from_="whatsapp:+14155238886",
        status_url="https://h/message?touch=1",
        content_sid="HX" + "1" * 32,
        variables={"1": "Ana", "2": "https://cal.com/x"},
    )

    sent = parse_qs(wire.requests[0].body.decode())
    assert sent["ContentSid"] == ["HX" + "1" * 32]
    assert json.loads(sent["ContentVariables"][0]) == {"1": "Ana", "2": "https://cal.com/x"}
    assert "Body" not in sent


async def test_a_messaging_service_is_the_sender(client: TwilioClient, wire: Wire) -> None:
    wire.answers(201, MESSAGE | {"from": None, "messaging_service_sid": SERVICE})
    await client.send_message(
        to="+525512345678", from_=SERVICE, status_url="https://h/message?touch=1", body="Hola"
    )

    sent = parse_qs(wire.requests[0].body.decode())
    assert sent["MessagingServiceSid"] == [SERVICE]
    assert "From" not in sent
    listed = [MESSAGE | {"from": None, "messaging_service_sid": SERVICE}]
    wire.answers(200, {"messages": listed, "next_page_uri": None})
    assert [placed.service for placed in await client.messages_to("+525512345678")] == [SERVICE]


async def test_the_senders_of_a_messaging_service(client: TwilioClient, wire: Wire) -> None:
    def page(key: str, *items: dict[str, str]) -> dict[str, Any]:
        return {key: list(items), "meta": {"key": key, "next_page_url": None}}

    wire.then(200, {"sid": SERVICE})
    wire.then(200, page("phone_numbers", {"phone_number": "+525500000000"}))
    wire.then(200, page("short_codes", {"short_code": "12345"}))
    wire.then(200, page("alpha_senders", {"alpha_sender": "Demo"}))
    wire.then(200, page("senders", {"sender": "whatsapp:+14155238886"}))

    assert await client.senders_of(SERVICE) == [
        "+525500000000",
        "12345",
        "Demo",
        "whatsapp:+14155238886",
    ]
    wire.answers(404, {"code": 20404, "message": "not found", "status": 404})
    assert await client.senders_of(SERVICE) is None


@pytest.mark.parametrize(
    ("sid", "found", "bill"),
    [
        ("CA1", CALL | {"duration": "61", "price": "-0.02600"}, Bill(2, 0.026)),
        ("CA1", CALL | {"duration": "60", "price": None}, Bill(1, None)),
        ("CA1", CALL | {"duration": "0", "price": None}, Bill(0, None)),
        ("CA1", CALL | {"duration": None}, Bill(None, None)),
        ("SM1", MESSAGE | {"num_segments": "3", "price": "-0.12750"}, Bill(3, 0.1275)),
        ("SM1", MESSAGE | {"num_segments": "0"}, Bill(None, None)),
    ],
)
async def test_a_bill(
    client: TwilioClient, wire: Wire, sid: str, found: dict[str, Any], bill: Bill
) -> None:
    wire.answers(200, found)

    assert await client.bill_of(sid) == bill
    kind = "Calls" if sid == "CA1" else "Messages"
    assert wire.requests[-1].path.endswith(f"/{kind}/{sid}.json")


async def test_there_is_no_bill_of_what_twilio_has_deleted(
    client: TwilioClient, wire: Wire
) -> None:
    wire.answers(404, {"code": 20404, "message": "not found", "status": 404})
    assert await client.bill_of("CA1") is None
    wire.answers(503, {"code": 20503, "message": "unavailable", "status": 503})
    with pytest.raises(Unavailable):
        await client.bill_of("CA1")


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [("0", 0), ("1", 1), ("60", 1), ("61", 2), ("3600", 60), ("", None), ("x", None)],
)
def test_a_minute_that_has_begun_is_charged(seconds: str, minutes: int | None) -> None:
    assert read_call_minutes({"CallDuration": seconds}) == minutes


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        pytest.param(
            400, {"code": 21211, "message": "x", "status": 400}, RefusedTouch, id="no such number"
        ),
        pytest.param(
            400,
            {"code": 99999, "message": "x", "status": 400},
            RefusedTouch,
            id="a code nobody knows",
        ),
        pytest.param(400, b"Bad Request", RefusedTouch, id="a refusal without a code"),
        pytest.param(
            401, {"code": 20003, "message": "x", "status": 401}, Unavailable, id="our key"
        ),
        pytest.param(
            429, {"code": 20429, "message": "x", "status": 429}, Unavailable, id="too many"
        ),
        pytest.param(
            500, {"code": 20500, "message": "x", "status": 500}, OutcomeUnknown, id="a server error"
        ),
        pytest.param(503, b"<html>down</html>", OutcomeUnknown, id="a page"),
        pytest.param(201, b"", OutcomeUnknown, id="an empty success"),
        pytest.param(201, {}, OutcomeUnknown, id="a success without a sid"),
        pytest.param(201, b"null", OutcomeUnknown, id="null"),
        pytest.param(201, b'{"sid": "CA', OutcomeUnknown, id="half a success"),
        pytest.param(200, b"<html></html>", OutcomeUnknown, id="a page with 200"),
        pytest.param(302, b"", OutcomeUnknown, id="a redirect"),
    ],
)
async def test_what_an_answer_means(
    client: TwilioClient, wire: Wire, status: int, body: Any, failure: type[Exception]
) -> None:
    wire.answers(status, body)

    with pytest.raises(failure):
        await call(client)
    assert len(wire.requests) == 1, "the SDK must not try again by itself"


async def test_an_answer_that_never_comes(client: TwilioClient, wire: Wire) -> None:
    wire.hangs()

    with pytest.raises(OutcomeUnknown):
        await call(client)


async def test_a_connection_that_breaks_after_the_request(client: TwilioClient, wire: Wire) -> None:
    wire.breaks()

    with pytest.raises(OutcomeUnknown):
        await call(client)


async def test_a_connection_that_is_never_made() -> None:
    client = TwilioClient(
        account_sid=ACCOUNT, auth_token="token", base_url="http://127.0.0.1:1", timeout=0.5
    )

    with pytest.raises(Unavailable):
        await call(client)
    await client.close()


async def test_429_is_waited_out_as_long_as_it_asks(client: TwilioClient, wire: Wire) -> None:
    wire.answers(429, {"code": 20429}, {"Retry-After": "7"})

    with pytest.raises(Unavailable) as caught:
        await call(client)
    assert caught.value.retry_after == 7


async def test_finding_a_call_by_its_number(client: TwilioClient, wire: Wire) -> None:
    wire.answers(
        200,
        {"calls": [CALL | {"status": "completed", "answered_by": "human"}], "next_page_uri": None},
    )
    [found] = await client.calls_to("+525512345678")

    assert wire.requests[0].query["To"] == "+525512345678"
    assert (found.sid, found.from_, found.answered_by) == (CALL["sid"], "+525500000000", "human")
    assert found.created_at.isoformat() == "2010-08-31T20:36:28+00:00"


async def test_the_requests_of_a_call(client: TwilioClient, wire: Wire) -> None:
    pressed = {
        "request": {
            "method": "POST",
            "url": "https://h/key",
            "parameters": {"digits": "1", "to": "+52"},
        }
    }
    events = [
        {
            "request": {"method": "POST", "url": "https://h/voice", "parameters": {}},
            "response": {"response_code": 200},
        },
        pressed | {"response": {"response_code": "502"}},
        pressed | {"response": None},
        {"request": None, "response": None},
    ]
    wire.answers(200, {"events": events, "next_page_uri": None})

    assert await client.call_events("CA1") == [
        CallEvent("https://h/voice", "", 200),
        CallEvent("https://h/key", "1", 502),
        CallEvent("https://h/key", "1", None),
        CallEvent("", "", None),
    ]
    assert wire.requests[0].path == f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA1/Events.json"


async def test_finding_a_message_by_its_number(client: TwilioClient, wire: Wire) -> None:
    failed = MESSAGE | {"status": "undelivered", "error_code": 63024}
    wire.answers(200, {"messages": [failed], "next_page_uri": None})
    [found] = await client.messages_to("whatsapp:+525512345678")

    assert (found.from_, found.status, found.error_code) == (
        "whatsapp:+14155238886",
        "undelivered",
        63024,
    )


@pytest.mark.parametrize(
    ("params", "receipt"),
    [
        ("CallSid=CA1&CallStatus=initiated&SequenceNumber=0", Accepted("CA1")),
        (
            "CallSid=CA1&CallStatus=busy&SequenceNumber=2&Duration=0&SipResponseCode=486",
            Unheard("CA1", Unanswered.BUSY),
        ),
        (
            "CallSid=CA1&CallStatus=no-answer&SipResponseCode=487",
            Unheard("CA1", Unanswered.NO_ANSWER),
        ),
        ("CallSid=CA1&CallStatus=failed&SipResponseCode=404", Unheard("CA1", Unanswered.FAILED)),
        (
            "CallSid=CA1&CallStatus=completed&CallDuration=49&AnsweredBy=human",
            Ended("CA1", 49, by_person=True),
        ),
        (
            "CallSid=CA1&CallStatus=completed&CallDuration=&AnsweredBy=human",
            Ended("CA1", None, by_person=True),
        ),
        (
            "CallSid=CA1&CallStatus=completed&AnsweredBy=machine_end_beep",
            Unheard("CA1", Unanswered.VOICEMAIL),
        ),
        (
            "CallSid=CA1&CallStatus=completed&AnsweredBy=machine_end_silence",
            Unheard("CA1", Unanswered.VOICEMAIL),
        ),
        ("CallSid=CA1&CallStatus=completed&AnsweredBy=fax", Unheard("CA1", Unanswered.FAX)),
        (
            "CallSid=CA1&CallStatus=completed&CallDuration=9&AnsweredBy=unknown",
            Ended("CA1", 9, by_person=False),
        ),
        ("CallSid=CA1&CallStatus=completed", Ended("CA1", None, by_person=None)),
        ("CallSid=CA1&CallStatus=completed&CallDuration=3", Ended("CA1", 3, by_person=None)),
        ("CallSid=CA1&CallStatus=something-new", None),
        ("", None),
    ],
)
def test_what_a_calls_callback_means(params: str, receipt: Receipt | None) -> None:
    assert (
        read_call_status({name: values[0] for name, values in parse_qs(params).items()}) == receipt
    )


@pytest.mark.parametrize(
    ("answered_by", "receipt"),
    [
        ("human", Accepted("CA1")),  # nobody has heard anything yet
        ("unknown", Accepted("CA1")),
        ("", Accepted("CA1")),
        ("machine_end_beep", Unheard("CA1", Unanswered.VOICEMAIL)),
        ("fax", Unheard("CA1", Unanswered.FAX)),
    ],
)
def test_a_verdict_of_machine_detection(answered_by: str, receipt: Receipt) -> None:
    assert read_verdict({"CallSid": "CA1", "AnsweredBy": answered_by}) == receipt


@pytest.mark.parametrize(
    ("answered_by", "milliseconds", "verdict"),
    [
        ("human", "2400", Verdict(True, 2.4)),
        ("unknown", "30000", Verdict(False, 30.0)),
        ("", "", Verdict()),
        ("", "-1", Verdict()),
    ],
)
def test_what_machine_detection_said_and_how_long_it_took(
    answered_by: str, milliseconds: str, verdict: Verdict
) -> None:
    params = {"AnsweredBy": answered_by, "MachineDetectionDuration": milliseconds}
    assert read_detection(params) == verdict


# code, kind, and whether every touch of the channel fails alike
MEANINGS = [
    # the account, the sender, the Messaging Service, the template
    (10001, FailureKind.MISCONFIGURED, True),  # the account is not active
    (10002, FailureKind.MISCONFIGURED, True),  # not for a trial account
    (20003, FailureKind.MISCONFIGURED, True),  # the key
    (20010, FailureKind.MISCONFIGURED, True),  # disabled for the account
    (20404, FailureKind.MISCONFIGURED, True),  # the Messaging Service is not there
    (21601, FailureKind.MISCONFIGURED, True),  # the sender takes no messages
    (21606, FailureKind.MISCONFIGURED, True),  # the sender cannot be used
    (21703, FailureKind.MISCONFIGURED, True),  # the Messaging Service has no sender for this
    (21704, FailureKind.MISCONFIGURED, True),  # the Messaging Service has no number
    (21705, FailureKind.MISCONFIGURED, True),  # no Messaging Service
    (30002, FailureKind.MISCONFIGURED, True),  # the account is suspended, by a receipt
    (30032, FailureKind.MISCONFIGURED, True),  # the toll-free number is not verified
    (30033, FailureKind.MISCONFIGURED, True),  # the campaign is suspended
    (30034, FailureKind.MISCONFIGURED, True),  # the number is not registered in the USA
    (30035, FailureKind.MISCONFIGURED, True),  # its registration is pending
    (30037, FailureKind.MISCONFIGURED, True),  # messaging is disabled
    (30454, FailureKind.MISCONFIGURED, True),  # the account's limit
    (63007, FailureKind.MISCONFIGURED, True),  # the sender is not enabled
    (63022, FailureKind.MISCONFIGURED, True),  # the sender's certificate
    (63038, FailureKind.MISCONFIGURED, True),  # the account's daily limit
    (63040, FailureKind.MISCONFIGURED, True),  # the template was rejected
    (63041, FailureKind.MISCONFIGURED, True),  # the template is paused
    (63112, FailureKind.MISCONFIGURED, True),  # Meta has disabled the business account
    # ours, for this destination or this one request
    (20001, FailureKind.MISCONFIGURED, False),
    (20422, FailureKind.MISCONFIGURED, False),
    (21215, FailureKind.MISCONFIGURED, False),  # a country that the account may not call
    (21608, FailureKind.MISCONFIGURED, False),  # a trial account's unverified number
    (572005, FailureKind.MISCONFIGURED, False),
    (30024, FailureKind.MISCONFIGURED, False),  # a carrier that does not know the sender
    (30040, FailureKind.MISCONFIGURED, False),
    (30041, FailureKind.MISCONFIGURED, False),  # a country where the sender is not registered
    (63005, FailureKind.MISCONFIGURED, False),  # this content
    # the person
    (21211, FailureKind.BAD_ADDRESS, False),
    (21268, FailureKind.BAD_ADDRESS, False),
    (21610, FailureKind.OPTED_OUT, False),
    (63014, FailureKind.OPTED_OUT, False),
    (63050, FailureKind.OPTED_OUT, False),  # no marketing messages of this business
    # cannot be reached on this channel now
    (21614, FailureKind.UNREACHABLE, False),
    (30003, FailureKind.UNREACHABLE, False),
    (30007, FailureKind.UNREACHABLE, False),
    (30036, FailureKind.UNREACHABLE, False),
    (63003, FailureKind.UNREACHABLE, False),
    (63016, FailureKind.UNREACHABLE, False),
    (63018, FailureKind.UNREACHABLE, False),
    (63024, FailureKind.UNREACHABLE, False),
    (63032, FailureKind.UNREACHABLE, False),
    (63049, FailureKind.UNREACHABLE, False),
    (99999, FailureKind.UNREACHABLE, False),
    (21000, FailureKind.UNREACHABLE, False),
    (None, FailureKind.UNREACHABLE, False),
]


@pytest.mark.parametrize(("code", "kind", "alike"), MEANINGS)
def test_whom_a_code_blames(code: int | None, kind: FailureKind, alike: bool) -> None:
    assert (kind_of(code), fails_alike(code)) == (kind, alike)


@pytest.mark.parametrize("code", ["30002", "30034", "21704"])
def test_a_receipt_that_blames_our_account(code: str) -> None:
    receipt = read_message_status(
        {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": code}
    )

    assert isinstance(receipt, Undeliverable)
    assert (receipt.kind, receipt.alike) == (FailureKind.MISCONFIGURED, True)


@pytest.mark.parametrize(
    ("status", "code", "receipt"),
    [
        ("queued", "", Accepted("SM1")),
        ("sent", "", Accepted("SM1")),
        ("delivered", "", Arrived("SM1")),
        ("read", "", Arrived("SM1")),
        ("undelivered", "63024", FailureKind.UNREACHABLE),
        ("undelivered", "63016", FailureKind.UNREACHABLE),
        ("failed", "63049", FailureKind.UNREACHABLE),
        ("failed", "63041", FailureKind.MISCONFIGURED),
        ("undelivered", "63014", FailureKind.OPTED_OUT),
        ("failed", "21610", FailureKind.OPTED_OUT),
        ("undelivered", "30005", FailureKind.UNREACHABLE),
        ("failed", "21211", FailureKind.BAD_ADDRESS),
        ("failed", "", FailureKind.UNREACHABLE),
        ("failed", "12345678", FailureKind.UNREACHABLE),
        ("brand-new", "", None),
    ],
)
def test_what_a_messages_callback_means(
    status: str, code: str, receipt: Receipt | FailureKind | None
) -> None:
    params = {"MessageSid": "SM1", "MessageStatus": status} | ({"ErrorCode": code} if code else {})
    read = read_message_status(params)

    assert (read.kind if isinstance(read, Undeliverable) else read) == receipt


def test_an_inbound_whatsapp_still_comes_from_521() -> None:
    inbound = read_inbound(
        {
            "MessageSid": "SM1",
            "From": "whatsapp:+5215512345678",
            "Body": "Hola",
            "WaId": "5215512345678",
        }
    )

    assert (inbound.channel, inbound.text) == (Channel.WHATSAPP, "Hola")
    assert canonical(inbound.address or "") == "+525512345678"


def test_the_first_message_after_an_ad_names_it() -> None:
    inbound = read_inbound(
        {
            "MessageSid": "SM1",
            "From": "whatsapp:+5218112345678",
            "WaId": "5218112345678",
            "ProfileName": "Ana T.",
            "Body": "",
            "ReferralCtwaClid": "clid-1",
            "ReferralSourceId": "120210000000000001",
            "ReferralSourceType": "ad",
            "ReferralSourceUrl": "https://fb.me/x",
            "ReferralHeadline": "Agenda\u0000 hoy",
            "ReferralBody": "a" * 600,
            "ReferralNumMedia": "0",
        }
    )

    assert (inbound.name, inbound.text) == ("Ana T.", "")
    assert inbound.attribution == {
        "ctwa_clid": "clid-1",
        "ad_id": "120210000000000001",
        "referral_type": "ad",
        "referral_url": "https://fb.me/x",
        "referral_headline": "Agenda\ufffd hoy",
        "referral_text": "a" * 500,
    }


def test_a_person_who_hides_the_number_is_known_by_what_they_answer() -> None:
    inbound = read_inbound(
        {
            "MessageSid": "SM1",
            "From": "whatsapp:MX.13491208655302741918",
            "WaId": "",
            "ExternalUserId": "whatsapp:MX.13491208655302741918",
            "OriginalRepliedMessageSid": "SM0",
            "Body": "BAJA",
        }
    )

    assert (inbound.address, inbound.sender) == (None, "MX.13491208655302741918")
    assert inbound.answers == "SM0"


@pytest.mark.parametrize(
    ("params", "kinds"),
    [
        ({"NumMedia": "0"}, []),
        ({"NumMedia": "1", "MediaContentType0": "audio/ogg; codecs=opus"}, [MediaKind.VOICE]),
        ({"NumMedia": "1", "MediaContentType0": "image/jpeg"}, [MediaKind.PICTURE]),
        ({"NumMedia": "1", "MediaContentType0": "application/pdf"}, [MediaKind.DOCUMENT]),
        ({"NumMedia": "1", "MessageType": "sticker"}, [MediaKind.STICKER]),
        ({"NumMedia": "1", "MediaContentType0": "text/vcard"}, [MediaKind.CONTACT]),
        ({"NumMedia": "1", "MediaContentType0": "model/obj"}, [MediaKind.OTHER]),
        ({"NumMedia": "0", "MessageType": "location"}, [MediaKind.LOCATION]),
        ({"NumMedia": "0", "Latitude": "25.6", "Longitude": "-100.3"}, [MediaKind.LOCATION]),
        ({"NumMedia": "many"}, []),
    ],
)
def test_what_was_sent_besides_text(params: dict[str, str], kinds: list[MediaKind]) -> None:
    inbound = read_inbound({"MessageSid": "SM1", "From": "+525512345678", **params})

    assert [media.kind for media in inbound.media] == kinds


def test_a_file_has_its_link() -> None:
    sent = {"NumMedia": "1", "MediaContentType0": "audio/ogg", "MediaUrl0": "https://m.mx/1"}

    assert read_inbound({"From": "+5255", **sent}).media == (
        Media(MediaKind.VOICE, "https://m.mx/1"),
    )


def test_a_tapped_button_speaks_for_the_person() -> None:
    inbound = read_inbound(
        {"MessageSid": "SM1", "From": "+525512345678", "Body": "", "ButtonText": "BAJA"}
    )

    assert (inbound.channel, inbound.text) == (Channel.SMS, "BAJA")


FIVE = {
    "CallSid": "CA1234567890ABCDE",  # pragma: allowlist secret
    "Caller": "+14158675309",
    "From": "+14158675309",
    "Digits": "1234",
    "To": "+18005551212",
}


@pytest.mark.parametrize(
    ("url", "params", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", FIVE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            "https://example.com/myapp.php?foo=1&bar=2",
            FIVE | {"Caller": "+14158675310", "From": "+14158675310"},
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        ),
        (
            "https://h.mx/tw/inbound",
            {
                "Body": "¿Qué precio?",
                "From": "whatsapp:+5215512345678",
                "MediaUrl0": "",
                "To": "whatsapp:+525500000000",
            },
            "vMeltLJEUdeRovqlYlIfoIDB3hk=",
        ),
    ],
)
def test_signatures(url: str, params: dict[str, str], signature: str) -> None:
    assert signed_by_twilio(url=url, params=params, signature=signature, auth_token="12345")
    assert not signed_by_twilio(url=url, params=params, signature=signature, auth_token="54321")
    assert not signed_by_twilio(
        url=url + "x", params=params, signature=signature, auth_token="12345"
    )
    assert not signed_by_twilio(
        url=url, params=params | {"To": "+1"}, signature=signature, auth_token="12345"
    )
    assert not signed_by_twilio(url=url, params=params, signature=None, auth_token="12345")
    assert not signed_by_twilio(url=url, params=params, signature="", auth_token="12345")


# ---- reads


@pytest.mark.parametrize(
    ("base", "url", "address"),
    [
        ("https://api.twilio.com", "https://api.twilio.com/x?a=1", "https://api.twilio.com/x?a=1"),
        (
            "https://api.twilio.com",
            "https://content.twilio.com/v1/x",
            "https://content.twilio.com/v1/x",
        ),
        ("http://simulator:8000", "https://api.twilio.com/x", "http://simulator:8000/x"),
        ("http://simulator:8000", "https://content.twilio.com/v1/x", "http://simulator:8000/v1/x"),
    ],
)
def test_a_simulator_replaces_every_host_and_twilio_keeps_its_own(
    base: str, url: str, address: str
) -> None:
    assert moved(url, urlsplit(base)) == address


async def test_the_account_and_what_it_has(client: TwilioClient, wire: Wire) -> None:
    wire.answers(200, {"sid": ACCOUNT, "status": "suspended", "type": "Trial"})
    assert await client.account() == Account("suspended", trial=True)
    assert wire.requests[-1].path == f"/2010-04-01/Accounts/{ACCOUNT}.json"

    number = {
        "sid": "PN1",
        "phone_number": "+525500000000",
        "capabilities": {"voice": True, "sms": False},
    }
    wire.answers(200, {"incoming_phone_numbers": [number], "next_page_uri": None})
    assert await client.abilities_of("+525500000000") == frozenset({"voice"})
    assert wire.requests[-1].query["PhoneNumber"] == "+525500000000"
    wire.answers(200, {"incoming_phone_numbers": [], "next_page_uri": None})
    assert await client.abilities_of("+525500000009") is None

    wire.answers(200, {"outgoing_caller_ids": [{"sid": "PN2", "phone_number": "+525511112222"}]})
    assert await client.is_verified("+525511112222")
    wire.answers(200, {"outgoing_caller_ids": []})
    assert not await client.is_verified("+525511112222")


async def test_a_whatsapp_sender_and_a_template(client: TwilioClient, wire: Wire) -> None:
    senders = [{"sid": "XE1", "sender_id": "whatsapp:+14155238886", "status": "OFFLINE"}]
    wire.answers(200, {"senders": senders, "meta": {"key": "senders", "next_page_url": None}})
    assert await client.whatsapp_status("+14155238886") == "OFFLINE"
    assert await client.whatsapp_status("+14155238887") is None
    assert wire.requests[-1].path == "/v2/Channels/Senders"

    wire.answers(200, {"sid": "HX1", "whatsapp": {"status": "rejected", "rejection_reason": "x"}})
    assert await client.approval_of("HX1") == "rejected"
    assert wire.requests[-1].path == "/v1/Content/HX1/ApprovalRequests"
    wire.answers(200, {"sid": "HX1"})
    assert await client.approval_of("HX1") == "unsubmitted"
    wire.answers(404, {"code": 20404, "message": "not found", "status": 404})
    assert await client.approval_of("HX1") is None
    wire.answers(503, {"code": 20503, "message": "unavailable", "status": 503})
    with pytest.raises(Unavailable):
        await client.approval_of("HX1")

    wire.answers(200, {"sid": "HX1", "types": {"twilio/text": {"body": "Hola, {{1}}"}}})
    assert await client.body_of("HX1") == "Hola, {{1}}"
    assert wire.requests[-1].path == "/v1/Content/HX1"
    wire.answers(200, {"sid": "HX1", "types": {"twilio/location": {"label": "Oficina"}}})
    assert await client.body_of("HX1") is None
