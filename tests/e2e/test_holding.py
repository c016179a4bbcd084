"""Reasons to hold touches: the operators' switch, an unavailable provider, the spending."""

import asyncio
import time
from typing import Any

import pytest

from tests.builders import a_lead_created
from tests.system import System, e164, everything_received, person, received

pytestmark = pytest.mark.connected

WELCOMED = ("email touch.delivered", "call.unanswered", "whatsapp touch.delivered")
ONCE = {"calls": 1, "whatsapp": 1, "sms": 0, "emails": 1}


async def turn_switch(system: System, command: str) -> None:
    url = f"{system.native.addresses.console}/api/switch/{command}"
    answer = await system.http.post(url, json={"by": "Operadora", "reason": "prueba"})
    assert answer.status_code == 202

    async def applied() -> bool:
        paused = [await system.sql(name, "select paused from switch") for name in ("notify", "crm")]
        return paused == [command == "pause"] * 2

    await system.until(applied, lambda: f"not every service has applied {command}")


async def switch(system: System) -> dict[str, Any]:
    return dict((await system.http.get(f"{system.native.addresses.console}/api/switch")).json())


async def test_nothing_leaves_while_everything_is_stopped_also_after_a_restart(
    system: System,
) -> None:
    await turn_switch(system, "pause")
    try:
        system.kill("notify")
        system.kill("crm")
        system.restart("notify")
        system.restart("crm")
        form = person(2)
        lead = await system.lead(form)
        actions = await system.happens(lead, "call touch.held", "email touch.held")
        state = await switch(system)

        assert (state["paused"], state["by"], state["reason"]) == (True, "Operadora", "prueba")
        assert actions.count("call touch.held") == 1
        assert await everything_received(system, [form]) == [dict.fromkeys(ONCE, 0)]
        assert not [
            kommo_lead
            for kommo_lead in (await system.simulator("kommo"))["leads"]
            if kommo_lead["name"].endswith(f"#{lead}")
        ]
    finally:
        await turn_switch(system, "resume")

    await system.happens(lead, *WELCOMED, "lead.registered")
    await system.quiet()
    assert await everything_received(system, [form]) == [ONCE]
    assert not (await switch(system))["paused"]


@pytest.mark.parametrize(("provider", "path"), [("twilio", "/2010"), ("brevo", "/smtp/email")])
async def test_touches_wait_for_a_provider_that_fails_and_are_made_when_it_recovers(
    system: System, provider: str, path: str
) -> None:
    began = time.time()
    await system.inject_fault(
        provider=provider, kind="status", status=401, times=100_000, path=path
    )
    channel = "email" if provider == "brevo" else "call"
    people = [person(2) for _ in range(10)]
    try:
        leads = [await system.lead(form) for form in people]
        for lead in leads[2:]:
            await system.happens(lead, f"{channel} touch.held")
        requests = [
            request
            for request in await system.simulator("requests")
            if request["at"] > began
            and request["status"] == 401
            and request["path"].endswith(("/Calls.json", "/smtp/email"))
        ]
    finally:
        await system.clear_faults()

    # two replicas, each with a few requests before its first answer
    assert len(requests) <= 2 * 5 * 2, "the provider was called again and again"
    for lead in leads:
        await system.happens(lead, *WELCOMED, seconds=90)
    await system.quiet()
    assert await everything_received(system, people) == [ONCE] * len(people)
    assert {"provider.unavailable", "provider.recovered"} <= set(await system.actions(0))


async def test_a_number_gets_one_welcome_call_a_day_whoever_asks_for_it(system: System) -> None:
    """Four leads give one number at once: one is called, the others wait for the next morning."""
    phone = e164(person(2))
    leads = [7_000_000 + number for number in range(4)]
    emails = [f"otra{lead}@example.com" for lead in leads]
    created = [
        a_lead_created(lead_id=lead, phone=phone, email=email)
        for lead, email in zip(leads, emails, strict=True)
    ]
    await asyncio.gather(*(system.publish(event) for event in created))
    for lead in leads:
        await system.happens(lead, "email touch.delivered")
    await system.quiet()

    assert len(await system.simulator("calls", phone)) == 1
    assert [("call touch.deferred" in await system.actions(lead)) for lead in leads].count(
        True
    ) == 3


async def test_a_number_of_another_country_is_not_called(system: System) -> None:
    form = person(2, telefono="+33612345678")
    lead = await system.lead(form)
    await system.happens(lead, "call touch.skipped", "email touch.delivered")
    await system.quiet()

    assert (
        received(form | {"telefono": None}, [], [], await system.simulator("emails"))["emails"] == 1
    )
    assert not await system.simulator("calls", "+33612345678")


