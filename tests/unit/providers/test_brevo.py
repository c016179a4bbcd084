"""Brevo's client and webhooks against recorded payloads."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from contracts.events.touch import Channel
from domain.receipts import Accepted, Arrived, Undeliverable
from domain.replies import MediaKind
from kit.errors import Unavailable
from providers.brevo.client import AlreadySent, Attachment, BrevoClient, Mail
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
            400, {"code": "invalid_parameter", "message": "x"}, RefusedTouch, id="a bad address"
        ),
        pytest.param(
            400, {"code": "duplicate_parameter", "message": "x"}, AlreadySent, id="the key was used"
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
    since = datetime(2026, 9, 25, tzinfo=UTC)
    wire.answers(200, {"count": 2, "transactionalEmails": [other_mail, our_mail]})

    assert await client.find(to="ana@example.com", key=KEY, since=since) == "2"
    assert wire.requests[0].query["email"] == "ana@example.com"
    wire.answers(200, {"count": 0})
    assert await client.find(to="ana@example.com", key=KEY, since=since) is None


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
        ("hard_bounce", Undeliverable, None),
        ("soft_bounce", Undeliverable, None),
        ("invalid_email", Undeliverable, None),
        ("blocked", Undeliverable, None),
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
        {"Headers": {"Precedence": "bulk"}},
        {"From": {"Address": "MAILER-DAEMON@example.com"}},
        {"Subject": "Respuesta automática: Hola"},
        {"Subject": "Re: Out of Office"},
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
