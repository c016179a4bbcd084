"""Calls of the simulated Twilio to a number that somebody answers by hand."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import pytest
import pytest_asyncio

from simulator.errors import ApiError
from simulator.manual_call import Action
from simulator.twilio import Call, TwilioSimulator
from simulator.world import Callbacks
from tests.waiting import until
from tests.wire import Wire

BY_HAND = "+525512340030"  # its digits mean busy
INVITATION = b"""<Response>
<Gather action="{key}" timeout="{timeout}" actionOnEmptyResult="true"><Say>Marca uno</Say></Gather>
<Hangup/>
</Response>"""
LONG_TIMEOUT = b"600"
SHORT_TIMEOUT = b"0.01"


@pytest_asyncio.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        yield wire


@pytest_asyncio.fixture
async def twilio(wire: Wire) -> AsyncIterator[TwilioSimulator]:
    callbacks = Callbacks(None)
    inbound = f"{wire.url}/inbound"
    yield TwilioSimulator(
        "AC1",
        "secret",
        inbound,
        callbacks,
        ring=0.01,
        talk=0.01,
        manual_ring=600,
        by_hand={BY_HAND},
    )
    await callbacks.close()


def invite(wire: Wire, *, timeout: bytes = LONG_TIMEOUT) -> None:
    twiml = INVITATION.replace(b"{key}", f"{wire.url}/key".encode()).replace(b"{timeout}", timeout)
    wire.answers(200, b"<Response><Hangup/></Response>", {"Content-Type": "text/xml"})
    wire.then(200, twiml, {"Content-Type": "text/xml"})


async def ringing(twilio: TwilioSimulator, wire: Wire) -> Call:
    hooks = {"Url": [f"{wire.url}/voice"], "StatusCallback": [f"{wire.url}/status"]}
    detection = {"MachineDetection": ["DetectMessageEnd"]}
    call = twilio.create_call({"To": [BY_HAND], "From": ["+525500000000"]} | hooks | detection)
    await until(lambda: call.status == "ringing")
    return call


async def invited(twilio: TwilioSimulator, wire: Wire) -> Call:
    """Returns a call in which the invitation was spoken."""
    call = await ringing(twilio, wire)
    twilio.handle(call.sid, "answer")
    await until(lambda: call.transcript != [])
    return call


async def end_of(wire: Wire) -> dict[str, str]:
    """Returns the parameters of the call's last callback."""
    await until(lambda: any(request.path == "/status" for request in wire.requests))
    [callback] = [request for request in wire.requests if request.path == "/status"]
    return {name: value for name, [value] in parse_qs(callback.body.decode()).items()}


def keys(wire: Wire) -> list[str]:
    """Returns the digits that were posted to us."""
    pressed = [
        parse_qs(request.body.decode(), keep_blank_values=True)
        for request in wire.requests
        if request.path == "/key"
    ]
    return [params["Digits"][0] for params in pressed]


async def test_it_rings_until_somebody_answers_and_presses_1(
    twilio: TwilioSimulator, wire: Wire
) -> None:
    invite(wire)
    call = await invited(twilio, wire)
    assert (call.status, call.state, call.transcript) == ("in-progress", "talking", ["Marca uno"])
    assert keys(wire) == []
    wire.answers(
        200, b"<Response><Say>Listo</Say><Hangup/></Response>", {"Content-Type": "text/xml"}
    )
    twilio.handle(call.sid, "press", "1")
    ended = await end_of(wire)

    assert keys(wire) == ["1"]
    assert (call.pressed, call.transcript, call.state) == ("1", ["Marca uno", "Listo"], "heard")
    assert (ended["CallStatus"], ended["AnsweredBy"]) == ("completed", "human")


async def test_the_record_of_a_call_has_what_was_pressed_and_how_we_answered(
    twilio: TwilioSimulator, wire: Wire
) -> None:
    invite(wire)
    call = await invited(twilio, wire)
    assert not call.in_silence
    wire.answers(502, b"")
    twilio.handle(call.sid, "press", "1")
    await end_of(wire)

    voice, key = call.events
    assert (voice["request"]["url"], voice["response"]["response_code"]) == (
        f"{wire.url}/voice",
        200,
    )
    assert (key["request"]["parameters"]["digits"], key["response"]["response_code"]) == ("1", 502)
    assert key["request"]["parameters"]["answered_by"] == "human"


async def test_a_call_is_silent_while_we_are_unavailable(
    twilio: TwilioSimulator, wire: Wire
) -> None:
    wire.answers(502, b"")
    call = await ringing(twilio, wire)
    twilio.handle(call.sid, "answer")
    await end_of(wire)

    assert call.in_silence


