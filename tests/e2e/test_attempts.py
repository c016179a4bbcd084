"""Further calls to who was not reached, until they answer or write."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from domain.journey.parser import journey_hash
from tests.system import System, e164, everything_received, person

READERS = ("scheduler", "notify", "console")  # of the journey file
FILE = Path(__file__).parent / "journey.yml"
ATTEMPTS = "    attempts: [{after: 2 seconds}, {after: 2 seconds}]\n"
CALL = "    channels: [call, whatsapp, sms]\n"
NOT_REACHED = ("call.unanswered", "whatsapp touch.delivered")


async def publish(system: System, path: Path) -> None:
    """Restarts all that read the journey with this file, which new leads follow from then on."""
    for service in READERS:
        for process, _ in system.replicas[service]:
            process.stop()
            process.environment = {**process.environment, "JOURNEY_PATH": str(path)}
        system.restart(service)
    version = journey_hash(path.read_text())

    async def is_current() -> bool:
        known = await system.sql("intake", "select version from current_journey")
        return bool(known == version)

    await system.until(is_current, lambda: f"intake does not know the journey of {path}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def patient(system: System) -> AsyncIterator[System]:
    """The system with a journey that calls three times."""
    file = system.native.folder / "attempts.yml"
    text = FILE.read_text()
    assert CALL in text
    file.write_text(text.replace(CALL, CALL + ATTEMPTS))
    await publish(system, file)
    yield system
    await publish(system, FILE)


async def test_who_never_answers_is_called_three_times_and_written_to_once(
    patient: System,
) -> None:
    form = person(2)
    lead = await patient.lead(form)

    async def called_thrice() -> bool:
        return (await patient.actions(lead)).count("call.unanswered") == 3

    await patient.until(called_thrice, lambda: "the attempts did not come")
    await patient.quiet()

    [counts] = await everything_received(patient, [form])
    assert (counts["calls"], counts["whatsapp"], counts["emails"]) == (3, 1, 1)


async def test_who_answers_is_not_called_again(patient: System) -> None:
    form = person(0)
    lead = await patient.lead(form)
    await patient.happens(lead, "call.answered")
    await patient.quiet()

    [counts] = await everything_received(patient, [form])
    assert counts["calls"] == 1


async def test_who_writes_is_not_called_again(patient: System) -> None:
    form = person(2)
    lead = await patient.lead(form)
    await patient.happens(lead, "call.unanswered")
    address = f"{patient.native.addresses.simulator}/simulator/write"
    await patient.http.post(address, json={"phone": e164(form), "text": "¿Cuánto cuesta?"})
    actions = await patient.happens(lead, "reply.received")
    calls = actions.count("call touch.sent")
    await patient.quiet()

    assert (await patient.actions(lead)).count("call touch.sent") <= max(calls, 1) + 1
    plan = await patient.http.get(f"{patient.native.addresses.scheduler}/leads/{lead}")
    planned = {touch["step"] for touch in plan.json()["touches"]}
    assert not planned & {"welcome_call_2", "welcome_call_3"}


async def test_who_is_left_a_voicemail_hears_from_us_again_when_they_may_answer(
    patient: System,
) -> None:
    form = person(4)
    lead = await patient.lead(form)
    await patient.happens(lead, *NOT_REACHED)
    url = f"{patient.native.addresses.simulator}/simulator/people/{e164(form)}"
    await patient.http.put(url, json={"hangs_up_after": 60})
    await patient.happens(lead, "call.answered")
    await patient.quiet()

    actions = await patient.actions(lead)
    assert actions.count("call.answered") == 1
    assert actions.count("whatsapp touch.sent") == 1
    [counts] = await everything_received(patient, [form])
    assert counts["calls"] in (2, 3)


async def test_who_writes_while_a_further_call_waits_is_not_called_again(patient: System) -> None:
    form = person(2)
    lead = await patient.lead(form)
    await patient.happens(lead, *NOT_REACHED)
    await patient.publish(PauseOutbound(by="operadora"))
    await patient.happens(lead, "call touch.held")
    address = f"{patient.native.addresses.simulator}/simulator/write"
    await patient.http.post(address, json={"phone": e164(form), "text": "gracias"})
    await patient.happens(lead, "reply.received")
    await patient.publish(ResumeOutbound(by="operadora"))
    actions = await patient.happens(lead, "call touch.skipped")

    assert actions.count("call touch.sent") == 1
