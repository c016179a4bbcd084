"""The world's oddities: what calendars, phones, mailboxes and Kommo really do.

Webhooks are posted doubled and in any order.

Each function raises AssertionError when the system reacts wrongly.
"""

import random
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.calendars import DAYS, HostCalendar, at
from tests.chaos.system import WiredSystem
from tests.e2e.test_webhooks import brevo_posts, twilio_posts
from tests.system import e164, person

REGISTERED = "lead.registered"
WRITTEN_TO = "whatsapp touch.delivered"
FOLLOW_UPS = ("day_3", "day_6", "day_9", "day_12")
SEATS: dict[str, Any] = {"seatsPerTimeSlot": 20}
SERIES: dict[str, Any] = {"recurringEvent": {"freq": 2, "count": 4, "interval": 1}}


async def seats(system: WiredSystem, dice: random.Random) -> None:
    """Of two people in one slot, one moves to another and one cancels."""
    stays, stays_lead = await _welcomed(system)
    goes, goes_lead = await _welcomed(system)
    first, second = f"slot{stays_lead}", f"slot{goes_lead}"
    calendar = HostCalendar(system)
    webhooks = [
        calendar.webhook("BOOKING_CREATED", first, stays, starts=at(7), **SEATS),
        calendar.webhook("BOOKING_CREATED", first, goes, starts=at(7), **SEATS),
        calendar.webhook(
            "BOOKING_RESCHEDULED", second, stays, starts=at(8), rescheduleUid=first, **SEATS
        ),
        calendar.webhook("BOOKING_CANCELLED", first, goes, starts=at(7), **SEATS),
    ]
    await _post_shuffled(calendar, webhooks, dice)
    await system.in_stage(stays_lead, 60_000_002)
    await system.quiet()

    assert await _appointments(system, stays_lead) == [second]
    assert await _appointments(system, goes_lead) == []
    assert (await system.timers(stays_lead))["reminder"] == at(7)
    assert "reminder" not in await system.timers(goes_lead)


async def a_series(system: WiredSystem, dice: random.Random) -> None:
    """Four weekly meetings, of which the second is cancelled."""
    form, lead = await _welcomed(system)
    weeks = [at(7 * week) for week in (1, 2, 3, 4)]
    calendar = HostCalendar(system)
    webhooks = [
        calendar.webhook("BOOKING_CREATED", f"rec{lead}n{number}", form, starts=week, **SERIES)
        for number, week in enumerate(weeks)
    ]
    webhooks.append(calendar.webhook("BOOKING_CANCELLED", f"rec{lead}n1", form, starts=weeks[1]))
    await _post_shuffled(calendar, webhooks, dice)
    await system.happens(lead, "lead.booked", "whatsapp touch.delivered", seconds=60)
    await system.quiet()

    assert len(await _appointments(system, lead)) == 3
    actions = await system.actions(lead)
    assert (actions.count("lead.booked"), actions.count("whatsapp touch.sent")) == (1, 1)
    assert (await system.timers(lead))["reminder"] == weeks[3] - DAYS


async def moves_under_one_uid(system: WiredSystem, dice: random.Random) -> None:
    form, lead = await _welcomed(system)
    uid = f"same{lead}"
    calendar = HostCalendar(system)
    webhooks = [
        calendar.webhook("BOOKING_CREATED", uid, form, starts=at(7)),
        calendar.webhook("BOOKING_RESCHEDULED", uid, form, starts=at(8), rescheduleUid=uid),
        calendar.webhook("BOOKING_RESCHEDULED", uid, form, starts=at(9), rescheduleUid=uid),
    ]
    await _post_shuffled(calendar, webhooks, dice)
    await system.in_stage(lead, 60_000_002)
    await system.quiet()

    assert (await system.timers(lead))["reminder"] == at(8)


async def an_acceptance_by_api(system: WiredSystem, dice: random.Random) -> None:
    """The host accepts a request by the API, which repeats the webhook of the request as it was."""
    form, lead = await _welcomed(system)
    request: dict[str, Any] = {"starts": at(7), "status": "PENDING", "requiresConfirmation": True}
    calendar = HostCalendar(system)
    webhooks = [
        calendar.webhook("BOOKING_REQUESTED", f"api{lead}", form, **request),
        calendar.webhook(
            "BOOKING_REQUESTED", f"api{lead}", form, after=timedelta(minutes=5), **request
        ),
    ]
    await _post_shuffled(calendar, webhooks, dice)
    await system.happens(lead, "lead.booked", WRITTEN_TO, seconds=60)
    await system.in_stage(lead, 60_000_002)
    await system.quiet()

    assert (await system.actions(lead)).count("whatsapp touch.sent") == 1
    assert (await system.timers(lead))["reminder"] == at(6)


