"""Dead letters: shown with their reason, replayed without harm, discarded on the record."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import pytest
import pytest_asyncio

from contracts.events.touch import Channel, FailureKind, TouchFailed
from tests.builders import a_lead_created
from tests.system import System, e164, everything_received, person

pytestmark = pytest.mark.connected

DONE = ("email touch.delivered", "lead.registered", "call.unanswered", "whatsapp touch.delivered")


async def letters(system: System) -> list[dict[str, Any]]:
    return list(
        (await system.http.get(f"{system.native.addresses.console}/api/dead?limit=10000")).json()
    )


async def act(system: System, action: str, ids: list[str]) -> list[str]:
    url = f"{system.native.addresses.console}/api/dead/{action}"
    answer = await system.http.post(url, json={"by": "Operadora", "ids": ids})
    answer.raise_for_status()
    return list(answer.json())


async def dead_lettered(system: System, count: int, **wanted: Any) -> list[dict[str, Any]]:
    """Waits until at least `count` letters match, and returns them."""
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        nonlocal found
        found = [letter for letter in await letters(system) if wanted.items() <= letter.items()]
        return len(found) >= count

    await system.until(
        there, lambda: f"wanted {count} letters with {wanted}, saw {found}", seconds=60
    )
    return found


async def publish(system: System, body: bytes, topic: str) -> None:
    async with await aio_pika.connect(system.broker_url()) as connection:
        exchange = await (await connection.channel()).get_exchange("events")
        message = aio_pika.Message(body, message_id=str(uuid4()), content_type="application/json")
        await exchange.publish(message, topic)


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def no_letters(system: System) -> AsyncIterator[None]:
    """Discards the dead letters of other tests before each test, and its own after it."""
    for _ in range(2):
        if ids := [letter["letter_id"] for letter in await letters(system)]:
            await act(system, "discard", ids)
    yield
    if ids := [letter["letter_id"] for letter in await letters(system)]:
        await act(system, "discard", ids)


@pytest.mark.parametrize(
    ("body", "topic", "error"),
    [
        pytest.param(b"\xff\xfe no JSON", "lead.created", "Error", id="undecodable"),
        pytest.param(
            b'{"topic": "lead.created", "schema_version": 9}',
            "lead.created",
            "Validation",
            id="unknown",
        ),
    ],
)
async def test_an_unreadable_message_is_shown_with_its_reason(
    system: System, body: bytes, topic: str, error: str
) -> None:
    await publish(system, body, topic)
    found = await dead_lettered(system, 5, reason="permanent", attempts=1)

    assert {letter["queue"] for letter in found} == {
        "notify.call",
        "notify.email",
        "crm.leads",
        "scheduler.leads",
        "console.events",
    }
    for letter in found:
        assert letter["reason"] == "permanent"
        assert error in letter["error"]
        assert letter["attempts"] == 1
        assert letter["first_failure"] == letter["last_failure"] != ""


async def test_an_event_of_another_version_is_ignored_with_a_warning(system: System) -> None:
    """During a rollout, queues carry events that the older version does not know."""
    unknown = a_lead_created().model_dump_json().replace('"lead.created"', '"lead.from_tomorrow"')
    for topic in ("lead.created", "lead.updated"):
        await publish(system, unknown.encode(), topic)
    await system.quiet()

    assert [
        letter["queue"]
        for letter in await letters(system)
        if letter["topic"] == "lead.from_tomorrow"
    ] == []
    assert "message.unknown_topic" in system.logs()


async def test_a_message_that_always_raises_is_shown_with_its_traceback_and_its_lead(
    system: System,
) -> None:
    await system.publish(a_failure_of_nothing())
    [letter] = await dead_lettered(system, 1, queue="notify.fallback")

    assert letter["error"] == f"LookupError: no touch {UUID(int=7)}"
    assert "consumers.py" in letter["where"]
    assert (letter["lead_id"], letter["topic"]) == (8_000_001, "touch.failed")


async def test_a_letter_whose_cause_is_repaired_takes_effect_once(system: System) -> None:
    form = person(2)
    await system.sql("crm", "alter table registrations rename to registrations_away")
    try:
        lead = await system.lead(form)
        [letter] = await dead_lettered(system, 1, queue="crm.leads")
    finally:
        await system.sql("crm", "alter table registrations_away rename to registrations")
    assert letter["lead_id"] == lead

    assert await act(system, "replay", [letter["letter_id"]]) == [letter["letter_id"]]
    await system.happens(lead, *DONE, seconds=60)
    assert await act(system, "replay", [letter["letter_id"]]) == []
    await system.quiet()
    kommo = [kommo_lead["name"] for kommo_lead in (await system.simulator("kommo"))["leads"]]
    assert [name.endswith(f"#{lead}") for name in kommo].count(True) == 1
    assert "dead_letter.replayed" in await system.actions(lead)


async def test_replaying_everything_twice_changes_nothing(system: System) -> None:
    """Dead-letters processed events, as if each had failed after its work was done, and replays."""
    people = [person(2) for _ in range(3)]
    leads = [await system.lead(form) for form in people]
    for lead in leads:
        await system.happens(lead, *DONE, seconds=60)
    await system.quiet()
    before = await everything_received(system, people)
    await dead_letter_again(system, leads)
    for _ in range(2):
        ids = [letter["letter_id"] for letter in await letters(system)]
        assert len(await act(system, "replay", ids)) == len(ids)
        await system.quiet()
        await dead_letter_again(system, leads)

    assert await everything_received(system, people) == before
    kommo = [kommo_lead["name"] for kommo_lead in (await system.simulator("kommo"))["leads"]]
    assert [sum(name.endswith(f"#{lead}") for name in kommo) for lead in leads] == [1] * len(leads)
    for lead in leads:
        actions = [
            action for action in await system.actions(lead) if action != "dead_letter.replayed"
        ]
        assert len(set(actions)) == len(actions), actions


async def dead_letter_again(system: System, leads: list[int]) -> None:
    """Puts every event of these leads into the dead-letter queue of each of its consumers."""
    connection = await system.connect("console")
    try:
        rows = await connection.fetch(
            """select event_id, lead_id, topic, body::text
               from actions
               where lead_id = any($1) and topic <> $2""",
            leads,
            "dead_letter.replayed",
        )
    finally:
        await connection.close()
    bindings = (await system.management("GET", "/exchanges/%2F/events/bindings/source")).json()
    async with await aio_pika.connect(system.broker_url()) as broker:
        channel = await broker.channel()
        for row in rows:
            for binding in bindings:
                if binding["routing_key"] in ("#", row["topic"]):
                    queue = binding["destination"]
                    exchange = await channel.get_exchange(
                        f"{queue.split('.')[0]}.dead", ensure=False
                    )
                    message = aio_pika.Message(
                        row["body"].encode(),
                        message_id=str(row["event_id"]),
                        correlation_id=str(row["lead_id"]),
                        content_type="application/json",
                        headers={
                            "x-error": "put there by a test",
                            "x-reason": "permanent",
                            "x-attempt": 1,
                        },
                    )
                    await exchange.publish(message, queue)


async def test_a_discarded_letter_is_gone_and_recorded(system: System) -> None:
    await system.publish(a_failure_of_nothing())
    [letter] = await dead_lettered(system, 1, queue="notify.fallback")

    assert await act(system, "discard", [letter["letter_id"]]) == [letter["letter_id"]]
    await system.happens(8_000_001, "dead_letter.discarded")
    assert letter["letter_id"] not in [letter["letter_id"] for letter in await letters(system)]


async def test_listing_letters_often_loses_nothing(system: System) -> None:
    """From RabbitMQ 4 on, a quorum queue drops a message that was requeued twenty times."""
    await publish(system, b"no JSON", "touch.deferred")
    [letter] = await dead_lettered(system, 1, queue="scheduler.changes")
    for _ in range(30):
        assert letter["letter_id"] in [letter["letter_id"] for letter in await letters(system)]


async def test_a_dead_lettered_lead_is_called_when_it_is_replayed_and_not_before(
    system: System,
) -> None:
    phone = e164(person(2))
    event = a_lead_created(lead_id=8_000_002, phone=phone, email=None)
    async with await aio_pika.connect(system.broker_url()) as broker:
        exchange = await (await broker.channel()).get_exchange("notify.dead")
        body = json.dumps(event.model_dump(mode="json")).encode()
        headers: Any = {
            "x-error": "Unavailable: down",
            "x-reason": "attempts-exhausted",
            "x-attempt": 8,
        }
        message = aio_pika.Message(
            body, message_id=str(event.event_id), correlation_id="8000002", headers=headers
        )
        await exchange.publish(message, "notify.call")
    [letter] = await dead_lettered(system, 1, queue="notify.call")
    assert not await system.simulator("calls", phone)

    await act(system, "replay", [letter["letter_id"]])
    await system.happens(8_000_002, "call.unanswered")
    assert len(await system.simulator("calls", phone)) == 1


def a_failure_of_nothing() -> TouchFailed:
    about = {
        "lead_id": 8_000_001,
        "touch_id": UUID(int=7),
        "step": "day_3",
        "channel": Channel.WHATSAPP,
    }
    return TouchFailed(**about, kind=FailureKind.UNREACHABLE, reason="none")


async def test_open_pages_block_no_replay(system: System) -> None:
    for number in range(50):
        await publish(system, b"no JSON %d" % number, "lead.created")
    ids = [letter["letter_id"] for letter in await dead_lettered(system, 50, reason="permanent")]

    async def reload(port: int) -> None:
        while True:
            await system.http.get(f"http://127.0.0.1:{port}/console/letters")

    ports = [port for _, port in system.replicas["console"]]
    pages = [asyncio.create_task(reload(port)) for port in ports * 3]
    try:
        replayed = await act(system, "replay", ids)
    finally:
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)

    assert set(replayed) == set(ids)
