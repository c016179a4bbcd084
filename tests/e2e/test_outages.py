"""The scheduler is down for a moment or for days: no touch is lost or doubled, none in a burst."""

import asyncio
from typing import Any

import pytest
from typer.testing import CliRunner

from pauta.cli import app
from tests.system import System, e164, person

pytestmark = pytest.mark.connected


async def welcomed(system: System, count: int) -> tuple[list[int], list[dict[str, Any]]]:
    forms = [person() for _ in range(count)]
    leads = [await system.lead(form) for form in forms]
    for lead in leads:
        await system.happens(lead, "lead.registered", "email touch.delivered", "call.answered")
        await system.planned(lead, "day_3", "day_6", "day_9", "day_12")
    return leads, forms


async def pass_days(system: System, leads: list[int], days: int) -> None:
    await system.sql(
        "scheduler",
        """with moved as (update timers set due_at = due_at - make_interval(days => $2),
                                           planned_at = planned_at - make_interval(days => $2)
                         where lead_id = any($1) and state = 'pending' returning 1)
           select count(*) from moved""",
        leads,
        days,
    )


async def messages_to(system: System, form: dict[str, Any]) -> int:
    return len(await system.simulator("messages", e164(form)))


async def backlog(system: System) -> Any:
    port = system.replicas["scheduler"][0][1]
    return (await system.http.get(f"http://127.0.0.1:{port}/backlog")).json()


async def run_backlog_command(system: System, *options: str) -> str:
    """Runs `pauta backlog` and returns its output."""
    environment = {"SCHEDULER_PORT": str(system.replicas["scheduler"][0][1])}
    result = await asyncio.to_thread(
        CliRunner().invoke, app, ["backlog", *options], env=environment
    )
    assert result.exit_code == 0, result.output
    return result.output


async def test_a_scheduler_killed_with_timers_pending(system: System) -> None:
    leads, forms = await welcomed(system, 3)
    system.kill("scheduler")
    for lead in leads:
        await system.let_pass(lead, "day_3")
    system.restart("scheduler")

    for lead in leads:
        await system.happens(lead, "whatsapp touch.delivered")
    await system.quiet()
    assert [await messages_to(system, form) for form in forms] == [1, 1, 1]


async def test_after_days_of_outage_each_lead_gets_one_message_a_channel_once_an_operator_agrees(
    system: System,
) -> None:
    leads, forms = await welcomed(system, 4)
    system.kill("scheduler")
    # days 3, 6 and 9 are overdue: eight touches are sent, four are overtaken
    await pass_days(system, leads, 10)
    system.restart("scheduler")

    async def held() -> bool:
        return bool((await backlog(system))["held"])

    await system.until(held, lambda: "no operator was asked")
    await system.quiet()
    assert [await messages_to(system, form) for form in forms] == [0, 0, 0, 0]

    assert "12 touches are overdue.\nThey are held" in await run_backlog_command(system)
    assert "12 touches are overdue." in await run_backlog_command(system, "--release")
    for lead in leads:
        await system.planned(lead, "day_12")
    await system.quiet()
    emails = [len(await system.simulator("emails", form["email"])) for form in forms]
    assert emails == [2, 2, 2, 2], "the welcome, and the later of two overdue mails"
    for lead in leads:
        assert (await system.actions(lead)).count("email touch.skipped") == 1
    assert not (await backlog(system))["held"]


async def test_a_touch_that_is_too_late_is_skipped_with_its_reason(system: System) -> None:
    [lead], [form] = await welcomed(system, 1)
    system.kill("scheduler")
    await pass_days(system, [lead], 8)  # day 3 is late by its limit, five days, and a little more
    system.restart("scheduler")

    await system.happens(lead, "whatsapp touch.skipped", "email touch.delivered")
    await system.planned(lead, "day_9", "day_12")
    await system.quiet()
    assert await messages_to(system, form) == 0