async def a_soft_bounce(system: WiredSystem, _: random.Random) -> None:
    """A full mailbox costs this mail, and the next one is sent."""
    form = person(email=f"softbounce.{time.time_ns()}@example.com")
    lead = await system.lead(form)
    await system.happens(lead, REGISTERED, "email touch.failed", seconds=60)
    await system.planned(lead, *FOLLOW_UPS)
    await system.let_pass(lead, "day_6")
    await _mailed(system, form, times=2)
    await system.quiet()

    assert "address.suspended" not in await system.actions(lead)


async def a_sender_at_fault(system: WiredSystem, dice: random.Random) -> None:
    """Brevo blocks a mail because of our domain: it is sent again, and blames no address."""
    form = person(email=f"silent.{time.time_ns()}@example.com")
    lead = await system.lead(form)
    await system.happens(lead, REGISTERED, "email touch.sent", seconds=60)
    touch = await _touch(system, lead, "email")
    event = {
        "event": dice.choice(["error", "blocked", "Hard_Bounce"]),
        "email": form["email"],
        "message-id": "<1@smtp-relay.mailin.fr>",
        "ts_event": int(time.time()),
        "reason": dice.choice(["Sender domain not verified", "SPF fail", "NOT_ENOUGH_CREDITS"]),
        "X-Mailin-custom": touch,
    }
    for _ in range(2):
        assert (await brevo_posts(system, event)).status_code == 204
    await system.happens(lead, "email touch.held", seconds=60)
    assert (await system.actions(lead)).count("email touch.held") == 1
    # as if the days until somebody had corrected it had passed
    await system.sql("notify", "update touches set check_at = now() where touch_id = $1", touch)
    await system.quiet()

    assert (await system.actions(lead)).count("email touch.sent") == 2
    assert "address.suspended" not in await system.actions(lead)


async def call_screening(system: WiredSystem, dice: random.Random) -> None:
    """A phone that asks callers for their name answers for two seconds: a WhatsApp follows."""
    form = person()
    url = f"{system.native.addresses.simulator}/simulator/people/{e164(form)}"
    screens = {"hangs_up_after": 2, "answered_by": dice.choice(["human", "unknown"])}
    (await system.http.put(url, json=screens)).raise_for_status()
    lead = await system.lead(form)
    await system.happens(lead, REGISTERED, "call.unanswered", WRITTEN_TO, seconds=60)
    await system.quiet()

    assert "call.answered" not in await system.actions(lead)
    assert len(await system.simulator("messages", e164(form))) == 1


async def a_hidden_number(system: WiredSystem, dice: random.Random) -> None:
    """Somebody whose number WhatsApp hides writes BAJA in answer to our message."""
    form = person(1)
    lead = await system.lead(form)
    await system.happens(lead, REGISTERED, WRITTEN_TO, seconds=60)
    [message] = await system.simulator("messages", e164(form))
    for _ in range(2):
        await _simulate(
            system,
            "POST",
            "write",
            phone=e164(form),
            text=dice.choice(["BAJA", "baja.", "Stop"]),
            hidden=True,
            answers=message["sid"],
        )
    await system.happens(lead, "lead.opted_out", seconds=60)
    await system.planned(lead)
    await system.quiet()

    assert len(await system.simulator("messages", e164(form))) == 1


async def a_move_by_user_0(system: WiredSystem, _: random.Random) -> None:
    """A person moves the deal, and Kommo names user 0: nobody follows it up."""
    _form, lead = await _welcomed(system)
    await system.planned(lead, *FOLLOW_UPS)
    deal = (await system.kommo_lead(lead))["id"]
    await _simulate(system, "POST", f"kommo/{deal}/move", status_id=60_000_003, by=0)
    await system.happens(lead, "lead.closed", seconds=60)
    await system.planned(lead)
    await system.quiet()

    assert (await system.kommo_lead(lead))["status_id"] == 60_000_003


