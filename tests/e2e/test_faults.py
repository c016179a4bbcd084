"""Failures while leads arrive: every accepted lead still gets each of its touches once."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from contracts.events.touch import Channel, Kind, TouchDue
from tests.builders import a_lead_created
from tests.servers import Server
from tests.system import REPLICATED, System, e164, everything_received, lines, person

pytestmark = [pytest.mark.connected, pytest.mark.timeout(300)]

DONE = ("email touch.delivered", "lead.registered", "call.unanswered", "whatsapp touch.delivered")
ONCE = {"calls": 1, "whatsapp": 1, "sms": 0, "emails": 1}


async def burst(
    system: System, people: list[dict[str, Any]], *, persistent: bool = True
) -> dict[int, dict[str, Any]]:
    """Sends every form until it is accepted, as after a 503. Returns the forms by lead id."""
    gate = asyncio.Semaphore(8)

    async def send(form: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        async with gate:
            for _ in range(150):
                try:
                    answer = await system.post(form)
                except Exception:  # the answer was lost with a replica: the form is resent
                    answer = None
                if answer is not None and answer.status_code == 200:
                    return int(answer.json()["lead_id"]), form
                assert persistent or answer is None or answer.status_code in (502, 503)
                await asyncio.sleep(0.2)
            raise AssertionError(f"never accepted: {answer.text if answer else 'no answer'}")

    return dict(await asyncio.gather(*(send(form) for form in people)))


async def kill_and_restart(server: Server) -> None:
    for step in (server.kill, server.start, server.wait):
        await asyncio.to_thread(step)


async def each_once(
    system: System, leads: dict[int, dict[str, Any]], *, seconds: float = 60
) -> None:
    for lead in leads:
        await system.happens(lead, *DONE, seconds=seconds)
    await system.quiet()
    assert await everything_received(system, leads.values()) == [ONCE] * len(leads)
    kommo = [kommo_lead["name"] for kommo_lead in (await system.simulator("kommo"))["leads"]]
    assert [sum(name.endswith(f"#{lead}") for name in kommo) for lead in leads] == [1] * len(leads)
    for lead in leads:
        actions = [
            action
            for action in await system.actions(lead)
            if not action.endswith(("touch.checked", "touch.delayed"))
        ]
        assert len(set(actions)) == len(actions), (
            f"lead {lead}: an event was published twice: {actions}"
        )


async def test_rabbitmq_restarts_in_the_middle_of_a_burst(system: System) -> None:
    people = [person(2) for _ in range(40)]
    sending = asyncio.create_task(burst(system, people))
    await system.until(lambda: _any_lead(system, people), lambda: "no lead yet")
    await kill_and_restart(system.rabbitmq)
    leads = await sending

    assert len(leads) == len(people)
    await each_once(system, leads)


async def test_leads_are_accepted_while_rabbitmq_is_unavailable(system: System) -> None:
    await asyncio.to_thread(system.rabbitmq.kill)
    form = person(2)
    lead = await system.lead(form)
    await gauge(system, "relay_connected", {0.0})
    await gauge(system, "outbox_waiting", {1.0})
    await asyncio.to_thread(system.rabbitmq.start)
    await asyncio.to_thread(system.rabbitmq.wait)

    await each_once(system, {lead: form})
    await gauge(system, "relay_connected", {1.0})
    await gauge(system, "outbox_waiting", {0.0})


async def gauge(system: System, name: str, values: set[float]) -> None:
    """Waits until the gauge has these values in the replicas of intake."""

    async def condition() -> bool:
        ports = [port for _, port in system.replicas["intake"]]
        pages = [
            (await system.http.get(f"http://127.0.0.1:{port}/metrics/")).text for port in ports
        ]
        lines = "\n".join(pages).splitlines()
        return {float(line.split()[1]) for line in lines if line.startswith(f"{name} ")} == values

    await system.until(condition, lambda: f"{name} never was {values}")


async def test_a_message_that_can_neither_be_processed_nor_retried_is_held_and_not_returned(
    system: System,
) -> None:
    """The broker dead-letters after fifty returns, so an alarm of minutes would dead-letter all."""
    form = person(2)
    created = a_lead_created(
        lead_id=7_100_001, phone=e164(form), email=form["email"], name=form["nombre"]
    )
    before = await redeliveries(system)
    await asyncio.to_thread(system.postgres.kill)
    try:
        await system.publish(created)
        await system.rabbitmqctl("set_vm_memory_high_watermark", "0.00001")
        await asyncio.sleep(25)  # twice as long as one publication to a retry queue takes to fail
        after = await redeliveries(system)
    finally:
        await system.rabbitmqctl("set_vm_memory_high_watermark", "0.4")
        await asyncio.to_thread(system.postgres.start)
        await asyncio.to_thread(system.postgres.wait)

    await system.happens(
        created.lead_id, "email touch.delivered", "call.unanswered", "whatsapp touch.delivered"
    )
    assert after == before


async def redeliveries(system: System) -> dict[str, int]:
    """Returns how often each queue has redelivered a message."""
    queues = (await system.management("GET", "/queues")).json()
    return {queue["name"]: queue.get("message_stats", {}).get("redeliver", 0) for queue in queues}


async def test_postgresql_restarts_in_the_middle_of_a_burst(system: System) -> None:
    people = [person(2) for _ in range(40)]
    sending = asyncio.create_task(burst(system, people))
    await system.until(lambda: _any_lead(system, people), lambda: "no lead yet")
    await kill_and_restart(system.postgres)
    leads = await sending

    assert len(leads) == len(people)
    await each_once(system, leads)


async def test_without_its_database_intake_answers_503_with_retry_after(system: System) -> None:
    await asyncio.to_thread(system.postgres.kill)
    try:
        answer = await system.post(person())
    finally:
        await asyncio.to_thread(system.postgres.start)
        await asyncio.to_thread(system.postgres.wait)

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["errors"][0]["message"].startswith("No pudimos guardar")
    for name in REPLICATED:
        system.wait_for(name)


async def test_notify_is_killed_between_the_providers_answer_and_the_commit(system: System) -> None:
    """Locks the ledger, so that the answer arrives and cannot be committed."""
    form = person(2)
    await system.inject_fault(
        provider="twilio", kind="slow", seconds=1.0, method="POST", path="/Calls.json"
    )
    lead = await system.lead(form)

    async def dialled() -> bool:
        return bool(await system.simulator("calls", e164(form)))

    await system.until(dialled, lambda: "never dialled")
    connection = await system.connect("notify")
    try:
        async with connection.transaction():
            await connection.execute("lock table touches in share row exclusive mode")

            async def stuck() -> bool:
                return bool(
                    await system.sql(
                        "notify",
                        """select count(*) from pg_stat_activity
                           where datname = 'notify' and wait_event_type = 'Lock'
                             and query like '%provider_ref = coalesce(nullif%'""",
                    )
                )

            await system.until(stuck, lambda: "the answer never reached the commit")
            await asyncio.to_thread(system.kill, "notify")
    finally:
        await connection.close()
    await asyncio.to_thread(system.restart, "notify")

    await each_once(system, {lead: form})


@pytest.mark.parametrize("service", REPLICATED)
async def test_a_service_is_killed_in_the_middle_of_a_burst(system: System, service: str) -> None:
    people = [person(2) for _ in range(20)]
    sending = asyncio.create_task(burst(system, people))
    await system.until(lambda: _any_lead(system, people), lambda: "no lead yet")
    await asyncio.to_thread(system.kill, service)
    await asyncio.to_thread(system.restart, service)
    leads = await sending

    await each_once(system, leads)


async def test_a_graceful_stop_finishes_its_claimed_work(system: System) -> None:
    people = [person(2) for _ in range(20)]
    sending = asyncio.create_task(burst(system, people))
    await system.until(lambda: _any_lead(system, people), lambda: "no lead yet")
    for process, _ in system.replicas["notify"]:
        await asyncio.to_thread(process.stop)
    await asyncio.to_thread(system.restart, "notify")
    leads = await sending

    await each_once(system, leads)
    for lead in leads:
        assert not [action for action in await system.actions(lead) if "uncertain" in action]


async def test_kommo_is_down_while_everything_else_flows_and_catches_up_afterwards(
    system: System,
) -> None:
    await system.inject_fault(provider="kommo", kind="status", status=503, times=10_000)
    people = [person(2) for _ in range(10)]
    leads = await burst(system, people)
    for lead in leads:
        await system.happens(
            lead, "email touch.delivered", "call.unanswered", "whatsapp touch.delivered"
        )
    assert not [lead for lead in leads if "lead.registered" in await system.actions(lead)]
    await system.clear_faults()

    await each_once(system, leads, seconds=90)


@pytest.mark.parametrize("kind", ["lose", "cut", "empty", "stall"])
@pytest.mark.parametrize(
    ("provider", "path"),
    [("twilio", "/Calls.json"), ("twilio", "/Messages.json"), ("brevo", "/smtp/email")],
)
async def test_an_answer_that_is_lost_is_asked_about_not_repeated(
    system: System, provider: str, path: str, kind: str
) -> None:
    await system.inject_fault(provider=provider, kind=kind, method="POST", path=path, seconds=3)
    form = person(2)
    lead = await system.lead(form)

    await each_once(system, {lead: form})


@pytest.mark.parametrize("kind", ["refuse", "status", "hang", "html"])
@pytest.mark.parametrize(
    ("provider", "path"),
    [("twilio", "/Calls.json"), ("twilio", "/Messages.json"), ("brevo", "/smtp/email")],
)
async def test_a_request_that_was_never_carried_out_is_retried(
    system: System, provider: str, path: str, kind: str
) -> None:
    await system.inject_fault(
        provider=provider, kind=kind, method="POST", path=path, seconds=3, status=500
    )
    form = person(2)
    lead = await system.lead(form)

    await each_once(system, {lead: form})


@pytest.mark.parametrize(
    ("provider", "path"), [("twilio", "/Calls.json"), ("brevo", "/smtp/email")]
)
async def test_too_many_requests_wait_as_long_as_the_provider_asks(
    system: System, provider: str, path: str
) -> None:
    await system.inject_fault(
        provider=provider, kind="status", status=429, retry_after="2", method="POST", path=path
    )
    form = person(2)
    lead = await system.lead(form)
    await each_once(system, {lead: form})

    tries = [
        request
        for request in await system.simulator("requests")
        if path in request["path"] and request["method"] == "POST"
    ]
    refused = next(attempt for attempt in tries if attempt["status"] == 429 and attempt["fault"])
    again = next(attempt for attempt in tries if attempt["at"] > refused["at"])
    assert again["at"] - refused["at"] >= 2
    await system.clear_faults()


@pytest.mark.parametrize("kind", ["lose", "cut", "stall"])
async def test_a_lead_that_kommo_may_have_is_searched_for_before_it_is_created_again(
    system: System, kind: str
) -> None:
    await system.inject_fault(
        provider="kommo", kind=kind, method="POST", path="/leads/complex", seconds=4
    )
    form = person(2)
    lead = await system.lead(form)

    await each_once(system, {lead: form})


async def test_receipts_that_never_come_are_asked_for(system: System) -> None:
    """Loses every attempt of Twilio's callbacks."""
    form = person(2)
    await system.inject_fault(
        provider="twilio", kind="slow", seconds=0.5, method="POST", path="/Calls.json"
    )
    receipts = f"{system.native.addresses.simulator}/simulator/callbacks"
    await system.http.put(receipts, json={"lost": "/webhooks/twilio/call"})
    try:
        lead = await system.lead(form)

        async def over() -> bool:
            return any(
                call["status"] == "no-answer"
                for call in await system.simulator("calls", e164(form))
            )

        await system.until(over, lambda: "the call never ended")
        await system.happens(lead, "call.unanswered", seconds=30)
    finally:
        await system.http.put(receipts, json={})

    await each_once(system, {lead: form})


