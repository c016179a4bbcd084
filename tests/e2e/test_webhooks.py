"""Webhooks of Twilio and Brevo, and replies: only signed ones count, and they act at once."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.system import System, e164, everything_received, person

pytestmark = pytest.mark.connected

TOKEN = "sandbox-auth-token"


async def twilio_posts(
    system: System, path: str, params: dict[str, str], token: str = TOKEN
) -> httpx.Response:
    address = f"http://localhost:{system.native.ports['gateway']}{path}"
    headers = {
        "X-Twilio-Signature": RequestValidator(token).compute_signature(address, params),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return await system.http.post(address, content=urlencode(params).encode(), headers=headers)


async def brevo_posts(
    system: System, body: Any, token: str = "brevo-webhook-demo"
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await system.http.post(
        f"{system.native.addresses.gateway}/webhooks/brevo",
        content=json.dumps(body),
        headers=headers,
    )


@pytest.mark.parametrize("path", ["call", "message", "voice", "key"])
async def test_a_forged_callback_is_refused_and_changes_nothing(system: System, path: str) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "call.answered")
    touch = await system.sql(
        "notify", "select touch_id from touches where lead_id = $1 and channel = 'call'", lead
    )
    await system.quiet()
    before = await system.sql("notify", "select count(*) from callbacks")
    params = {"CallSid": "CA1", "CallStatus": "busy", "Digits": "1"}
    where = f"/webhooks/twilio/{path}?touch={touch}"

    assert (await twilio_posts(system, where, params, token="wrong")).status_code == 403
    missing = await system.http.post(f"{system.native.addresses.gateway}{where}", data=params)
    assert missing.status_code == 403
    assert await system.sql("notify", "select count(*) from callbacks") == before


async def test_a_forged_brevo_event_is_refused(system: System) -> None:
    for token in ("", "wrong"):
        answer = await brevo_posts(
            system, {"event": "unsubscribed", "email": "x@example.com"}, token
        )
        assert answer.status_code == 401


async def test_the_same_callback_a_hundred_times_in_parallel_counts_once(system: System) -> None:
    form = person(2, 7)  # the simulator sends no receipts for it
    lead = await system.lead(form)
    await system.happens(lead, "whatsapp touch.sent")
    touch, ref = await _touch(system, lead, "whatsapp")
    params = {"MessageSid": ref, "MessageStatus": "undelivered", "ErrorCode": "63024"}
    where = f"/webhooks/twilio/message?touch={touch}"
    answers = await asyncio.gather(*(twilio_posts(system, where, params) for _ in range(100)))
    await system.happens(lead, "whatsapp touch.failed", "sms touch.sent")
    await system.quiet()

    assert {answer.status_code for answer in answers} == {204}
    [counts] = await everything_received(system, [form])
    assert (counts["whatsapp"], counts["sms"]) == (1, 1)


async def test_receipts_in_any_order_and_after_the_end_change_nothing(system: System) -> None:
    form = person(2, 7)
    lead = await system.lead(form)
    await system.happens(lead, "whatsapp touch.sent")
    touch, ref = await _touch(system, lead, "whatsapp")
    where = f"/webhooks/twilio/message?touch={touch}"
    for status in ("delivered", "sent", "undelivered", "failed", "read"):
        await twilio_posts(
            system, where, {"MessageSid": ref, "MessageStatus": status, "ErrorCode": "63024"}
        )
    await system.happens(lead, "whatsapp touch.delivered")

    assert "sms touch.sent" not in await system.actions(lead)
    assert (
        await system.sql("notify", "select state from touches where touch_id = $1", touch)
        == "delivered"
    )


async def test_baja_stops_the_lead_on_all_channels_and_its_number_stays_silent_for_a_new_one(
    system: System,
) -> None:
    form = person(0, 0)
    lead = await system.lead(form)
    await system.happens(lead, "call.answered", "email touch.delivered")
    old_style = f"whatsapp:+521{form['telefono']}"
    answer = await twilio_posts(
        system,
        "/webhooks/twilio/inbound",
        {"MessageSid": f"SM{lead}", "From": old_style, "Body": "Baja, por favor no me llamen"},
    )
    assert answer.status_code == 200
    await system.happens(lead, "lead.opted_out")

    async def ended() -> bool:
        return (
            await system.sql(
                "intake", "select ended = 'opted_out' from leads where lead_id = $1", lead
            )
            is True
        )

    await system.until(ended, lambda: "intake never recorded the opt-out")
    again = await system.lead(form | {"nombre": "Otro Nombre"})
    await system.happens(again, "call touch.skipped", "email touch.deferred")

    [counts] = await everything_received(system, [form])
    assert counts == {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1}


async def test_baja_while_the_call_is_ringing_keeps_the_whatsapp_from_leaving(
    system: System,
) -> None:
    form = person(2, 0)
    await system.inject_fault(
        provider="twilio", kind="slow", seconds=1.0, method="POST", path="/Calls.json"
    )
    lead = await system.lead(form)
    await system.happens(lead, "lead.created")

    async def known() -> bool:
        return bool(await system.sql("notify", "select true from leads where lead_id = $1", lead))

    await system.until(known, lambda: "notify does not know the lead")
    await twilio_posts(
        system,
        "/webhooks/twilio/inbound",
        {"MessageSid": f"SM{lead}", "From": e164(form), "Body": "STOP"},
    )
    await system.happens(lead, "lead.opted_out", "call.unanswered", "whatsapp touch.skipped")

    [counts] = await everything_received(system, [form])
    assert counts["whatsapp"] == counts["sms"] == 0


async def test_alta_revokes_the_opt_out(system: System) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "call.answered")
    for number, word in enumerate(("BAJA", "ALTA")):
        params = {"MessageSid": f"SM{lead}{number}", "From": f"whatsapp:{e164(form)}", "Body": word}
        await twilio_posts(system, "/webhooks/twilio/inbound", params)
    await system.happens(lead, "lead.opted_out", "reply.received")

    assert (
        await system.sql("notify", "select count(*) from opt_outs where address = $1", e164(form))
        == 0
    )


async def test_an_ordinary_reply_is_an_event(system: System) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "call.answered")
    params = {
        "MessageSid": f"SM{lead}",
        "From": f"whatsapp:{e164(form)}",
        "Body": "para mañana a las 5",
    }
    for _ in range(2):
        await twilio_posts(system, "/webhooks/twilio/inbound", params)
    await system.happens(lead, "reply.received")
    await system.quiet()

    actions = await system.actions(lead)
    assert actions.count("reply.received") == 1
    assert "lead.opted_out" not in actions


async def test_unsubscribing_takes_a_button_not_a_visit(system: System) -> None:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "email touch.delivered")
    [email] = await system.simulator("emails", form["email"])
    link = email["headers"]["List-Unsubscribe"].strip("<>")

    page = await system.http.get(link)
    assert page.status_code == 200
    assert "Sí, darme de baja" in page.text
    assert "lead.opted_out" not in await system.actions(lead)
    assert (await system.http.post(link, content=b"List-Unsubscribe=One-Click")).status_code == 200
    assert (await system.http.post(link)).status_code == 200
    await system.happens(lead, "lead.opted_out")
    assert (await system.actions(lead)).count("lead.opted_out") == 1
    assert (await system.http.post(link.replace(f"{lead}.", f"{lead + 1}."))).status_code == 404


@pytest.mark.parametrize("mailbox", ["spam", "unsubscribe"])
async def test_brevos_complaints_stop_everything(system: System, mailbox: str) -> None:
    form = person(email=f"{mailbox}.{person()['email']}")
    lead = await system.lead(form)

    await system.happens(lead, "lead.opted_out")


async def _touch(system: System, lead: int, channel: str) -> tuple[str, str]:
    where = "where lead_id = $1 and channel = $2"
    touch = await system.sql("notify", f"select touch_id from touches {where}", lead, channel)
    ref = await system.sql("notify", f"select provider_ref from touches {where}", lead, channel)
    return touch, ref


NUL = "a\0b"
HALF = "\ud800"
GIANT = "9" * 5000
HOSTILE = {
    "body": ("inbound", {"MessageSid": "SM1", "From": "+528112345678", "Body": NUL}),
    "sender": ("inbound", {"MessageSid": "SM2", "From": NUL, "Body": "hola"}),
    "long body": (
        "inbound",
        {"MessageSid": "SM3", "From": "+528112345678", "Body": "quitenme " * 7000},
    ),
    "sid": (
        "call?touch={touch}",
        {"CallSid": NUL, "CallStatus": "completed", "AnsweredBy": "human"},
    ),
    "code": (
        "message?touch={touch}",
        {"MessageSid": "SM4", "MessageStatus": "failed", "ErrorCode": GIANT},
    ),
    "digit that is none": (
        "message?touch={touch}",
        {"MessageSid": "SM5", "MessageStatus": "failed", "ErrorCode": "²"},
    ),
    "lead": ("key?touch={touch}&lead=" + "9" * 23, {"CallSid": "CA1", "Digits": "1"}),
    "digits": ("key?touch={touch}&lead=1", {"CallSid": NUL, "Digits": NUL}),
    "name": ("voice?touch={touch}&lead=1", {"CallSid": "CA2", "AnsweredBy": NUL, NUL: NUL}),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_values_that_twilio_never_sends_break_nothing_even_signed(
    system: System, name: str
) -> None:
    path, params = HOSTILE[name]
    lead = await system.lead(person())
    await system.happens(lead, "call.answered")
    touch = await system.sql(
        "notify", "select touch_id from touches where lead_id = $1 and channel = 'call'", lead
    )
    answer = await twilio_posts(system, f"/webhooks/twilio/{path.format(touch=touch)}", params)
    after = [
        await twilio_posts(system, "/webhooks/twilio/inbound", params, token="wrong")
        for _ in range(5)
    ]

    assert answer.status_code < 500
    assert [answer.status_code for answer in after] == [403] * 5


@pytest.mark.parametrize(
    "value", [NUL, HALF, "x" * 100_000, 10**400, None, ["a"], {"b": NUL}, True]
)
@pytest.mark.parametrize(
    "field", ["event", "message-id", "email", "tags", "X-Mailin-custom", "ts_event", "link"]
)
async def test_values_that_brevo_never_sends_break_nothing(
    system: System, field: str, value: Any
) -> None:
    usual = {
        "event": "unsubscribed",
        "message-id": "<1@x>",
        "email": "nobody@example.com",
        "ts_event": 1,
    }
    answers = [await brevo_posts(system, usual | {field: value}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
