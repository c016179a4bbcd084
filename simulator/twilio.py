"""Simulates Twilio: calls and messages that progress by themselves, and signed callbacks.

The number's last four digits, `00CM`, choose how a call and a message end:

    C  the call                          M  the message (WhatsApp, then SMS)
    0  a person listens                  0  delivered
    1  a person presses 1                1  WhatsApp 63024 (not on WhatsApp), SMS delivered
    2  nobody answers                    2  WhatsApp refused at once (63007), SMS delivered
    3  busy                              3  WhatsApp 63024, SMS 30005 (unknown number)
    4  a machine, until the beep         4  refused at once, 21610 (opted out)
    5  failed                            5  delivered, and the person replies BAJA
    6  hangs up before the verdict       6  63014 (the person blocked us)
    7  machine detection is unsure       7  accepted, and never a receipt
    8  a fax                             8  delivered, and the person replies something
    9  refused at once, 21211            9  WhatsApp 63049 (withheld by Meta), SMS delivered

Any other number belongs to a person who listens and whose messages arrive. Twilio's own magic
numbers (+1500555…) answer as in its documentation. `PUT /simulator/people/NUMBER` makes somebody
hang up after some seconds of the text, and `PUT /simulator/templates/SID` makes a template fail, as
one that WhatsApp paused does (63041). A number that is answered by hand rings until
somebody answers, whatever its digits are.
"""

import asyncio
import base64
import json
import math
import re
import secrets
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from twilio.request_validator import RequestValidator

from domain.sms import segments
from simulator.errors import ApiError
from simulator.manual_call import Action, HungUp, ManualCall
from simulator.world import Answer, Callbacks, Fault, World, json_error

E164 = re.compile(r"^\+[1-9]\d{6,14}$")
REFUSED_IN_VARIABLES = re.compile(r"[\n\r\t']| {5}")
CONTENT_SID = re.compile(r"^HX[0-9a-f]{32}$")
CALLS = {
    "0": "human",
    "1": "human_presses_1",
    "2": "no-answer",
    "3": "busy",
    "4": "machine",
    "5": "failed",
    "6": "hangs_up",
    "7": "unknown",
    "8": "fax",
    "9": "invalid",
}
VERDICTS = {"machine": "machine_end_beep", "unknown": "unknown", "fax": "fax"}
SIP = {"busy": "486", "no-answer": "487", "failed": "404"}
MAGIC_CALL = {
    "+15005550001": 21217,
    "+15005550002": 21214,
    "+15005550003": 21215,
    "+15005550004": 21216,
}
MAGIC_MESSAGE = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
WHATSAPP_CODES = {"1": 63024, "3": 63024, "6": 63014, "9": 63049}
CallState = Literal[
    "dialling", "ringing", "talking", "heard", "unheard", "hung_up", "busy", "missed", "failed"
]
TextState = Literal["waiting", "sent", "delivered", "failed"]
CALL_STATES: dict[str, CallState] = {
    "queued": "dialling",
    "ringing": "ringing",
    "in-progress": "talking",
    "busy": "busy",
    "no-answer": "missed",
    "failed": "failed",
}
TEXT_STATES: dict[str, TextState] = {
    "queued": "waiting",
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "failed",
}
APPLICATION_ERROR = (
    "<Response><Say>We are sorry, an application error has occurred.</Say></Response>"
)
DETECTION_SECONDS = 2.4  # that machine detection listens
SECONDS_BEFORE_VERDICT = 2  # of a call that ends before it
USUAL_SECONDS = 30  # of a call in which somebody or something listens to the whole text
SESSION_SECONDS = 24 * 3600
CHARACTERS_PER_SECOND = 15  # of a voice that reads
# Twilio's default where a Gather has no timeout; it starts when the Gather's text has been spoken
GATHER_SECONDS = 5
# The account has a number, a verified number of another network, and a WhatsApp sender. Every
# template exists and is approved, except those whose SID ends like one of the last two.
NUMBER = "+525500000000"
VERIFIED = "+525500000001"
WHATSAPP_NUMBER = "+14155238886"
SERVICE = "MG" + "0" * 31 + "1"  # a Messaging Service with both numbers
EMPTY_SERVICE = "MG" + "0" * 31 + "2"
SERVICES = {SERVICE: [NUMBER, f"whatsapp:{WHATSAPP_NUMBER}"], EMPTY_SERVICE: []}
# what Twilio takes from the balance for a minute, a segment, a message
PRICES = {"call": 0.013, "sms": 0.0425, "whatsapp": 0.005}
UNKNOWN_CONTENT = "e404"
REJECTED_CONTENT = "e4ec"


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody takes a call: hangs up after so many seconds of the text, or answers the menu.

    `answered_by`: what machine detection says, also of a phone that asks callers for their name.
    `enters`: the key or the words with which they answer each question, in order.
    """

    hangs_up_after: float = 0.0
    answered_by: str = "human"
    enters: tuple[str, ...] = ()


@dataclass
class Call:
    sid: str
    to: str
    from_: str
    at: float
    params: dict[str, list[str]]
    status: str = "queued"
    answered_by: str | None = None
    listened: bool = False
    transcript: list[str] = field(default_factory=list)
    pressed: str = ""
    questions: int = 0  # that the voice asked so far
    seconds: int = 0
    sequence: int = 0
    picked_up_at: float | None = None
    ended_at: float | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def detects_beside(self) -> bool:
        """Whether machine detection listens while our text is read out."""
        return _param(self.params, "AsyncAmd") == "true"

    @property
    def detects_first(self) -> bool:
        """Whether machine detection listens before our text is read out."""
        return bool(_param(self.params, "MachineDetection")) and not self.detects_beside

    @property
    def in_silence(self) -> bool:
        """Whether somebody picked up, and we never gave Twilio anything to speak."""
        spoken_to = any(event["response"].get("response_code") == 200 for event in self.events)
        return self.ended_at is not None and self.answered_by == "human" and not spoken_to

    @property
    def state(self) -> CallState:
        """The state in which the phone's owner sees the call."""
        if self.status != "completed":
            return CALL_STATES[self.status]
        if self.answered_by is None:
            return "heard" if self.listened else "hung_up"
        return "heard" if self.answered_by == "human" else "unheard"


