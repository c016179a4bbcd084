"""A row or message that cannot be processed stops no other, and is kept for an operator."""

from typing import Any
from uuid import uuid4

import pytest

from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.events.touch import Channel, TouchDelivered
from tests.system import System, person

pytestmark = pytest.mark.connected

POISON = """insert into outbox (event_id, routing_key, lead_id, body, traceparent, next_attempt_at)
            values ($1, $2, 0, '{}', '', now() - interval '1 hour') returning id"""


async def failed_work(system: System, kind: str, row_id: int) -> list[dict[str, Any]]:
    """Returns the audit log's entries about the failure of this row, with their reasons."""
    connection = await system.connect("console")
    try:
        rows = await connection.fetch(
            """select body->>'service' as service, body->>'reason' as reason
               from actions
               where topic = 'work.failed'
                 and body->>'kind' = $1
                 and (body->>'row_id')::bigint = $2""",
            kind,
            row_id,
        )
    finally:
        await connection.close()
    return [dict(row) for row in rows]


async def fails(system: System, kind: str, row_id: int) -> dict[str, Any]:
    """Waits until the audit log records the row's failure, and returns that entry."""

    async def condition() -> bool:
        return bool(await failed_work(system, kind, row_id))

    await system.until(condition, lambda: f"{kind} {row_id} never failed", seconds=60)
    [failed] = await failed_work(system, kind, row_id)
    return failed


async def gone(system: System, service: str, query: str, *arguments: Any) -> None:
    async def condition() -> bool:
        return not await system.sql(service, query, *arguments)

    await system.until(condition, lambda: f"{query} still finds something")


async def test_an_event_that_cannot_be_published_stops_no_other(system: System) -> None:
    poison = await system.sql("intake", POISON, uuid4(), "x" * 300)

    lead = await system.lead(person())
    await system.happens(
        lead, "lead.created", "email touch.delivered", "lead.registered", seconds=15
    )

    failed = await fails(system, "outbox", poison)
    assert failed["service"] == "intake"
    assert "too long" in failed["reason"]
    assert await system.sql(
        "intake", "select failed_at is not null from outbox where id = $1", poison
    )
    await system.sql("intake", "delete from outbox where id = $1", poison)


async def test_an_event_that_a_service_may_not_publish_stops_no_other_and_waits(
    system: System,
) -> None:
    foreign = await system.sql("intake", POISON, uuid4(), "touch.sent")

    leads = [await system.lead(person()) for _ in range(3)]
    for lead in leads:
        await system.happens(lead, "lead.created", "lead.registered", seconds=15)

    async def tried_twice() -> bool:
        return bool(
            await system.sql("intake", "select attempts > 1 from outbox where id = $1", foreign)
        )

    await system.until(tried_twice, lambda: "it is not retried")
    assert not await system.sql("intake", "select failures from outbox where id = $1", foreign)
    await system.sql("intake", "delete from outbox where id = $1", foreign)


async def test_an_event_that_is_too_large_for_the_broker_stops_no_other_and_can_be_discarded(
    system: System,
) -> None:
    poison = await system.sql(
        "crm",
        """insert into outbox
             (event_id, routing_key, lead_id, body, traceparent, next_attempt_at, failures)
           values
             ($1, 'lead.registered', 0, convert_to(repeat('x', 17 * 1024 * 1024), 'UTF8'), '',
              now() - interval '1 hour', 3)
           returning id""",
        uuid4(),
    )

    lead = await system.lead(person())
    await system.happens(lead, "lead.registered", seconds=20)

    assert (await fails(system, "outbox", poison))["service"] == "crm"
    await system.publish(
        DiscardWork(lead_id=0, service="crm", kind="outbox", row_id=poison, by="ana")
    )
    await gone(system, "crm", "select 1 from outbox where id = $1", poison)


async def test_a_lead_whose_card_cannot_be_read_stops_no_other_on_its_way_to_kommo(
    system: System,
) -> None:
    await system.inject_fault(provider="kommo", kind="status", status=503, times=10_000)
    broken = await system.lead(person())
    others = [await system.lead(person()) for _ in range(3)]

    async def all_wait() -> bool:
        wait = "select count(*) from registrations where state = 'waiting' and lead_id = any($1)"
        return bool(await system.sql("crm", wait, [broken, *others]) == 4)

    await system.until(all_wait, lambda: "they do not wait for Kommo")
    whole = await system.sql(
        "crm", "select card::text from registrations where lead_id = $1", broken
    )

    async def is_broken() -> bool:
        """Breaks the card, unless Kommo is being asked with the whole one at this moment."""
        return bool(
            await system.sql(
                "crm",
                """update registrations set card = '{"name": 5}'
                   where lead_id = $1 and state = 'waiting' returning true""",
                broken,
            )
        )

    await system.until(is_broken, lambda: "Kommo is asked all the time")
    await system.clear_faults()

    for lead in others:
        await system.happens(lead, "lead.registered", seconds=60)
    failed = await fails(system, "kommo lead", broken)
    assert failed["service"] == "crm"
    assert (
        await system.sql("crm", "select state from registrations where lead_id = $1", broken)
        == "failed"
    )
    assert "lead.registered" not in await system.actions(broken)

    await system.sql(
        "crm", "update registrations set card = $2::text::jsonb where lead_id = $1", broken, whole
    )
    await system.publish(
        RetryWork(lead_id=broken, service="crm", kind="kommo lead", row_id=broken, by="ana")
    )
    await system.happens(broken, "lead.registered")


async def test_the_same_outcome_in_two_events_is_one_note_in_kommo(system: System) -> None:
    lead = await system.lead(person())
    await system.happens(lead, "lead.registered", "email touch.delivered", "call.answered")
    touch = await system.sql(
        "notify", "select touch_id from touches where lead_id = $1 and channel = 'email'", lead
    )

    await system.publish(
        TouchDelivered(lead_id=lead, touch_id=touch, step="welcome_email", channel=Channel.EMAIL)
    )
    await system.quiet()
    await gone(system, "crm", "select 1 from notes where lead_id = $1 and state <> 'written'", lead)

    kommo_lead = (await system.kommo_lead(lead))["id"]
    notes = [
        note
        for note in (await system.simulator("kommo"))["notes"]
        if note["entity_id"] == kommo_lead
    ]
    assert sum("Correo entregado" in note["params"]["text"] for note in notes) == 1