async def test_a_message_nobody_can_read_is_dead_lettered_with_its_reason(system: System) -> None:
    poison = {
        "routing_key": "lead.created",
        "payload": '{"lead_id": "ana@example.com"}',
        "payload_encoding": "string",
    }
    services = ("notify", "crm", "console")
    for service in services:  # other tests may have left theirs
        await system.management("DELETE", f"/queues/%2F/{service}.dead/contents")
    await system.management(
        "POST",
        "/exchanges/%2F/events/publish",
        json=poison | {"properties": {"content_type": "application/json"}},
    )

    for service in services:
        message = await _dead_lettered(system, service, "permanent")
        assert message["payload"] == poison["payload"]
        headers = message["properties"]["headers"]
        assert "ValidationError" in headers["x-error"]
        assert "ana@example.com" not in json.dumps(headers)
        assert headers["x-first-failure"]
        assert message["routing_key"].startswith(f"{service}.")


async def test_a_message_that_stays_impossible_is_dead_lettered_after_every_retry(
    system: System,
) -> None:
    """Publishes a touch of an unknown lead, whose own event may still be in transit."""
    due = TouchDue(
        lead_id=9_000_001,
        touch_id=UUID(int=1),
        step="day_3",
        template="day_3",
        channel=Channel.WHATSAPP,
        kind=Kind.FOLLOW_UP,
    )
    await system.publish(due)
    message = await _dead_lettered(system, "notify", "attempts-exhausted", seconds=60)

    assert (
        message["properties"]["headers"]["x-error"]
        == "Unavailable: the lead's card is not here yet"
    )
    assert message["properties"]["headers"]["x-attempt"] == 8
    assert message["properties"]["correlation_id"] == "9000001"