async def test_a_declined_call_is_busy(twilio: TwilioSimulator, wire: Wire) -> None:
    call = await ringing(twilio, wire)
    twilio.handle(call.sid, "decline")

    assert (await end_of(wire))["CallStatus"] == "busy"
    assert {request.path for request in wire.requests} == {"/status"}


async def test_nobody_touches_the_phone(twilio: TwilioSimulator, wire: Wire) -> None:
    twilio.manual_ring = 0.01
    call = await ringing(twilio, wire)

    assert (await end_of(wire))["CallStatus"] == "no-answer"
    assert call.state == "missed"


async def test_the_person_hangs_up(twilio: TwilioSimulator, wire: Wire) -> None:
    invite(wire)
    call = await invited(twilio, wire)
    twilio.handle(call.sid, "hang_up")
    ended = await end_of(wire)

    assert (ended["CallStatus"], ended["AnsweredBy"]) == ("completed", "human")
    assert keys(wire) == []


async def test_hanging_up_at_once_leaves_no_verdict(twilio: TwilioSimulator, wire: Wire) -> None:
    twilio.talk = 600
    call = await ringing(twilio, wire)
    twilio.handle(call.sid, "answer")
    await until(lambda: call.status == "in-progress")
    twilio.handle(call.sid, "hang_up")
    ended = await end_of(wire)

    assert ended["CallStatus"] == "completed"
    assert "AnsweredBy" not in ended
    assert call.state == "hung_up"


async def test_the_gathers_time_runs_out_after_everything_was_spoken(
    twilio: TwilioSimulator, wire: Wire
) -> None:
    invite(wire, timeout=SHORT_TIMEOUT)
    call = await invited(twilio, wire)
    await end_of(wire)

    assert keys(wire) == [""]
    assert call.pressed == ""


@pytest.mark.parametrize("action", ["press", "hang_up"])
async def test_a_ringing_call_has_no_keys(
    twilio: TwilioSimulator, wire: Wire, action: Action
) -> None:
    call = await ringing(twilio, wire)

    with pytest.raises(ApiError) as refused:
        twilio.handle(call.sid, action)
    assert refused.value.response.status_code == 409


async def test_what_can_be_done_once(twilio: TwilioSimulator, wire: Wire) -> None:
    call = await ringing(twilio, wire)
    twilio.handle(call.sid, "decline")
    with pytest.raises(ApiError):
        twilio.handle(call.sid, "answer")
    assert (await end_of(wire))["CallStatus"] == "busy"

    for sid, status in ((call.sid, 409), ("CA0", 404)):
        with pytest.raises(ApiError) as refused:
            twilio.handle(sid, "answer")
        assert refused.value.response.status_code == status


async def test_other_numbers_keep_their_fate(twilio: TwilioSimulator, wire: Wire) -> None:
    twilio.by_hand.clear()
    await ringing(twilio, wire)

    assert (await end_of(wire))["CallStatus"] == "busy"
    assert twilio.manual_calls == {}


async def test_what_the_person_writes_is_kept(twilio: TwilioSimulator) -> None:
    for whatsapp in (True, False):
        await twilio.write(BY_HAND, "¿Cuánto cuesta?", whatsapp=whatsapp)

    written = [(message.number, message.body, message.whatsapp) for message in twilio.written]
    assert written == [
        (BY_HAND, "¿Cuánto cuesta?", True),
        (BY_HAND, "¿Cuánto cuesta?", False),
    ]


TEMPLATE = "HX" + "1" * 32
UNKNOWN = "HX" + "2" * 32


@pytest.mark.parametrize(
    ("params", "read"),
    [
        pytest.param({"Body": ["Hola"]}, "Hola", id="free text"),
        pytest.param(
            {"ContentSid": [TEMPLATE]}, "Hola, Ana: https://h/cal", id="a template that is known"
        ),
        pytest.param(
            {"ContentSid": [UNKNOWN]}, "Ana\nhttps://h/cal", id="another template's values"
        ),
    ],
)
async def test_a_message_as_it_reads(
    twilio: TwilioSimulator, params: dict[str, list[str]], read: str
) -> None:
    twilio.contents[TEMPLATE] = "Hola, {{1}}: {{2}}"
    values = {}
    if "ContentSid" in params:
        values = {"ContentVariables": ['{"1": "Ana", "2": "https://h/cal"}']}
    to = {"To": [f"whatsapp:{BY_HAND}"], "From": ["whatsapp:+14155238886"]}

    assert twilio.as_read(twilio.create_text(to | params | values)) == read