async def test_above_the_days_spending_calls_wait_and_emails_go(system: System) -> None:
    """Pretends a thousand million calls were made today, and removes them at the end."""
    before = await system.lead(person())
    await system.happens(before, "call.answered")
    spent = "update touches set sendings = $2 where lead_id = $1 and channel = 'call' returning 1"
    await system.sql("notify", spent, before, 1_000_000_000)
    deadline = time.monotonic() + 30
    try:
        while True:
            form = person(2)
            lead = await system.lead(form)
            actions = await system.happens(lead, "email touch.delivered")
            if "call touch.held" in actions:
                break
            assert time.monotonic() < deadline, "it was never too much"
        assert not await system.simulator("calls", e164(form))
        await system.happens(0, "spending.reached")
        now_page = await system.http.get(f"{system.native.addresses.gateway}/console")
        assert "llegó al 80% de su tope" in now_page.text
    finally:
        await system.sql("notify", spent, before, 1)

    await system.happens(lead, *WELCOMED, seconds=90)


async def test_above_a_cap_calls_wait_for_an_operator_and_emails_go(system: System) -> None:
    """Pretends two million calls answered forms within the hour, and removes them at the end."""
    before = await system.lead(person())
    await system.happens(before, "call.answered")
    made = "update touches set sendings = $2 where lead_id = $1 and channel = 'call' returning 1"
    await system.sql("notify", made, before, 2_000_000)
    deadline = time.monotonic() + 30
    try:
        while True:
            form = person(2)
            lead = await system.lead(form)
            actions = await system.happens(lead, "email touch.delivered")
            if "call touch.held" in actions:
                break
            assert time.monotonic() < deadline, "no cap was ever reached"
    finally:
        await system.sql("notify", made, before, 1)
    console = system.native.addresses.console

    async def shown() -> bool:
        groups = (await system.http.get(f"{console}/api/held")).json()
        return [(group["reason"], group["scope"]) for group in groups] == [
            ("capped", "door /api/lead")
        ]

    await system.until(shown, lambda: "the held call is not shown")
    assert not await system.simulator("calls", e164(form))
    command = {"by": "Operadora", "reason": "capped", "scope": "door /api/lead"}
    (await system.http.post(f"{console}/api/held/release", json=command)).raise_for_status()

    await system.happens(lead, *WELCOMED, seconds=60)


async def test_a_number_of_an_unknown_range_waits_for_an_operator(system: System) -> None:
    form = person(2) | {"telefono": "+527001230020"}
    lead = await system.lead(form)
    await system.happens(lead, "call touch.held", "email touch.delivered")

    assert not await system.simulator("calls", "+527001230020")
    command = {"by": "Operadora", "reason": "number_unknown", "scope": f"lead {lead}"}
    url = f"{system.native.addresses.console}/api/held/release"
    (await system.http.post(url, json=command)).raise_for_status()
    await system.happens(lead, "call touch.sent", "whatsapp touch.sent", seconds=60)


async def shows(system: System, path: str, text: str, *, expected: bool = True) -> None:
    """Waits until a page of the console shows the text, or no longer shows it."""

    async def condition() -> bool:
        page = await system.http.get(f"{system.native.addresses.console}/console{path}")
        return (text in page.text) is expected

    await system.until(condition, lambda: f"{text} on {path or '/'}: not {expected}")


@pytest.mark.parametrize(
    ("provider", "path", "channel"),
    [("twilio", "/2010", "call"), ("brevo", "/smtp/email", "email")],
)
async def test_the_first_failure_is_seen_at_once_with_its_reason_and_the_next_attempt(
    system: System, provider: str, path: str, channel: str
) -> None:
    await system.inject_fault(
        provider=provider, kind="status", status=429, times=2, path=path, retry_after="5"
    )
    form = person()
    try:
        lead = await system.lead(form)
        await system.happens(lead, f"{channel} touch.delayed", seconds=10)
        await shows(system, "", "no disponible desde")
        await shows(system, f"/leads/{lead}", "Todavía no se envía")
        await shows(system, f"/leads/{lead}", "próximo intento")
    finally:
        await system.clear_faults()

    await system.happens(lead, "call.answered", "email touch.delivered", seconds=60)
    await shows(system, "", "no disponible desde", expected=False)
    await system.quiet()
    assert await everything_received(system, [form]) == [
        {"calls": 1, "whatsapp": 0, "sms": 0, "emails": 1}
    ]