async def test_no_personal_data_in_any_log(system: System) -> None:
    """Checks everything that the tests above have logged."""
    log = system.logs()

    assert "touch.sent" in log
    for telltale in ("@example.com", "Persona Número", "solo.correo"):
        assert [line for line in log.splitlines() if telltale in line and "***@" not in line] == []
    numbers = {
        call["to"].removeprefix("whatsapp:").removeprefix("+52")
        for call in await system.simulator("calls")
    }
    assert len(numbers) > 100
    assert [number for number in numbers if number in log] == []
    accepted = [line for line in lines(log) if line.get("event") == "lead.accepted"]
    assert all(line.get("lead_id") and line.get("trace") for line in accepted)


async def _any_lead(system: System, people: list[dict[str, Any]]) -> bool:
    query = "select true from submissions where phone = any($1)"
    return bool(await system.sql("intake", query, [e164(p) for p in people]))


async def _dead_lettered(
    system: System, service: str, reason: str, *, seconds: float = 30
) -> dict[str, Any]:
    """Takes one message with this reason from the service's dead-letter queue."""
    taken: list[dict[str, Any]] = []

    async def there() -> bool:
        how = {"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}
        found = (
            await system.management("POST", f"/queues/%2F/{service}.dead/get", json=how)
        ).json()
        taken.extend(
            message for message in found if message["properties"]["headers"]["x-reason"] == reason
        )
        return bool(taken)

    await system.until(there, lambda: f"{service} has dead-lettered nothing", seconds=seconds)
    return taken[0]
