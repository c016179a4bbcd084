"""A bounce or a refusal blames the right one: the address, this mail, or ourselves."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e.test_journey import FOLLOW_UPS
from tests.e2e.test_webhooks import brevo_posts
from tests.system import System, e164, everything_received, person

pytestmark = pytest.mark.connected

FULL = "452-4.2.2 The recipient's inbox is out of storage space"
PAUSED = 63041
WAITS = "email touch.held"


async def suspended(system: System, address: str) -> list[tuple[bool, str]]:
    rows = await system.sql(
        "notify",
        "select coalesce(json_agg(json_build_array(doubtful, reason))::text, '[]')"
        " from undeliverable_addresses where address = $1",
        address,
    )
    return [tuple(row) for row in json.loads(rows)]


async def mail_of(system: System, lead: int, step: str) -> str:
    touch = await system.sql(
        "notify",
        "select touch_id from touches where lead_id = $1 and step = $2 and channel = 'email'",
        lead,
        step,
    )
    return str(touch)


async def details(system: System, lead: int, action: str) -> list[dict[str, Any]]:
    url = f"{system.native.addresses.console}/api/actions"
    found = (await system.http.get(url, params={"lead_id": lead})).json()
    return [row["detail"] for row in found if row["action"] == action]


async def test_the_third_soft_bounce_in_a_row_makes_a_mailbox_doubtful(system: System) -> None:
    form = person(2, email=f"softbounce.{time.time_ns()}@example.com")
    lead = await system.lead(form)
    await system.happens(lead, "email touch.failed", "whatsapp touch.delivered")
    assert await suspended(system, form["email"]) == [], "one bounce is this mail's alone"

    for number, step in enumerate(FOLLOW_UPS[:3], start=1):
        await system.let_pass(lead, step)
        await system.planned(lead, *FOLLOW_UPS[number:])
    await system.happens(lead, "address.suspended")
    [event] = await details(system, lead, "address.suspended")
    assert event["doubtful"] is True
    assert FULL in event["reason"]
    failed = (await details(system, lead, "touch.failed"))[0]
    assert failed["kind"] == "bounced"

    await system.book(form)
    await system.happens(lead, "whatsapp touch.delivered", "email touch.skipped")
    skipped = await details(system, lead, "touch.skipped")
    assert "doubtful_address" in [row["reason"] for row in skipped]


@pytest.mark.parametrize(
    ("event", "reason", "outcome"),
    [
        ("Hard_Bounce", "550 5.1.1 user unknown", "address.suspended"),
        ("soft_bounce", FULL, "email touch.failed"),
        ("deferred", "451 greylisted", None),
        ("hardBounce", "550 5.7.26 unauthenticated: the domain's DMARC policy", WAITS),
        ("blocked", "the sending IP 192.0.2.1 is on a blocklist", WAITS),
        ("error", "the sender you used is not valid", WAITS),
    ],
)
async def test_only_what_is_about_the_address_blames_it(
    system: System, event: str, reason: str, outcome: str | None
) -> None:
    form = person(2, email=f"silent.{time.time_ns()}@example.com")
    lead = await system.lead(form)
    await system.happens(lead, "email touch.sent", "whatsapp touch.delivered")
    touch = await mail_of(system, lead, "welcome_email")
    body = {
        "event": event,
        "email": form["email"],
        "message-id": "<1@smtp-relay.mailin.fr>",
        "ts_event": int(datetime.now(UTC).timestamp()),
        "reason": reason,
        "X-Mailin-custom": touch,
    }
    assert (await brevo_posts(system, body)).status_code == 204
    if outcome is not None:
        await system.happens(lead, outcome)
    if outcome == WAITS:
        [held] = await details(system, lead, "touch.held")
        assert held["reason"] == "misconfigured"
        await system.sql("notify", "update touches set state = 'failed' where touch_id = $1", touch)
    await system.quiet()

    assert bool(await suspended(system, form["email"])) is (outcome == "address.suspended")


async def test_mails_wait_while_our_sender_is_refused_and_blame_nobody(system: System) -> None:
    url = f"{system.native.addresses.simulator}/simulator/brevo/refusal"
    message = "Sending has been rejected because the sender you used is not valid"
    await system.http.put(url, json={"code": "INVALID_PARAMETER", "message": message})
    form = person(2)
    try:
        lead = await system.lead(form)
        await system.happens(lead, "email touch.delayed")
        await system.happens(0, "provider.unavailable")
    finally:
        await system.http.delete(url)
    await system.happens(lead, "email touch.delivered", seconds=90)

    assert await suspended(system, form["email"]) == []


async def test_a_paused_template_goes_on_by_sms(system: System) -> None:
    sids = system.native.recipes()["notify"].environment["TWILIO_CONTENT_SIDS"]
    sid = dict(pair.split("=") for pair in sids.split(","))["welcome"]
    url = f"{system.native.addresses.simulator}/simulator/templates/{sid}"
    await system.http.put(url, json={"code": PAUSED})
    form = person(2)
    try:
        lead = await system.lead(form)
        await system.happens(lead, "whatsapp touch.failed", "sms touch.delivered")
    finally:
        await system.http.put(url, json={})
    [failed] = await details(system, lead, "touch.failed")

    assert failed["kind"] == "misconfigured"


@pytest.mark.parametrize(
    ("manner", "answered"),
    [
        ({"hangs_up_after": 2}, False),
        ({"hangs_up_after": 9}, False),  # still in the greeting
        ({"hangs_up_after": 20}, True),
        ({"hangs_up_after": 4, "answered_by": "unknown"}, False),
    ],
)
async def test_a_call_counts_as_answered_when_the_invitation_was_heard(
    system: System, manner: dict[str, Any], answered: bool
) -> None:
    form = person(0)
    url = f"{system.native.addresses.simulator}/simulator/people/{e164(form)}"
    await system.http.put(url, json=manner)
    lead = await system.lead(form)
    if answered:
        await system.happens(lead, "call.answered")
    else:
        await system.happens(lead, "call.unanswered", "whatsapp touch.delivered")
    await system.quiet()
    [counts] = await everything_received(system, [form])
    ended = await details(system, lead, "call.unanswered")

    assert counts["whatsapp"] == (0 if answered else 1)
    assert [row["listened_seconds"] for row in ended] == (
        [] if answered else [manner["hangs_up_after"]]
    )


@pytest.mark.parametrize(("call", "template"), [(2, "welcome"), (5, "welcome_no_call")])
async def test_what_follows_a_call_that_never_rang_names_no_call(
    system: System, call: int, template: str
) -> None:
    form = person(call)
    lead = await system.lead(form)
    await system.happens(lead, "whatsapp touch.delivered")
    sids = system.native.recipes()["notify"].environment["TWILIO_CONTENT_SIDS"]
    sid = dict(pair.split("=") for pair in sids.split(","))[template]
    [message] = await system.simulator("messages", e164(form))

    assert message["params"]["ContentSid"] == [sid]