async def an_account_that_moved(system: WiredSystem, _: random.Random) -> None:
    """Kommo answers 301 while the account has another name: every lead waits, none is refused."""
    await _simulate(system, "PUT", "kommo/account", moved_to=system.native.addresses.simulator)
    try:
        lead = await system.lead(person())
        await system.happens(lead, "email touch.delivered", seconds=60)
        await system.until(
            lambda: _redirected(system), lambda: "Kommo redirected no request", seconds=60
        )
    finally:
        await _simulate(system, "PUT", "kommo/account", moved_to=None)
    await system.happens(lead, REGISTERED, seconds=120)

    assert "lead.registration_failed" not in await system.actions(lead)


async def a_deleted_contact(system: WiredSystem, _: random.Random) -> None:
    """Somebody deletes the contact in Kommo: the next form makes another one."""
    form, lead = await _welcomed(system)
    gone = (await system.kommo_lead(lead))["contact_id"]
    await _simulate(system, "DELETE", f"kommo/contacts/{gone}")
    await system.lead(form | {"email": f"otra-{form['email']}"})

    async def linked() -> bool:
        return (await system.kommo_lead(lead))["contact_id"] not in (None, gone)

    await system.until(linked, lambda: f"lead {lead} stays without a contact", seconds=60)


async def callbacks_out_of_order(system: WiredSystem, dice: random.Random) -> None:
    """Every step of a mail and of a WhatsApp, in any order: each arrives once."""
    form = person(2, 7, email=f"silent.{time.time_ns()}@example.com")
    lead = await system.lead(form)
    await system.happens(lead, REGISTERED, "email touch.sent", "whatsapp touch.sent", seconds=60)
    mail = await _touch(system, lead, "email")
    message = await _touch(system, lead, "whatsapp")
    [sent] = await system.simulator("messages", e164(form))
    steps = [("mail", step) for step in ("request", "deferred", "delivered", "opened")]
    steps += [("message", step) for step in ("queued", "sent", "delivered", "read")]
    for kind, step in dice.sample([*steps, *steps], 2 * len(steps)):
        if kind == "mail":
            about = {"event": step, "email": form["email"], "message-id": "<2@x>"}
            answer = await brevo_posts(system, {**about, "ts_event": 1, "X-Mailin-custom": mail})
        else:
            params = {"MessageSid": sent["sid"], "MessageStatus": step}
            answer = await twilio_posts(system, f"/webhooks/twilio/message?touch={message}", params)
        assert answer.status_code == 204, (kind, step)
    await system.happens(lead, "email touch.delivered", WRITTEN_TO, seconds=60)
    await system.quiet()

    actions = await system.actions(lead)
    for channel in ("email", "whatsapp"):
        assert actions.count(f"{channel} touch.sent") == 1
        assert actions.count(f"{channel} touch.delivered") == 1


async def _simulate(system: WiredSystem, method: str, path: str, **body: Any) -> None:
    url = f"{system.native.addresses.simulator}/simulator/{path}"
    (await system.http.request(method, url, json=body)).raise_for_status()


async def _touch(system: WiredSystem, lead: int, channel: str) -> str:
    """Returns the id of the only touch of the lead on this channel."""
    statement = "select touch_id from touches where lead_id = $1 and channel = $2"
    return str(await system.sql("notify", statement, lead, channel))


async def _mailed(system: WiredSystem, form: dict[str, Any], *, times: int) -> None:
    async def there() -> bool:
        return len(await system.simulator("emails", form["email"])) == times

    await system.until(there, lambda: f"not {times} mails", seconds=60)


async def _redirected(system: WiredSystem) -> bool:
    url = f"{system.native.addresses.simulator}/simulator/requests"
    seen = (await system.http.get(url, params={"provider": "kommo"})).json()
    return any(request["status"] == 301 for request in seen)


async def _welcomed(system: WiredSystem) -> tuple[dict[str, Any], int]:
    form = person()
    lead = await system.lead(form)
    await system.happens(lead, "lead.registered", "email touch.delivered", seconds=60)
    return form, lead


async def _post_shuffled(
    calendar: HostCalendar, webhooks: Sequence[dict[str, Any]], dice: random.Random
) -> None:
    """Posts each webhook twice, in an order that the seed draws."""
    for webhook in dice.sample([*webhooks, *webhooks], 2 * len(webhooks)):
        await calendar.deliver(webhook)


async def _appointments(system: WiredSystem, lead: int) -> list[str]:
    """Returns the uids of the bookings that crm's database still has for the lead."""
    connection = await system.connect("crm")
    try:
        rows = await connection.fetch(
            "select uid from appointments where lead_id = $1 and stage in (1, 2) order by uid",
            lead,
        )
    finally:
        await connection.close()
    return [row["uid"] for row in rows]
