"""Machine detection beside the text: nobody hears silence, and a machine gets the voicemail."""

from typing import Any

import pytest
import pytest_asyncio

from tests.system import System, e164, everything_received, person

UNHEARD = ("call touch.sent", "call.unanswered", "whatsapp touch.delivered")
VOICEMAIL = "Te marqué por el formulario"


async def set_callbacks(system: System, **profile: Any) -> None:
    url = f"{system.native.addresses.simulator}/simulator/callbacks"
    (await system.http.put(url, json=profile)).raise_for_status()


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def usual_callbacks(system: System) -> Any:
    yield
    await set_callbacks(system)


async def turns(system: System, form: dict[str, Any]) -> int:
    """Returns how often the person's call was turned to something else."""
    [call] = await system.simulator("calls", e164(form))
    asked = await system.simulator("requests")
    path = f"/Calls/{call['sid']}.json"
    return sum(each["method"] == "POST" and each["path"].endswith(path) for each in asked)


async def test_who_picks_up_is_spoken_to_before_anybody_knows_who_it_is(system: System) -> None:
    form = person(0)
    await set_callbacks(system, lost="/webhooks/twilio/verdict")
    lead = await system.lead(form)
    await system.happens(lead, "call.answered", seconds=40)

    [call] = await system.simulator("calls", e164(form))
    [voice] = [event for event in call["events"] if "/voice" in event["request"]["url"]]
    assert call["params"]["AsyncAmd"] == ["true"]
    assert "answered_by" not in voice["request"]["parameters"]
    assert "Marca uno" in call["transcript"][0]


@pytest.mark.parametrize(
    "profile", [{}, {"copies": 3}, {"copies": 2, "late": 1.0}], ids=["once", "thrice", "late"]
)
async def test_a_machine_gets_the_voicemail_once(system: System, profile: dict[str, Any]) -> None:
    form = person(4)
    await set_callbacks(system, **profile)
    lead = await system.lead(form)
    actions = await system.happens(lead, *UNHEARD)
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert await turns(system, form) <= 1
    assert actions.count("call.unanswered") == 1
    assert (counts["calls"], counts["whatsapp"]) == (1, 1)


async def test_a_machine_hears_the_voicemail_from_its_beep_on(system: System) -> None:
    form = person(4)
    lead = await system.lead(form)
    await system.happens(lead, *UNHEARD)
    await system.quiet()

    [call] = await system.simulator("calls", e164(form))
    assert VOICEMAIL in " ".join(call["transcript"])
    assert "Marca uno" not in " ".join(call["transcript"])


async def test_a_call_that_cannot_be_turned_is_followed_all_the_same(system: System) -> None:
    form = person(4)
    await system.inject_fault(
        provider="twilio", kind="status", status=503, method="POST", path="/Calls/CA", times=20
    )
    try:
        lead = await system.lead(form)
        actions = await system.happens(lead, *UNHEARD)
    finally:
        await system.clear_faults()

    assert actions.count("call.unanswered") == 1


@pytest.mark.parametrize(
    ("fate", "outcome", "messages"),
    [
        pytest.param(0, "call.answered", 0, id="a person"),
        pytest.param(4, "call.unanswered", 1, id="a machine"),
        pytest.param(7, "call.unanswered", 1, id="nobody knows who"),
    ],
)
async def test_twilio_is_asked_for_a_verdict_that_was_lost(
    system: System, fate: int, outcome: str, messages: int
) -> None:
    form = person(fate)
    await set_callbacks(system, lost="/webhooks/twilio/verdict")
    lead = await system.lead(form)
    await system.happens(lead, outcome, seconds=40)
    await system.quiet()

    [counts] = await everything_received(system, [form])
    assert (counts["calls"], counts["whatsapp"]) == (1, messages)
    assert await turns(system, form) == 0


async def test_a_key_makes_a_call_a_persons_whatever_detection_says(system: System) -> None:
    form = person(1)
    await set_callbacks(system, copies=1, late=2.0)
    lead = await system.lead(form)
    await system.happens(lead, "call.answered", "reply.received")
    await system.quiet()

    actions = await system.actions(lead)
    assert (actions.count("call.answered"), actions.count("call.unanswered")) == (1, 0)
    assert await turns(system, form) == 0
