"""Brevo's client and webhooks against recorded payloads."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from contracts.events.touch import Channel, FailureKind
from domain.receipts import Accepted, Arrived, Undeliverable
from domain.replies import MediaKind
from kit.errors import Unavailable
from providers.brevo.client import AlreadySent, Attachment, BrevoClient, Mail
from providers.brevo.errors import Fault, fault_of
from providers.brevo.inbound import read_inbound_mails
from providers.brevo.webhooks import authentic, read_events
from providers.errors import CredentialsRejected, OutcomeUnknown, RefusedTouch
from tests.wire import Wire

KEY = "11111111-1111-4111-8111-111111111111"
MAIL = Mail(
    KEY, "ana@example.com", "Ana Torres", "Hola", "<p>Hola</p>", "Hola", "https://h.mx/baja/1.x"
)
SENT = {"messageId": "<202609250101.12345678901@smtp-relay.mailin.fr>"}


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        yield wire


@pytest_asyncio.fixture
async def client(wire: Wire) -> AsyncIterator[BrevoClient]:
    client = BrevoClient(
        api_key="key", base_url=wire.url, sender_email="h@h.mx", sender_name="Javier", timeout=0.5
    )
    yield client
    await client.close()


async def test_a_mail_on_the_wire(client: BrevoClient, wire: Wire) -> None:
    wire.answers(201, SENT)

    assert await client.send(MAIL) == "202609250101.12345678901@smtp-relay.mailin.fr"
    [request] = wire.requests
    assert (request.method, request.path, request.headers["api-key"]) == (
        "POST",
        "/v3/smtp/email",
        "key",
    )
    assert request.json == {
        "sender": {"email": "h@h.mx", "name": "Javier"},
        "to": [{"email": "ana@example.com", "name": "Ana Torres"}],
        "subject": "Hola",
        "htmlContent": "<p>Hola</p>",
        "textContent": "Hola",
        "tags": [f"touch-{KEY}"],
        "headers": {
            "idempotencyKey": KEY,
            "X-Mailin-custom": KEY,
            "List-Unsubscribe": "<https://h.mx/baja/1.x>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    }


async def test_a_mail_with_an_attachment(client: BrevoClient, wire: Wire) -> None:
    wire.answers(201, SENT)
    await client.send(
        replace(MAIL, attachments=(Attachment("reunion.ics", "BEGIN:VCALENDAR á".encode()),))
    )

    [attached] = wire.requests[0].json["attachment"]
    assert attached.keys() == {"name", "content"}
    assert attached["name"] == "reunion.ics"
    assert base64.b64decode(attached["content"]).decode() == "BEGIN:VCALENDAR á"


@pytest.mark.parametrize("base", ["", "/v3", "/v3/"])
async def test_an_address_with_or_without_its_version(wire: Wire, base: str) -> None:
    wire.answers(201, SENT)
    client = BrevoClient(
        api_key="key", base_url=wire.url + base, sender_email="h@h.mx", sender_name="J"
    )
    await client.send(MAIL)
    await client.close()

    assert wire.requests[0].path == "/v3/smtp/email"


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        pytest.param(
            400,
            {"code": "INVALID_PARAMETER", "message": "email is not valid in to"},
            RefusedTouch,
            id="a bad address",
        ),
        pytest.param(
            400,
            {"code": "invalid_parameter", "message": "name is not valid in to"},
            RefusedTouch,
            id="a name of ours",
        ),
        pytest.param(
            400,
            {"code": "invalid_parameter", "message": "the sender you used is not valid"},
            CredentialsRejected,
            id="our sender",
        ),
        pytest.param(
            400, {"code": "Duplicate_Parameter", "message": "x"}, AlreadySent, id="the key was used"
        ),
        pytest.param(
            401,
            {"code": "unauthorized", "message": "x"},
            Unavailable,
            id="our key, or our server's address",
        ),
        pytest.param(
            402, {"code": "not_enough_credits", "message": "x"}, Unavailable, id="our plan"
        ),
        pytest.param(
            403, {"code": "permission_denied", "message": "x"}, Unavailable, id="our account"
        ),
        pytest.param(429, {"code": "too_many_requests"}, Unavailable, id="too many"),
        pytest.param(500, {"code": "error"}, OutcomeUnknown, id="a server error"),
        pytest.param(502, b"<html></html>", OutcomeUnknown, id="a page"),
        pytest.param(201, b"", OutcomeUnknown, id="an empty success"),
        pytest.param(201, b'{"messageId": "<2026', OutcomeUnknown, id="half a success"),
        pytest.param(200, {"other": 1}, OutcomeUnknown, id="a success of another shape"),
    ],
)
async def test_what_an_answer_means(
    client: BrevoClient, wire: Wire, status: int, body: Any, failure: type[Exception]
) -> None:
    wire.answers(status, body)

    with pytest.raises(failure):
        await client.send(MAIL)
    assert len(wire.requests) == 1, "the SDK must not try again by itself"


async def test_an_answer_that_never_comes(client: BrevoClient, wire: Wire) -> None:
    wire.hangs()

    with pytest.raises(OutcomeUnknown):
        await client.send(MAIL)
    assert len(wire.requests) == 1


async def test_a_connection_that_breaks_after_the_request(client: BrevoClient, wire: Wire) -> None:
    wire.breaks()

    with pytest.raises(OutcomeUnknown):
        await client.send(MAIL)


async def test_a_connection_that_is_never_made() -> None:
    client = BrevoClient(
        api_key="key", base_url="http://127.0.0.1:1", sender_email="h@h.mx", sender_name="J"
    )

    with pytest.raises(Unavailable):
        await client.send(MAIL)
    await client.close()


@pytest.mark.parametrize("header", ["x-sib-ratelimit-reset", "Retry-After"])
async def test_429_is_waited_out_as_long_as_it_asks(
    client: BrevoClient, wire: Wire, header: str
) -> None:
    wire.answers(429, {"code": "too_many_requests"}, {header: "9"})

    with pytest.raises(Unavailable) as caught:
        await client.send(MAIL)
    assert caught.value.retry_after == 9


async def test_finding_a_mail_by_its_key(client: BrevoClient, wire: Wire) -> None:
    listed = {
        "email": "ana@example.com",
        "subject": "Hola",
        "date": "2026-09-25T01:01:00Z",
        "uuid": "u",
        "from": "h@h.mx",
    }
    other_mail = listed | {"messageId": "<1>", "tags": ["x"]}
    our_mail = listed | {"messageId": "<2>", "tags": [f"touch-{KEY}"]}
    wire.answers(200, {"count": 2, "transactionalEmails": [other_mail, our_mail]})

    assert await client.find(to="ana@example.com", key=KEY) == "2"
    assert wire.requests[0].query.keys() & {"email", "startDate", "endDate"} == {"email"}
    assert wire.requests[0].query["email"] == "ana@example.com"
    wire.answers(200, {"count": 0})
    assert await client.find(to="ana@example.com", key=KEY) is None


CAPTURED = {
    "id": 948562,
    "email": "Ana@example.com",
    "message-id": "<202312211546.94160606300@smtp-relay.mailin.fr>",
    "date": "2023-12-21 18:34:42",
    "tags": [f"touch-{KEY}"],
    "tag": f'["touch-{KEY}"]',
    "event": "unique_opened",
    "subject": "Hola",
    "sending_ip": "1.2.3.4",
    "ts": 1703180082,
    "ts_epoch": 1703180082286,
    "ts_event": 1703180082,
    "link": "",
    "sender_email": "h@h.mx",
}
REF = "202312211546.94160606300@smtp-relay.mailin.fr"


@pytest.mark.parametrize(
    ("event", "receipt", "opted_out"),
    [
        ("request", Accepted(REF), None),
        ("deferred", Accepted(REF), None),
        ("delivered", Arrived(REF), None),
        ("Delivered", Arrived(REF), None),
        ("hard_bounce", Undeliverable, None),
        ("hardBounce", Undeliverable, None),
        ("soft_bounce", Undeliverable, None),
        ("invalid_email", Undeliverable, None),
        ("blocked", Undeliverable, None),
        ("SPAM", None, "spam"),
        ("spam", None, "spam"),
        ("unsubscribed", None, "unsubscribed"),
        ("unique_opened", None, None),
        ("proxy_open", None, None),
        ("brand_new", None, None),
    ],
)
def test_what_an_event_means(event: str, receipt: object, opted_out: str | None) -> None:
    [read] = read_events(CAPTURED | {"event": event})

    assert read.receipt == receipt or (
        isinstance(receipt, type) and isinstance(read.receipt, receipt)
    )
    assert (read.opted_out, read.key, read.ref, read.email) == (
        opted_out,
        KEY,
        REF,
        "ana@example.com",
    )


@pytest.mark.parametrize(
    ("event", "reason", "kind"),
    [
        ("hard_bounce", "550 5.1.1 user unknown", FailureKind.BAD_ADDRESS),
        ("Hard_Bounce", "550 sender blocked by recipient", FailureKind.BAD_ADDRESS),
        ("invalid_email", "", FailureKind.BAD_ADDRESS),
        ("blocked", "blocked : due to blacklist user", FailureKind.BAD_ADDRESS),
        ("blocked", "the sender domain is not authenticated", FailureKind.MISCONFIGURED),
        ("soft_bounce", "452-4.2.2 inbox is out of storage space", FailureKind.BOUNCED),
        ("softBounce", "mailbox quota exceeded", FailureKind.BOUNCED),
        ("soft_bounce", "554 client host [1.2.3.4] blocked by spamcop", FailureKind.MISCONFIGURED),
        ("hard_bounce", "550 5.7.26 the domain's DMARC policy", FailureKind.MISCONFIGURED),
        ("hard_bounce", "550 5.7.1 invalid attachment", FailureKind.MISCONFIGURED),
        ("error", "Sender address rejected", FailureKind.MISCONFIGURED),
        ("error", "internal error", FailureKind.UNREACHABLE),
    ],
)
def test_whom_a_bounce_blames(event: str, reason: str, kind: FailureKind) -> None:
    [read] = read_events(CAPTURED | {"event": event, "reason": reason})

    assert isinstance(read.receipt, Undeliverable)
    assert read.receipt.kind is kind
    assert read.receipt.alike is (kind is FailureKind.MISCONFIGURED)
    assert reason in read.receipt.reason


@pytest.mark.parametrize("event", ["error", "blocked", "hard_bounce", "hardBounce"])
@pytest.mark.parametrize(
    "reason",
    [
        "sender domain not verified",
        "Domain is not verified",
        "From email not verified",
        "Quota exceeded",
        "daily quota reached",
        "IP blocked",
        "unrecognised IP address",
        "SPF fail",
        "DKIM signature invalid",
        "attachment too large",
        "Not_Enough_Credits",
        "error: Unauthorized",
        "PERMISSION_DENIED",
        "Account under validation",
        "Your SMTP account is not yet activated",
    ],
)
def test_an_event_is_judged_by_the_table_of_refusals(event: str, reason: str) -> None:
    [read] = read_events(CAPTURED | {"event": event, "reason": reason})

    assert isinstance(read.receipt, Undeliverable)
    assert (read.receipt.kind, read.receipt.alike) == (FailureKind.MISCONFIGURED, True)


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "552 5.2.2 quota exceeded",
        "mailbox over quota",
        "unsubscribed contact",
        "contact blacklisted",
        "Host or domain name not found. No IP address in DNS",
        "550 permission denied",
    ],
)
def test_the_table_of_refusals_leaves_the_words_of_a_receiver_alone(reason: str) -> None:
    [read] = read_events(CAPTURED | {"event": "hard_bounce", "reason": reason})

    assert isinstance(read.receipt, Undeliverable)
    assert read.receipt.kind is FailureKind.BAD_ADDRESS


BLAMED = {
    "ours": FailureKind.MISCONFIGURED,
    "address": FailureKind.BAD_ADDRESS,
    "mail": FailureKind.BOUNCED,
}
BOUNCES = [
    line.split(": ", 1)
    for line in (Path(__file__).parent / "bounces.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("blamed", "reason"), BOUNCES)
def test_whom_the_words_of_a_receiving_server_blame(blamed: str, reason: str) -> None:
    [read] = read_events(CAPTURED | {"event": "hard_bounce", "reason": reason})

    assert isinstance(read.receipt, Undeliverable)
    assert read.receipt.kind is BLAMED[blamed]


@pytest.mark.parametrize(
    ("status", "code", "message", "fault"),
    [
        (400, "invalid_parameter", "email is not valid in to", Fault.ADDRESS),
        (400, "invalid_parameter", "Invalid email address", Fault.ADDRESS),
        (400, "invalid_parameter", "Recipient is blocked", Fault.ADDRESS),
        (400, "invalid_parameter", "email is not valid in sender", Fault.ACCOUNT),
        (400, "missing_parameter", "sender is missing", Fault.ACCOUNT),
        (400, "Not_Enough_Credits", "", Fault.ACCOUNT),
        (400, "bad_request", "daily limit reached", Fault.ACCOUNT),
        (401, "unauthorized", "unrecognised IP address 192.0.2.1", Fault.ACCOUNT),
        (400, "invalid_parameter", "replyTo is not valid", Fault.MAIL),
        (400, "invalid_parameter", "attachment name is missing", Fault.MAIL),
        (400, "invalid_parameter", "unexpected recipients: want atleast 1, got 0", Fault.MAIL),
        (400, "invalid_parameter", "", Fault.MAIL),
        (422, "something_new", "a text that nobody has seen", Fault.MAIL),
    ],
)
def test_whose_fault_a_refusal_is(status: int, code: str, message: str, fault: Fault) -> None:
    assert fault_of(status, code, message) is fault


@pytest.mark.parametrize(
    ("message", "kind", "alike"),
    [
        ("email is not valid in to", FailureKind.BAD_ADDRESS, False),
        ("name is not valid in to", FailureKind.MISCONFIGURED, True),
        ("attachment content is not valid base64", FailureKind.MISCONFIGURED, True),
    ],
)
async def test_whom_a_refusal_blames(
    client: BrevoClient, wire: Wire, message: str, kind: FailureKind, alike: bool
) -> None:
    wire.answers(400, {"code": "invalid_parameter", "message": message})

    with pytest.raises(RefusedTouch) as refused:
        await client.send(MAIL)
    assert (refused.value.kind, refused.value.alike) == (kind, alike)
    assert message in refused.value.reason


async def test_a_refusal_repeats_no_address(client: BrevoClient, wire: Wire) -> None:
    message = "the sender ana@example.com you used is not valid"
    wire.answers(400, {"code": "invalid_parameter", "message": message})

    with pytest.raises(CredentialsRejected, match=re.escape("a***@example.com")):
        await client.send(MAIL)


def test_a_batch_and_what_is_no_event() -> None:
    assert len(read_events([CAPTURED, CAPTURED, "x", None])) == 2
    assert read_events("x") == []
    assert read_events({"event": None})[0].receipt is None


def test_two_events_of_one_mail_have_two_identities() -> None:
    [first] = read_events(CAPTURED)
    [repeat] = read_events(CAPTURED)
    [later] = read_events(CAPTURED | {"ts_event": 1703180099})

    assert first.identity == repeat.identity != later.identity


def test_only_our_token_counts() -> None:
    assert authentic("Bearer secret", "secret")
    assert not authentic("Bearer other", "secret")
    assert not authentic(None, "secret")
    assert not authentic("Bearer ñ", "secret")


async def test_the_senders_and_the_domains(client: BrevoClient, wire: Wire) -> None:
    senders = [{"id": 1, "name": "H", "email": "Hola@h.mx", "active": True, "ips": []}]
    wire.answers(
        200, {"senders": [*senders, {"id": 2, "name": "N", "email": "no@h.mx", "active": False}]}
    )
    assert await client.senders() == {"hola@h.mx": True, "no@h.mx": False}
    assert (wire.requests[-1].method, wire.requests[-1].path) == ("GET", "/v3/senders")

    domains = [
        {"id": 1, "domain_name": "H.mx", "authenticated": True, "verified": True, "ip": None}
    ]
    wire.answers(
        200, {"domains": [*domains, {"id": 2, "domain_name": "x.mx", "authenticated": False}]}
    )
    assert await client.authenticated_domains() == {"h.mx"}
    assert wire.requests[-1].path == "/v3/senders/domains"

    wire.answers(401, {"code": "unauthorized", "message": "Key not found"})
    for read in (client.senders, client.authenticated_domains):
        with pytest.raises(CredentialsRejected, match="brevo: 401"):
            await read()


def an_inbound(**changes: Any) -> dict[str, Any]:
    return {
        "Uuid": ["8d79f2b1-20ae-4939-8d0b-d2517331a9ee"],
        "MessageId": "<CAFx@mail.gmail.com>",
        "InReplyTo": "<202609250101.12345678901@smtp-relay.mailin.fr>",
        "From": {"Name": "Ana", "Address": "Ana@Example.com"},
        "To": [{"Name": None, "Address": "respuestas@reply.h.mx"}],
        "Subject": "Re: Hola",
        "RawTextBody": "BAJA\r\n\r\nEl lun, 2 mar 2026 a las 9:00, Javier escribió:\r\n> Hola, Ana",
        "RawHtmlBody": "<p>BAJA</p>",
        "Attachments": [],
        "Headers": {"Auto-Submitted": "no"},
        **changes,
    }


def test_a_mail_that_answers_ours() -> None:
    [mail] = read_inbound_mails({"items": [an_inbound()]})

    assert (mail.channel, mail.address, mail.text) == (Channel.EMAIL, "Ana@Example.com", "BAJA")
    assert mail.answers == "202609250101.12345678901@smtp-relay.mailin.fr"
    assert not mail.automatic


@pytest.mark.parametrize(
    "changes",
    [
        {"Headers": {"Auto-Submitted": "auto-replied"}},
        {"Headers": {"auto-submitted": "auto-generated"}},
        {"Headers": {"X-Autoreply": "yes"}},
        {"Headers": {"Precedence": "auto_reply"}},
        {"From": {"Address": "MAILER-DAEMON@example.com"}},
        {"Subject": "Respuesta automática: Hola"},
        {"Subject": "Re: Out of Office"},
        {"Subject": "Ausente: Re: Hola"},
    ],
)
def test_a_mail_that_no_person_wrote(changes: dict[str, Any]) -> None:
    [mail] = read_inbound_mails({"items": [an_inbound(**changes)]})

    assert mail.automatic


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"RawTextBody": None, "ExtractedMarkdownMessage": "Ya no me escriban"},
            "Ya no me escriban",
        ),
        ({"RawTextBody": "Sí\n\nOn Mon, Javier wrote:\n> BAJA"}, "Sí"),
        ({"RawTextBody": "Sí\n-----Original Message-----\nBAJA"}, "Sí"),
        ({"RawTextBody": "Sí\nDe: Javier <j@h.mx>\nBAJA"}, "Sí"),
        ({"RawTextBody": "Em seg, Javier escreveu:\n> Hola", "Subject": "Re: BAJA"}, "BAJA"),
    ],
)
def test_what_a_person_wrote_above_our_mail(changes: dict[str, Any], text: str) -> None:
    [mail] = read_inbound_mails({"items": [an_inbound(**changes)]})

    assert mail.text == text


@pytest.mark.parametrize(
    ("changes", "subject", "text"),
    [
        ({"Subject": "BAJA", "RawTextBody": "Gracias"}, "BAJA", "Gracias"),
        ({"Subject": "Re: Baja por favor", "RawTextBody": "Ana"}, "Baja por favor", "Ana"),
        ({"Subject": "BAJA", "RawTextBody": "Enviado desde mi iPhone"}, "", "BAJA"),
        ({"Subject": "Re: Ana, aparta treinta minutos", "RawTextBody": "Sí"}, "", "Sí"),
    ],
)
def test_the_subject_that_a_person_chose(changes: dict[str, Any], subject: str, text: str) -> None:
    [mail] = read_inbound_mails({"items": [an_inbound(**changes)]})

    assert (mail.subject, mail.text) == (subject, text)


@pytest.mark.parametrize("precedence", ["bulk", "list"])
def test_a_mail_that_went_to_many_may_be_a_persons(precedence: str) -> None:
    [mail] = read_inbound_mails({"items": [an_inbound(Headers={"Precedence": precedence})]})

    assert (mail.bulk, mail.automatic) == (True, False)


def test_a_file_in_a_mail() -> None:
    files = [{"Name": "a.pdf", "ContentType": "application/pdf"}, {"ContentType": "image/png"}]
    [mail] = read_inbound_mails({"items": [an_inbound(Attachments=files)]})

    assert [media.kind for media in mail.media] == [MediaKind.DOCUMENT]


@pytest.mark.parametrize(
    "body", [None, [], {}, {"items": None}, {"items": ["x", {}, an_inbound(From={"Address": "x"})]}]
)
def test_a_body_without_a_mail(body: object) -> None:
    assert read_inbound_mails(body) == []


async def test_answers_go_to_another_mailbox(client: BrevoClient, wire: Wire) -> None:
    wire.answers(201, SENT)

    await client.send(replace(MAIL, reply_to="ventas@h.mx"))

    assert wire.requests[0].json["replyTo"] == {"email": "ventas@h.mx"}