@dataclass
class Text:
    sid: str
    to: str
    from_: str
    at: float
    body: str
    params: dict[str, list[str]]
    status: str = "queued"
    error_code: int | None = None

    @property
    def whatsapp(self) -> bool:
        return self.to.startswith("whatsapp:")

    @property
    def state(self) -> TextState:
        return TEXT_STATES[self.status]


HIDDEN_ID = "MX.13491208655302741918"
WHATSAPP_FORMS = (
    (re.compile(r"^\+52(\d{10})$"), r"+521\1"),
    (re.compile(r"^\+54([1-8]\d{9})$"), r"+549\1"),
    (re.compile(r"^\+55(\d{2})9([6-9]\d{7})$"), r"+55\1\2"),
)


NO_REFERRAL: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Written:
    """A message from a person to us."""

    sid: str
    number: str
    body: str
    at: float
    whatsapp: bool


@dataclass
class TwilioSimulator:
    """One simulated account. All durations are in seconds.

    A phone rings for `ring`, and a person listens for `talk`. `events_after` is how long after its
    end a call's events can be read, and `prices_after` how long after its beginning the price of a
    call or a message is settled.
    `contents` holds the known templates by SID, with {{1}} and so on.
    `turns` holds the TwiML with which a call that is going on is to continue.
    `manners` holds the numbers whose people hang up in the middle of the text.
    `failing_templates` holds the code with which messages of a template fail, by Content SID.
    Numbers in `by_hand` ring for `manual_ring`. `manual_calls` holds their calls until they end.
    """

    account_sid: str
    auth_token: str
    inbound_url: str
    callbacks: Callbacks
    ring: float = 0.5
    talk: float = 1.0
    manual_ring: float = 25.0
    events_after: float = 900.0
    prices_after: float = 86_400.0
    calls: dict[str, Call] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    inbound_at: dict[str, float] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=dict)
    manners: dict[str, Manner] = field(default_factory=dict)
    failing_templates: dict[str, int] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)
    turns: dict[str, asyncio.Queue[ET.Element]] = field(default_factory=dict)
    manual_calls: dict[str, ManualCall] = field(default_factory=dict)

    def join(self, world: World) -> None:
        """Registers the body that an injected fault has in Twilio's format."""
        world.errors["twilio"] = _fault_body

    # ---- calls

    def create_call(self, params: dict[str, list[str]]) -> Call:
        to = _param(params, "To")
        from_ = _param(params, "From")
        _check_params(params, CALL_PARAMS)
        if not E164.match(from_):
            raise _refusal(
                400,
                21212,
                f"The source phone number provided, {from_}, is not yet verified for your account.",
            )
        if not E164.match(to) or to.startswith("+521") or _fate(to)[0] == "invalid":
            raise _refusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to in MAGIC_CALL:
            raise _refusal(400, MAGIC_CALL[to], "The number cannot be called.")
        if not (
            _param(params, "Url") or _param(params, "Twiml") or _param(params, "ApplicationSid")
        ):
            raise _refusal(400, 21205, "Url parameter is required.")
        _check_url(_param(params, "Url"), 21205)
        _check_url(_param(params, "StatusCallback"), 21609)
        call = Call("CA" + secrets.token_hex(16), to, from_, time.time(), params)
        self.calls[call.sid] = call
        self.turns[call.sid] = asyncio.Queue()
        if to in self.by_hand:
            self.manual_calls[call.sid] = ManualCall()
        self.callbacks.go(self._live_call(call))
        return call

    def turn(self, sid: str, params: dict[str, list[str]]) -> Call:
        """Has a call that is going on continue with other TwiML."""
        call = self.calls.get(sid)
        if call is None:
            raise _refusal(404, 20404, f"The requested resource /Calls/{sid}.json was not found")
        if call.status != "in-progress":
            raise _refusal(400, 21220, "Call is not in-progress. Cannot redirect.")
        try:
            twiml = ET.fromstring(_param(params, "Twiml"))
        except ET.ParseError:
            raise _refusal(400, 12100, "Document parse failure") from None
        self.turns[sid].put_nowait(twiml)
        return call

    def handle(self, sid: str, action: Action, key: str = "1") -> None:
        """Performs a person's action on a call that is answered by hand."""
        if sid not in self.calls:
            raise _refusal(404, 20404, f"The requested resource /Calls/{sid}.json was not found")
        status = self.calls[sid].status
        manual_call = self.manual_calls.get(sid)
        if (
            manual_call is None
            or status == "queued"
            or not manual_call.perform(action, key, talking=status == "in-progress")
        ):
            raise _refusal(409, 21220, f"Invalid call state: {status}")

    async def _live_call(self, call: Call) -> None:
        await asyncio.sleep(0.02)
        await self._progress(call, "initiated")
        await self._progress(call, "ringing")
        fate = await self._ring(call)
        if fate in ("no-answer", "busy", "failed"):
            self.manual_calls.pop(call.sid, None)
            await self._progress(
                call, fate, SipResponseCode=SIP[fate], CallDuration="0", Duration="0"
            )
            return
        call.picked_up_at = time.time()
        await self._progress(call, "in-progress")
        with suppress(HungUp):
            await self._talk(call, fate)
        call.seconds = self._duration(call, fate)
        self.manual_calls.pop(call.sid, None)
        # a verdict that came beside the text is in the call's resource, and not in this callback
        tells = call.answered_by and not call.detects_beside
        verdict = {"AnsweredBy": call.answered_by or ""} if tells else {}
        await self._progress(
            call,
            "completed",
            SipResponseCode="200",
            CallDuration=str(call.seconds),
            Duration=str(math.ceil(call.seconds / 60)),
            **verdict,
        )

    def _duration(self, call: Call, fate: str) -> int:
        """Returns the seconds since the pick-up: real ones of a call that is answered by hand."""
        if call.sid in self.manual_calls:
            return int(time.time() - (call.picked_up_at or time.time()))
        if call.to in self.manners and not self.manners[call.to].enters:
            silence = self._detection(call) if call.detects_first else 0.0
            return math.ceil(silence + self.manners[call.to].hangs_up_after)
        return SECONDS_BEFORE_VERDICT if fate == "hangs_up" else USUAL_SECONDS

    async def _ring(self, call: Call) -> str:
        """Lets the phone ring, and returns the call's fate."""
        manual_call = self.manual_calls.get(call.sid)
        if manual_call is None:
            await asyncio.sleep(self.ring)
            return _fate(call.to)[0]
        picked_up = await manual_call.wait_for_pick_up(within=self.manual_ring)
        return {True: "human", False: "busy", None: "no-answer"}[picked_up]

    async def _talk(self, call: Call, fate: str) -> None:
        presses = "1" if fate == "human_presses_1" else ""
        if call.detects_first:
            if fate == "hangs_up":
                return
            await self._wait(call, self.talk / 4)
            call.answered_by = self._verdict(call, fate)
            await self._listen(call, presses)
            return
        detecting = asyncio.create_task(self._detect(call, fate))
        try:
            async with asyncio.timeout(self.talk / 4 if fate == "hangs_up" else None):
                await self._listen(call, presses)
        except TimeoutError:
            detecting.cancel()
        finally:
            await asyncio.gather(detecting, return_exceptions=True)

    async def _detect(self, call: Call, fate: str) -> None:
        """Tells us who picked up, once machine detection knows."""
        if not call.detects_beside:
            return
        await asyncio.sleep(self.talk / 4)
        call.answered_by = self._verdict(call, fate)
        verdict = {
            "CallSid": call.sid,
            "AccountSid": self.account_sid,
            "AnsweredBy": call.answered_by,
            "MachineDetectionDuration": str(int(self._detection(call) * 1000)),
        }
        await self._send_receipt(_param(call.params, "AsyncAmdStatusCallback"), verdict)

    def _verdict(self, call: Call, fate: str) -> str:
        manner = self.manners.get(call.to)
        return manner.answered_by if manner else VERDICTS.get(fate, "human")

    async def _wait(self, call: Call, seconds: float) -> str:
        """Waits, and returns the key that a person presses meanwhile. Raises HungUp."""
        if manual_call := self.manual_calls.get(call.sid):
            return await manual_call.wait_for_key(within=seconds)
        await asyncio.sleep(seconds)
        return ""

    async def _gather(self, call: Call, gather: ET.Element, presses: str) -> str:
        """Returns the key pressed before the Gather's time is over.

        Where a person answers by hand, the time allows for the whole text to be spoken first.
        """
        if manner := self.manners.get(call.to):
            await asyncio.sleep(self.talk / 2)
            if not manner.enters:
                raise HungUp
            return manner.enters[call.questions] if call.questions < len(manner.enters) else ""
        if call.sid not in self.manual_calls:
            await asyncio.sleep(self.talk)
            return presses
        timeout = float(gather.get("timeout", GATHER_SECONDS))
        return await self._wait(call, _seconds_of(_spoken(gather)) + timeout)

    async def _listen(self, call: Call, presses: str) -> None:
        """Fetches the call's TwiML and follows it, and then whatever the call is turned to."""
        params = self._call_params(call)
        if call.detects_first:
            params["AnsweredBy"] = call.answered_by or ""
            params["MachineDetectionDuration"] = str(int(self._detection(call) * 1000))
        twiml: ET.Element | None = await self._fetch(call, _param(call.params, "Url"), params)
        while twiml is not None:
            twiml = await self._follow_until_turned(call, twiml, params, presses)
        call.listened = True

    async def _follow_until_turned(
        self, call: Call, twiml: ET.Element, params: dict[str, str], presses: str
    ) -> ET.Element | None:
        """Returns the TwiML that the call is turned to; None where it ends first."""
        following = asyncio.create_task(self._follow(call, twiml, params, presses))
        turned = asyncio.create_task(self.turns[call.sid].get())
        try:
            await asyncio.wait({following, turned}, return_when=asyncio.FIRST_COMPLETED)
            if not turned.done():
                await following
                return None
            call.transcript.clear()  # a machine records from its beep on
            return turned.result()
        finally:
            for task in (following, turned):
                task.cancel()

    async def _follow(
        self, call: Call, twiml: ET.Element, params: dict[str, str], presses: str
    ) -> None:
        for verb in twiml:
            if verb.tag == "Gather":
                call.transcript += _spoken(verb)
                call.pressed = await self._gather(call, verb, presses)
                call.questions += 1
                if call.pressed or verb.get("actionOnEmptyResult") == "true":
                    answer = await self._fetch(
                        call, verb.get("action", ""), params | _entered(call.pressed)
                    )
                    await self._follow(call, answer, params, presses)
                    return
            elif verb.tag == "Hangup":
                return
            else:
                call.transcript += _spoken([verb])
                by_hand = call.sid in self.manual_calls
                await self._wait(call, _seconds_of(_spoken([verb])) if by_hand else self.talk / 4)

    def _detection(self, call: Call) -> float:
        by_hand = call.sid in self.manual_calls
        return self.talk / 4 if by_hand else DETECTION_SECONDS

    async def _fetch(self, call: Call, url: str, params: dict[str, str]) -> ET.Element:
        response = await self._post(url, params)
        call.events.append(_event(url, params, response))
        if response is None or response.status >= 300:
            return ET.fromstring(APPLICATION_ERROR)
        if "xml" not in response.content_type or len(response.content) > 65_536:
            return ET.fromstring(APPLICATION_ERROR)
        return ET.fromstring(response.content)

    async def _progress(self, call: Call, status: str, **more: str) -> None:
        call.status = status if status != "initiated" else "queued"
        events = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
        event = events.get(status, "completed")
        url = _param(call.params, "StatusCallback")
        if not url or event not in (call.params.get("StatusCallbackEvent") or ["completed"]):
            return
        params = self._call_params(call) | {
            "CallStatus": status,
            "Timestamp": format_datetime(datetime.now(UTC)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
        }
        call.sequence += 1
        if event == "completed":
            call.ended_at = time.time()
        await self._send_receipt(url, params | more)

    def _call_params(self, call: Call) -> dict[str, str]:
        parties = {"From": call.from_, "Caller": call.from_, "To": call.to, "Called": call.to}
        params = parties | {
            "CallSid": call.sid,
            "AccountSid": self.account_sid,
            "CallStatus": call.status,
            "ApiVersion": "2010-04-01",
            "Direction": "outbound-api",
            "ToCountry": "MX",
            "FromCountry": "MX",
        }
        for party in parties:
            params |= {f"{party}City": "", f"{party}State": "", f"{party}Zip": ""}
        return params

    # ---- messages

    def create_text(self, params: dict[str, list[str]]) -> Text:
        to = _param(params, "To")
        _check_params(params, MESSAGE_PARAMS)
        from_ = _param(params, "From") or _chosen_sender(params, to)
        self._check_message(params, to, from_)
        body = (
            _param(params, "Body")
            or f"[{_param(params, 'ContentSid')}] {_param(params, 'ContentVariables')}"
        )
        text = Text("SM" + secrets.token_hex(16), to, from_, time.time(), body, params)
        self.texts[text.sid] = text
        self.callbacks.go(self._live_text(text))
        return text

    def _check_message(self, params: dict[str, list[str]], to: str, from_: str) -> None:
        number = to.removeprefix("whatsapp:")
        if not to:
            raise _refusal(400, 21604, "A 'To' phone number is required.")
        if not from_:
            raise _refusal(400, 21603, "A 'From' phone number is required.")
        if to.startswith("whatsapp:") != from_.startswith("whatsapp:"):
            raise _refusal(
                400, 21910, "Invalid From and To pair. From and To should be of the same channel"
            )
        if not E164.match(number) or number.startswith("+521"):
            raise _refusal(400, 21211, f"The 'To' number {number} is not a valid phone number.")
        body = _param(params, "Body")
        content = _param(params, "ContentSid")
        if not body and not content:
            raise _refusal(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise _refusal(
                400, 21617, "The concatenated message body exceeds the 1600 character limit."
            )
        if content and not CONTENT_SID.match(content):
            raise _refusal(400, 21655, "The ContentSid is invalid")
        variables = _param(params, "ContentVariables")
        if variables and not _are_variables(variables):
            raise _refusal(400, 21656, "The ContentVariables Parameter is invalid")
        _check_url(_param(params, "StatusCallback"), 21609)
        if number in MAGIC_MESSAGE:
            raise _refusal(400, MAGIC_MESSAGE[number], "The message cannot be sent.")
        fate = _fate(number)[1]
        if fate == "4":
            raise _refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        if fate == "2" and to.startswith("whatsapp:"):
            raise _refusal(
                400, 63007, "Twilio could not find a Channel with the specified From address"
            )

    async def _live_text(self, text: Text) -> None:
        number = text.to.removeprefix("whatsapp:")
        fate = _fate(number)[1]
        if fate == "7":
            return
        await asyncio.sleep(0.05)
        await self._text_progress(text, "sent")
        await asyncio.sleep(self.ring / 5)
        if (code := self._text_failure(text, number, fate)) is not None:
            await self._text_progress(text, "undelivered", code)
            return
        await self._text_progress(text, "delivered")
        if fate in ("5", "8"):
            await asyncio.sleep(self.ring / 2)
            reply = "BAJA" if fate == "5" else "Hola, ¿cuánto cuesta?"
            await self.write(number, reply, whatsapp=text.whatsapp)

    def _text_failure(self, text: Text, number: str, fate: str) -> int | None:
        if (code := self.failing_templates.get(_param(text.params, "ContentSid"))) is not None:
            return code
        if text.whatsapp:
            in_session = time.time() - self.inbound_at.get(number, 0.0) < SESSION_SECONDS
            if not _param(text.params, "ContentSid") and not in_session:
                # free text outside the 24 hours after the person's last message
                return 63016
            return WHATSAPP_CODES.get(fate)
        return 30005 if fate == "3" else None

    async def _text_progress(self, text: Text, status: str, code: int | None = None) -> None:
        text.status = status
        text.error_code = code
        if not (url := _param(text.params, "StatusCallback")):
            return
        params = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": self.account_sid,
            "From": text.from_,
            "To": text.to,
            "ApiVersion": "2010-04-01",
        }
        if text.whatsapp:
            params |= {"ChannelPrefix": "whatsapp", "ChannelInstallSid": "XE" + "0" * 32}
        if code is not None:
            params |= {"ErrorCode": str(code), "EventType": "UNDELIVERED"}
        await self._send_receipt(url, params)

    def as_read(self, text: Text) -> str:
        """Returns the text that the phone shows: a template filled in with its values.

        Of an unknown template it returns the values alone.
        """
        if not (sid := _param(text.params, "ContentSid")):
            return text.body
        values: dict[str, str] = json.loads(_param(text.params, "ContentVariables") or "{}")
        if sid not in self.contents:
            return "\n".join(values.values())
        return re.sub(r"{{(\d+)}}", lambda place: values.get(place[1], ""), self.contents[sid])

    async def write(
        self,
        number: str,
        body: str,
        *,
        whatsapp: bool,
        media: str = "",
        hidden: bool = False,
        answers: str = "",
        name: str = "Ana",
        referral: Mapping[str, str] = NO_REFERRAL,
        copies: int = 1,
    ) -> bool:
        """Sends us a message from the person, with a file of the type `media`.

        WhatsApp writes some numbers in an older form, and of a person who hides theirs an id.
        `referral` is the ad under which the person began to write. Returns whether we answered
        with a success. Like Twilio, it does not repeat a message, unless `copies` come at once.
        """
        sid = "SM" + secrets.token_hex(16)
        self.written.append(Written(sid, number, body, time.time(), whatsapp))
        params = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account_sid,
            "Body": body,
            "NumMedia": "1" if media else "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        if whatsapp:
            shown = HIDDEN_ID if hidden else as_whatsapp_writes(number)
            params |= {
                "From": f"whatsapp:{shown}",
                "To": "whatsapp:+14155238886",
                "WaId": "" if hidden else shown[1:],
                "MessageType": media.partition("/")[0] or "text",
                "ProfileName": name,
                **referral,
            }
            if hidden:
                params["ExternalUserId"] = f"whatsapp:{shown}"
            if answers:
                params["OriginalRepliedMessageSid"] = answers
            self.inbound_at[number] = time.time()
        else:
            params |= {"From": number, "To": "+525500000000", "FromCountry": "MX"}
        if media:
            url = f"https://api.twilio.com/2010-04-01/Accounts/{self.account_sid}/Media/{sid}"
            params |= {"MediaContentType0": media, "MediaUrl0": url}
        posted = [self._post(self.inbound_url, params) for _ in range(copies)]
        answered = await asyncio.gather(*posted)
        return all(answer is not None and answer.status < 300 for answer in answered)

    async def _send_receipt(self, url: str, params: dict[str, str]) -> None:
        address, body, headers, tries = self._signed(url, params)
        await self.callbacks.send_receipt(address, body, headers, tries=tries)

    async def _post(self, url: str, params: dict[str, str]) -> Answer | None:
        address, body, headers, tries = self._signed(url, params)
        return await self.callbacks.post(address, body, headers, tries=tries)

    def _signed(self, url: str, params: dict[str, str]) -> tuple[str, bytes, dict[str, str], int]:
        """Returns the URL, the body, its headers, and the number of tries.

        The URL's fragment asks for retries:
        https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
        """
        address, _, fragment = url.partition("#")
        overrides = parse_qs(fragment)
        retries = int(overrides.get("rc", ["1"])[0]) if "all" in overrides.get("rp", [""])[0] else 0
        headers = {
            "X-Twilio-Signature": RequestValidator(self.auth_token).compute_signature(
                address, params
            ),
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        return address, urlencode(params).encode(), headers, 1 + retries

    def touches(self) -> list[dict[str, str]]:
        """Returns each call and message with the touch that its callback URL names."""
        calls = [_touch("call", call.to, call.params) for call in self.calls.values()]
        texts = [
            _touch("whatsapp" if text.whatsapp else "sms", text.to, text.params)
            for text in self.texts.values()
        ]
        return calls + texts

    # ---- HTTP

    def router(self) -> APIRouter:
        router = APIRouter(
            prefix="/2010-04-01/Accounts/{account_sid}", dependencies=[Depends(self._authenticate)]
        )

        @router.post("/Calls.json", status_code=201)
        async def create_call(request: Request) -> Response:
            return JSONResponse(
                self._call_json(self.create_call(await _read_form(request))), status_code=201
            )

        @router.get("/Calls.json")
        async def list_calls(
            request: Request, to: Annotated[str, Query(alias="To")] = ""
        ) -> dict[str, Any]:
            found = [call for call in reversed(self.calls.values()) if to in ("", call.to)]
            return _page("calls", [self._call_json(call) for call in found], request)

        @router.get("/Calls/{sid}.json")
        async def fetch_call(sid: str) -> Response:
            if sid not in self.calls:
                return _error(404, 20404, f"The requested resource /Calls/{sid}.json was not found")
            return JSONResponse(self._call_json(self.calls[sid]))

        @router.post("/Calls/{sid}.json")
        async def update_call(sid: str, request: Request) -> Response:
            return JSONResponse(self._call_json(self.turn(sid, await _read_form(request))))

        @router.get("/Calls/{sid}/Events.json")
        async def list_events(sid: str, request: Request) -> dict[str, Any]:
            call = self.calls.get(sid)
            if call is None or call.ended_at is None:
                return _page("events", [], request)
            readable = time.time() > call.ended_at + self.events_after
            return _page("events", call.events if readable else [], request)

        @router.post("/Messages.json", status_code=201)
        async def create_text(request: Request) -> Response:
            return JSONResponse(
                self._text_json(self.create_text(await _read_form(request))), status_code=201
            )

        @router.get("/Messages.json")
        async def list_texts(
            request: Request, to: Annotated[str, Query(alias="To")] = ""
        ) -> dict[str, Any]:
            found = [text for text in reversed(self.texts.values()) if to in ("", text.to)]
            return _page("messages", [self._text_json(text) for text in found], request)

        @router.get("/Messages/{sid}.json")
        async def fetch_text(sid: str) -> Response:
            if sid not in self.texts:
                return _error(
                    404, 20404, f"The requested resource /Messages/{sid}.json was not found"
                )
            return JSONResponse(self._text_json(self.texts[sid]))

        @router.get("/IncomingPhoneNumbers.json")
        async def numbers(
            request: Request, number: Annotated[str, Query(alias="PhoneNumber")] = ""
        ) -> dict[str, Any]:
            able = {"voice": True, "sms": True, "mms": False, "fax": False}
            resource = {"sid": "PN" + "0" * 32, "phone_number": NUMBER, "capabilities": able}
            found = [resource] if number == NUMBER else []
            return _page("incoming_phone_numbers", found, request)

        @router.get("/OutgoingCallerIds.json")
        async def callers(
            request: Request, number: Annotated[str, Query(alias="PhoneNumber")] = ""
        ) -> dict[str, Any]:
            resource = {"sid": "PN" + "1" * 32, "phone_number": VERIFIED}
            found = [resource] if number == VERIFIED else []
            return _page("outgoing_caller_ids", found, request)

        other_paths = APIRouter(dependencies=[Depends(self._check_credentials)])

        @other_paths.get("/2010-04-01/Accounts/{account_sid}.json")
        async def account(account_sid: str) -> Response:
            if account_sid != self.account_sid:
                raise _refusal(
                    404,
                    20404,
                    f"The requested resource /2010-04-01/Accounts/{account_sid}.json was not found",
                )
            return JSONResponse({"sid": self.account_sid, "status": "active", "type": "Full"})

        @other_paths.get("/v1/Content/{sid}/ApprovalRequests")
        async def approval(sid: str) -> Response:
            if sid.endswith(UNKNOWN_CONTENT):
                raise _refusal(
                    404,
                    20404,
                    f"The requested resource /v1/Content/{sid}/ApprovalRequests was not found",
                )
            status = "rejected" if sid.endswith(REJECTED_CONTENT) else "approved"
            return JSONResponse(
                {"sid": sid, "account_sid": self.account_sid, "whatsapp": {"status": status}}
            )

        @other_paths.get("/v1/Content/{sid}")
        async def content(sid: str) -> Response:
            if sid.endswith(UNKNOWN_CONTENT):
                raise _refusal(
                    404, 20404, f"The requested resource /v1/Content/{sid} was not found"
                )
            types = {"twilio/text": {"body": self.contents[sid]}} if sid in self.contents else {}
            return JSONResponse({"sid": sid, "account_sid": self.account_sid, "types": types})

        @other_paths.get("/v1/Services/{sid}")
        async def service(sid: str) -> Response:
            if sid not in SERVICES:
                raise _refusal(
                    404, 20404, f"The requested resource /v1/Services/{sid} was not found"
                )
            return JSONResponse({"sid": sid, "account_sid": self.account_sid})

        @other_paths.get("/v1/Services/{sid}/{kind}")
        async def service_senders(sid: str, kind: str) -> dict[str, Any]:
            key, found = _senders_in(SERVICES.get(sid, []), kind)
            return {key: found, "meta": {"key": key, "page": 0, "next_page_url": None}}

        @other_paths.get("/v2/Channels/Senders")
        async def senders() -> dict[str, Any]:
            sender = {
                "sid": "XE" + "0" * 32,
                "sender_id": f"whatsapp:{WHATSAPP_NUMBER}",
                "status": "ONLINE",
            }
            meta = {"key": "senders", "page": 0, "page_size": 50, "next_page_url": None}
            return {"senders": [sender], "meta": meta}

        both = APIRouter()
        both.include_router(router)
        both.include_router(other_paths)
        return both

    async def _authenticate(
        self, account_sid: str, authorization: Annotated[str, Header()] = ""
    ) -> None:
        await self._check_credentials(authorization)
        if account_sid != self.account_sid:
            raise _refusal(401, 20003, "Authenticate")

    async def _check_credentials(self, authorization: Annotated[str, Header()] = "") -> None:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if authorization != f"Basic {expected}":
            raise _refusal(401, 20003, "Authenticate")

    def _price(self, channel: str, units: int, at: float) -> str | None:
        """Returns the price as Twilio writes it; None until it is settled."""
        if time.time() < at + self.prices_after:
            return None
        return f"-{PRICES[channel] * units:.5f}"

    def _call_json(self, call: Call) -> dict[str, Any]:
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Calls/{call.sid}.json"
        made = _rfc2822(call.at)
        return {
            "sid": call.sid,
            "account_sid": self.account_sid,
            "to": call.to,
            "from": call.from_,
            "status": call.status,
            "date_created": made,
            "date_updated": made,
            "start_time": None,
            "end_time": None,
            "duration": str(call.seconds) if call.ended_at is not None else None,
            "answered_by": call.answered_by,
            "direction": "outbound-api",
            "price": self._price("call", math.ceil(call.seconds / 60), call.at),
            "price_unit": "USD",
            "to_formatted": call.to,
            "from_formatted": call.from_,
            "queue_time": "0",
            "api_version": "2010-04-01",
            "parent_call_sid": None,
            "phone_number_sid": None,
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "trunk_sid": None,
            "uri": uri,
            "subresource_uris": {},
        }

    def _text_json(self, text: Text) -> dict[str, Any]:
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{text.sid}.json"
        made = _rfc2822(text.at)
        units = 1 if text.whatsapp else segments(text.body).count
        return {
            "sid": text.sid,
            "account_sid": self.account_sid,
            "to": text.to,
            "from": text.from_,
            "body": text.body,
            "status": text.status,
            "error_code": text.error_code,
            "error_message": None,
            "direction": "outbound-api",
            "date_created": made,
            "date_updated": made,
            "date_sent": made,
            "num_media": "0",
            "num_segments": str(units),
            "messaging_service_sid": _param(text.params, "MessagingServiceSid") or None,
            "price": self._price("whatsapp" if text.whatsapp else "sms", units, text.at),
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": uri,
            "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        }


CALL_PARAMS = {
    "To",
    "From",
    "Url",
    "Twiml",
    "ApplicationSid",
    "Method",
    "FallbackUrl",
    "Timeout",
    "TimeLimit",
    "MachineDetection",
    "MachineDetectionTimeout",
    "AsyncAmd",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
    "StatusCallback",
    "StatusCallbackMethod",
    "StatusCallbackEvent",
    "Record",
}
MESSAGE_PARAMS = {
    "To",
    "From",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
    "ContentVariables",
    "StatusCallback",
    "ValidityPeriod",
    "SendAt",
    "ScheduleType",
}


def as_whatsapp_writes(number: str) -> str:
    """Returns the number in the form that WhatsApp keeps for some countries' mobile numbers."""
    for today, older in WHATSAPP_FORMS:
        number = today.sub(older, number)
    return number


def _fate(number: str) -> tuple[str, str]:
    """Returns the fate of calls, and of messages, to this number."""
    if number[-4:-2] != "00" or number.startswith("+1500555"):
        return "human", "0"
    return CALLS[number[-2]], number[-1]


def _param(params: dict[str, list[str]], name: str) -> str:
    return (params.get(name) or [""])[0]


def _check_params(params: dict[str, list[str]], known: set[str]) -> None:
    """Raises ApiError for an unknown parameter.

    Twilio ignores unknown parameters. Here they are refused, so that a misspelt name is noticed.
    """
    if unknown := params.keys() - known:
        raise _refusal(400, 20001, f"Unknown parameters: {sorted(unknown)}")


def _chosen_sender(params: dict[str, list[str]], to: str) -> str:
    """Returns the sender that a Messaging Service chooses; empty where none is named."""
    service = _param(params, "MessagingServiceSid")
    if not service:
        return ""
    if service not in SERVICES:
        raise _refusal(404, 20404, f"The requested resource {service} was not found")
    by_whatsapp = to.startswith("whatsapp:")
    for sender in SERVICES[service]:
        if sender.startswith("whatsapp:") == by_whatsapp:
            return sender
    raise _refusal(400, 21703, "The Messaging Service does not have a phone number available")


def _senders_in(senders: list[str], kind: str) -> tuple[str, list[dict[str, str]]]:
    """Returns the senders of one kind as the API lists them, and the name of their list."""
    numbers = [sender for sender in senders if sender.startswith("+")]
    channels = [sender for sender in senders if sender.startswith("whatsapp:")]
    match kind:
        case "PhoneNumbers":
            return "phone_numbers", [{"sid": "PN1", "phone_number": each} for each in numbers]
        case "ChannelSenders":
            return "senders", [{"sid": "XE1", "sender": each} for each in channels]
        case "ShortCodes":
            return "short_codes", []
        case _:
            return "alpha_senders", []


def _check_url(url: str, code: int) -> None:
    parts = urlsplit(url)
    if url and (
        parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname
    ):
        raise _refusal(400, code, f"The URL {url} is not a valid URL.")


def _are_variables(text: str) -> bool:
    """Returns whether these are values that WhatsApp takes, and Twilio in its oddest mood."""
    try:
        values = json.loads(text)
    except ValueError:
        return False
    return isinstance(values, dict) and all(
        isinstance(value, str) and value.strip() and not REFUSED_IN_VARIABLES.search(value)
        for value in values.values()
    )


def _spoken(verbs: Any) -> list[str]:
    return [
        (verb.text or "").strip()
        for verb in verbs
        if verb.tag in ("Say", "Play") and (verb.text or "").strip()
    ]


def _seconds_of(spoken: list[str]) -> float:
    return sum(len(text) for text in spoken) / CHARACTERS_PER_SECOND


def _touch(channel: str, to: str, params: dict[str, list[str]]) -> dict[str, str]:
    query = parse_qs(urlsplit(_param(params, "StatusCallback")).query)
    return {
        "channel": channel,
        "to": to.removeprefix("whatsapp:"),
        "touch_id": query.get("touch", [""])[0],
    }


def _rfc2822(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(at), UTC))


def _entered(answer: str) -> dict[str, str]:
    """Returns the parameters of what somebody answered: a key, or words.

    https://www.twilio.com/docs/voice/twiml/gather
    """
    if answer and not answer.isdigit():
        return {"SpeechResult": answer, "Confidence": "0.91"}
    return {"Digits": answer}


def _event(url: str, params: dict[str, str], answer: Answer | None) -> dict[str, Any]:
    """Returns a request and its answer as a call's events list them.

    The answer is empty where there was none.
    """
    parameters = {
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): value for name, value in params.items()
    }
    response = (
        {"response_code": answer.status, "content_type": answer.content_type}
        if answer is not None
        else {}
    )
    return {
        "request": {"url": url.partition("#")[0], "method": "POST", "parameters": parameters},
        "response": response,
    }


async def _read_form(request: Request) -> dict[str, list[str]]:
    return parse_qs((await request.body()).decode(), keep_blank_values=True)


def _page(name: str, items: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    """Returns the only page: our client asks for the newest fifty."""
    size = int(request.query_params.get("PageSize", 50))
    return {
        name: items[:size],
        "page": 0,
        "page_size": size,
        "next_page_uri": None,
        "uri": str(request.url.path),
    }


def _error(status: int, code: int, message: str) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse(
        {"code": code, "message": message, "more_info": more, "status": status}, status_code=status
    )


def _fault_body(fault: Fault) -> tuple[bytes, dict[str, str]]:
    code = {429: 20429, 401: 20003}.get(fault.status, 20500)
    body, headers = json_error(
        {"code": code, "message": "Injected fault", "more_info": "", "status": fault.status}
    )
    return body, headers | ({"retry-after": fault.retry_after} if fault.retry_after else {})


def _refusal(status: int, code: int, message: str) -> ApiError:
    return ApiError(_error(status, code, message))
