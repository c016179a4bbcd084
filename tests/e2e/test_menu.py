"""What a person answers to the menu of a call, and what comes of it."""

from typing import Any

import pytest

from tests.system import System, e164, everything_received, person

GREETING = "Hola, soy Ana, en este momento no puedo contestar, deja tu mensaje"
INVITED = ("call touch.sent", "call.answered")


async def answers(system: System, form: dict[str, Any], *enters: str) -> int:
    """Sends the form of somebody who answers the menu so, and returns their lead."""
    url = f"{system.native.addresses.simulator}/simulator/people/{e164(form)}"
    (await system.http.put(url, json={"enters": enters})).raise_for_status()
    return await system.lead(form)


async def transcript(system: System, form: dict[str, Any]) -> str:
    [call] = await system.simulator("calls", e164(form))
    return " ".join(call["transcript"])


async def planned(system: System, lead: int) -> list[str]:
    plan = await system.http.get(f"{system.native.addresses.scheduler}/leads/{lead}")
    return [touch["step"] for touch in plan.json()["touches"]]


async def test_who_presses_9_is_never_called_again(system: System) -> None:
    form = person(0)
    lead = await answers(system, form, "9")
    actions = await system.happens(lead, *INVITED, "lead.opted_out")
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert (counts["calls"], counts["whatsapp"], counts["sms"]) == (1, 0, 0)
    assert await planned(system, lead) == []
    assert "No volveremos a llamarte" in await transcript(system, form)
    assert actions.count("lead.opted_out") == 1


async def test_who_prefers_another_hour_is_called_then(system: System) -> None:
    form = person(0)
    lead = await answers(system, form, "3", "2")
    await system.happens(lead, *INVITED, "reply.received")
    assert "Te llamo mañana" in await transcript(system, form)
    await system.until(
        lambda: is_planned(system, lead, "call_back"), lambda: "the call is not planned"
    )
    await system.let_pass(lead, "call_back")
    # they choose another hour once more
    await system.until(
        lambda: is_planned(system, lead, "call_back_2"), lambda: "no second call is planned"
    )
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert (counts["calls"], counts["whatsapp"]) == (2, 0)


async def is_planned(system: System, lead: int, step: str) -> bool:
    return step in await planned(system, lead)


@pytest.mark.parametrize("enters", [("sí, mándame el enlace",), ("¿bueno?", "uno, por favor")])
async def test_who_asks_for_the_link_in_words_gets_it(
    system: System, enters: tuple[str, ...]
) -> None:
    form = person(0)
    lead = await answers(system, form, *enters)
    await system.happens(lead, *INVITED, "reply.received", "whatsapp touch.delivered")
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert (counts["calls"], counts["whatsapp"]) == (1, 1)


async def test_who_is_not_understood_twice_is_written_to_once(system: System) -> None:
    form = person(0)
    lead = await answers(system, form, "¿bueno?", "¿quién habla?")
    actions = await system.happens(lead, "call.unanswered", "whatsapp touch.delivered")
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert (counts["calls"], counts["whatsapp"]) == (1, 1)
    assert "call.answered" not in actions


async def test_a_mailbox_whose_greeting_answers_the_menu_is_a_machine(system: System) -> None:
    form = person(4)
    url = f"{system.native.addresses.simulator}/simulator/people/{e164(form)}"
    manner = {"enters": [GREETING, GREETING], "answered_by": "machine_end_beep"}
    (await system.http.put(url, json=manner)).raise_for_status()
    lead = await system.lead(form)
    actions = await system.happens(lead, "call.unanswered", "whatsapp touch.delivered")
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert (counts["calls"], counts["whatsapp"]) == (1, 1)
    assert not {"call.answered", "reply.received"} & set(actions)
