"""A key pressed while our webhooks were down is read later from Twilio's record of the call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.system import System, everything_received, person

pytestmark = pytest.mark.connected

LISTENS = 0
PRESSES_1 = 1
UNCERTAIN = ("call.answered", "whatsapp touch.uncertain")


@asynccontextmanager
async def lost(system: System, path: str) -> AsyncIterator[None]:
    """Loses everything that Twilio posts to this path."""
    url = f"{system.native.addresses.simulator}/simulator/callbacks"
    await system.http.put(url, json={"lost": path})
    try:
        yield
    finally:
        await system.http.put(url, json={})


@pytest.mark.parametrize(
    ("path", "call", "actions", "whatsapps"),
    [
        pytest.param(
            "/key", PRESSES_1, ("reply.received", "whatsapp touch.sent"), 1, id="pressed 1"
        ),
        pytest.param("/key", LISTENS, ("whatsapp touch.skipped",), 0, id="pressed nothing"),
        pytest.param(
            "/voice",
            PRESSES_1,
            ("whatsapp touch.skipped", "whatsapp touch.sent"),
            1,
            id="heard nothing",
        ),
        pytest.param(
            "/",
            PRESSES_1,
            ("whatsapp touch.skipped", "whatsapp touch.sent"),
            1,
            id="nothing arrived",
        ),
    ],
)
async def test_what_was_pressed_is_learned(
    system: System, path: str, call: int, actions: tuple[str, ...], whatsapps: int
) -> None:
    form = person(call)
    async with lost(system, f"/webhooks/twilio{path}"):
        lead = await system.lead(form)
        await system.happens(lead, *UNCERTAIN, *actions, seconds=90)
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert (counts["calls"], counts["whatsapp"]) == (1, whatsapps)


async def test_a_key_that_was_received_is_not_asked_about(system: System) -> None:
    leads = [await system.lead(person(call)) for call in (LISTENS, PRESSES_1)]
    for lead in leads:
        await system.happens(lead, "call.answered")
    await system.quiet()

    waiting = """select count(*) from touches
                 where lead_id = any($1) and state = 'answered' and check_at is not null"""
    await system.until(
        lambda: _none(system, waiting, leads), otherwise=lambda: "a call is still to be checked"
    )


async def _none(system: System, query: str, leads: list[int]) -> bool:
    return int(await system.sql("notify", query, leads)) == 0
