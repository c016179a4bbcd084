"""A simulated Twilio: calls and messages with a life of their own, and callbacks signed like the real ones.

What becomes of a call or a message is chosen by the number's last four digits, `00CM`:

    C  the call                          M  the message (WhatsApp, then SMS)
    0  a person listens                  0  delivered
    1  a person presses 1                1  WhatsApp 63024 (not on WhatsApp), SMS delivered
    2  nobody answers                    2  WhatsApp refused at once (63007), SMS delivered
    3  busy                              3  WhatsApp 63024, SMS 30005 (unknown number)
    4  a machine, until the beep         4  refused at once, 21610 (opted out)
    5  failed                            5  delivered, and the person answers BAJA
    6  hangs up before the verdict       6  63014 (the person blocked us)
    7  machine detection cannot tell     7  accepted, and never a receipt
    8  a fax                             8  delivered, and the person answers something
    9  refused at once, 21211            9  WhatsApp 63049 (withheld by Meta), SMS delivered

Any other number belongs to a person who listens and whose messages arrive. Twilio's own magic numbers (+1500555…)
answer as its documentation says. Whatever its digits say, a number that is answered by hand rings until somebody does.
"""

import asyncio
import base64
import json
import re
import secrets
import time
import xml.etree.ElementTree as ET
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from twilio.request_validator import RequestValidator

from simulator.errors import ApiError
from simulator.manual_call import Action, HungUp, ManualCall
from simulator.world import Answer, Callbacks, Fault, World, json_error

E164 = re.compile(r"^\+[1-9]\d{6,14}$")
CONTENT_SID = re.compile(r"^HX[0-9a-f]{32}$")
CALLS = {
    "0": "human",
    "1": "human_presses_1",
    "2": "no-answer",
    "3": "busy",
    "4": "machine",
    "5": "failed",
}
CALLS |= {"6": "hangs_up", "7": "unknown", "8": "fax", "9": "invalid"}
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
}
MAGIC_MESSAGE |= {"+15005550009": 21614}
WHATSAPP_CODES = {"1": 63024, "3": 63024, "6": 63014, "9": 63049}
CallState = Literal[
    "dialling", "ringing", "talking", "heard", "unheard", "hung_up", "busy", "missed", "failed"
]
TextState = Literal["waiting", "sent", "delivered", "failed"]
CALL_STATES: dict[str, CallState] = {
    "queued": "dialling",
    "ringing": "ringing",
    "in-progress": "talking",
}
CALL_STATES |= {"busy": "busy", "no-answer": "missed", "failed": "failed"}
TEXT_STATES: dict[str, TextState] = {"queued": "waiting", "sent": "sent", "delivered": "delivered"}
TEXT_STATES |= {"undelivered": "failed"}
SESSION_SECONDS = 24 * 3600
CHARACTERS_PER_SECOND = 15  # of a voice that reads
GATHER_SECONDS = 5  # Twilio's own, where a Gather says nothing; it counts once everything was said
# what the account has: a number, a verified number of another network, a WhatsApp sender; templates but for these
NUMBER, VERIFIED, WHATSAPP_NUMBER = "+525500000000", "+525500000001", "+14155238886"
UNKNOWN_CONTENT, REJECTED_CONTENT = "e404", "e4ec"


@dataclass
class Call:
    sid: str
    to: str
    from_: str
    at: float
    params: dict[str, list[str]]
    status: str = "queued"
    answered_by: str | None = None
    said: list[str] = field(default_factory=list)
    pressed: str = ""
    sequence: int = 0
    ended_at: float | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def in_silence(self) -> bool:
        """Whether somebody picked up, and we never said anything."""
        told = any(event["response"].get("response_code") == 200 for event in self.events)
        return self.ended_at is not None and self.answered_by == "human" and not told

    @property
    def state(self) -> CallState:
        """As whoever holds the phone would say it."""
        if self.status == "completed":
            return (
                "hung_up"
                if self.answered_by is None
                else "heard"
                if self.answered_by == "human"
                else "unheard"
            )
        return CALL_STATES[self.status]


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


@dataclass(frozen=True, slots=True)
class Written:
    """What a person wrote to us."""

    sid: str
    number: str
    body: str
    at: float
    whatsapp: bool


@dataclass
class TwilioSimulator:
    """`ring` is how long a phone rings and `talk` how long a person listens, in seconds; `events_after` how long after
    its end a call's events can be read.

    `contents` are approved templates with {{1}} and so on, by SID, as far as they are known.
    Numbers in `by_hand` ring for `patience`, and have their calls in `manual_calls` until they end.
    """

    account_sid: str
    auth_token: str
    inbound_url: str
    callbacks: Callbacks
    ring: float = 0.5
    talk: float = 1.0
    patience: float = 25.0
    events_after: float = 900.0
    calls: dict[str, Call] = field(default_factory=dict)
    texts: dict[str, Text] = field(default_factory=dict)
    inbound_at: dict[str, float] = field(default_factory=dict)
    written: list[Written] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)
    manual_calls: dict[str, ManualCall] = field(default_factory=dict)

    def join(self, world: World) -> None:
        """Says how an ordered fault reads in Twilio's words."""
        world.errors["twilio"] = _fault_body

    # ---- calls

    def create_call(self, params: dict[str, list[str]]) -> Call:
        to, from_ = _one(params, "To"), _one(params, "From")
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
        if not (_one(params, "Url") or _one(params, "Twiml") or _one(params, "ApplicationSid")):
            raise _refusal(400, 21205, "Url parameter is required.")
        _check_url(_one(params, "Url"), 21205)
        _check_url(_one(params, "StatusCallback"), 21609)
        call = Call("CA" + secrets.token_hex(16), to, from_, time.time(), params)
        self.calls[call.sid] = call
        if to in self.by_hand:
            self.manual_calls[call.sid] = ManualCall()
        self.callbacks.go(self._live_call(call))
        return call

    def handle(self, sid: str, action: Action, key: str = "1") -> None:
        """Somebody does something with a call that is in their hand."""
        if sid not in self.calls:
            raise _refusal(404, 20404, f"The requested resource /Calls/{sid}.json was not found")
        status, hand = self.calls[sid].status, self.manual_calls.get(sid)
        if (
            hand is None
            or status == "queued"
            or not hand.does(action, key, talking=status == "in-progress")
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
        await self._progress(call, "in-progress")
        with suppress(HungUp):
            await self._talk(call, fate)
        self.manual_calls.pop(call.sid, None)
        verdict = {"AnsweredBy": call.answered_by} if call.answered_by else {}
        await self._progress(
            call, "completed", SipResponseCode="200", CallDuration="12", Duration="1", **verdict
        )

    async def _ring(self, call: Call) -> str:
        """What becomes of the call, known when the ringing is over."""
        if (hand := self.manual_calls.get(call.sid)) is None:
            await asyncio.sleep(self.ring)
            return _fate(call.to)[0]
        picked_up = await hand.picks_up(within=self.patience)
        return {True: "human", False: "busy", None: "no-answer"}[picked_up]

    async def _talk(self, call: Call, fate: str) -> None:
        if fate != "hangs_up":
            await self._wait(call, self.talk / 4)  # machine detection listens
            call.answered_by = VERDICTS.get(fate, "human")
            await self._listen(call, presses="1" if fate == "human_presses_1" else "")

    async def _wait(self, call: Call, seconds: float) -> str:
        """The key that is pressed meanwhile by hand. Raises HungUp."""
        if hand := self.manual_calls.get(call.sid):
            return await hand.key(within=seconds)
        await asyncio.sleep(seconds)
        return ""

    async def _gather(self, call: Call, gather: ET.Element, presses: str) -> str:
        """The key pressed before the Gather's time is over; by hand, everything can be heard first."""
        if call.sid not in self.manual_calls:
            await asyncio.sleep(self.talk)
            return presses
        return await self._wait(
            call, _seconds_of(_spoken(gather)) + float(gather.get("timeout", GATHER_SECONDS))
        )

    async def _listen(self, call: Call, presses: str) -> None:
        """Fetches what to say, and goes where it leads."""
        params = self._call_params(call) | {
            "AnsweredBy": call.answered_by or "",
            "MachineDetectionDuration": "2400",
        }
        twiml = await self._fetch(call, _one(call.params, "Url"), params)
        for verb in twiml:
            if verb.tag == "Gather":
                call.said += _spoken(verb)
                call.pressed = await self._gather(call, verb, presses)
                if call.pressed or verb.get("actionOnEmptyResult") == "true":
                    answer = await self._fetch(
                        call, verb.get("action", ""), params | {"Digits": call.pressed}
                    )
                    call.said += _spoken(answer)
                    if call.sid in self.manual_calls:
                        await self._wait(call, _seconds_of(_spoken(answer)))
                    return
            elif verb.tag == "Hangup":
                return
            else:
                call.said += _spoken([verb])
                await self._wait(call, self.talk / 4)

    async def _fetch(self, call: Call, url: str, params: dict[str, str]) -> ET.Element:
        response = await self._post(url, params)
        call.events.append(_event(url, params, response))
        if response is None or response.status >= 300:
            return ET.fromstring(
                "<Response><Say>We are sorry, an application error has occurred.</Say></Response>"
            )
        if "xml" not in response.content_type or len(response.content) > 65_536:
            return ET.fromstring(
                "<Response><Say>We are sorry, an application error has occurred.</Say></Response>"
            )
        return ET.fromstring(response.content)

    async def _progress(self, call: Call, status: str, **more: str) -> None:
        call.status = status if status != "initiated" else "queued"
        event = {"in-progress": "answered"}.get(
            status, status if status in ("initiated", "ringing") else "completed"
        )
        url = _one(call.params, "StatusCallback")
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
        await self._tell(url, params | more)

    def _call_params(self, call: Call) -> dict[str, str]:
        people = {"From": call.from_, "Caller": call.from_, "To": call.to, "Called": call.to}
        places = {f"{who}{what}": "" for who in people for what in ("City", "State", "Zip")}
        return (
            people
            | places
            | {
                "CallSid": call.sid,
                "AccountSid": self.account_sid,
                "CallStatus": call.status,
                "ApiVersion": "2010-04-01",
                "Direction": "outbound-api",
                "ToCountry": "MX",
                "FromCountry": "MX",
            }
        )

    # ---- messages

    def create_text(self, params: dict[str, list[str]]) -> Text:
        to, from_ = _one(params, "To"), _one(params, "From")
        _check_params(params, MESSAGE_PARAMS)
        self._check_message(params, to, from_)
        body = (
            _one(params, "Body")
            or f"[{_one(params, 'ContentSid')}] {_one(params, 'ContentVariables')}"
        )
        text = Text("SM" + secrets.token_hex(16), to, from_, time.time(), body, params)
        self.texts[text.sid] = text
        self.callbacks.go(self._live_text(text))
        return text

    def _check_message(self, params: dict[str, list[str]], to: str, from_: str) -> None:
        number = to.removeprefix("whatsapp:")
        if not to:
            raise _refusal(400, 21604, "A 'To' phone number is required.")
        if not from_ and not _one(params, "MessagingServiceSid"):
            raise _refusal(400, 21603, "A 'From' phone number is required.")
        if to.startswith("whatsapp:") != from_.startswith("whatsapp:"):
            raise _refusal(
                400, 21910, "Invalid From and To pair. From and To should be of the same channel"
            )
        if not E164.match(number) or number.startswith("+521"):
            raise _refusal(400, 21211, f"The 'To' number {number} is not a valid phone number.")
        body, content = _one(params, "Body"), _one(params, "ContentSid")
        if not body and not content:
            raise _refusal(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise _refusal(
                400, 21617, "The concatenated message body exceeds the 1600 character limit."
            )
        if content and not CONTENT_SID.match(content):
            raise _refusal(400, 21655, "The ContentSid is invalid")
        if _one(params, "ContentVariables") and not _is_flat_object(
            _one(params, "ContentVariables")
        ):
            raise _refusal(400, 21656, "The ContentVariables Parameter is invalid")
        _check_url(_one(params, "StatusCallback"), 21609)
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
            await self.write(
                number, "BAJA" if fate == "5" else "Hola, ¿cuánto cuesta?", whatsapp=text.whatsapp
            )

    def _text_failure(self, text: Text, number: str, fate: str) -> int | None:
        if text.whatsapp:
            in_session = time.time() - self.inbound_at.get(number, 0.0) < SESSION_SECONDS
            if not _one(text.params, "ContentSid") and not in_session:
                return 63016  # free text outside the 24 hours after the person's last message
            return WHATSAPP_CODES.get(fate)
        return 30005 if fate == "3" else None

    async def _text_progress(self, text: Text, status: str, code: int | None = None) -> None:
        text.status, text.error_code = status, code
        if not (url := _one(text.params, "StatusCallback")):
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
        await self._tell(url, params)

    def as_read(self, text: Text) -> str:
        """What stands on the phone: a template with its values, and of one that is not known, the values alone."""
        if not (sid := _one(text.params, "ContentSid")):
            return text.body
        values: dict[str, str] = json.loads(_one(text.params, "ContentVariables") or "{}")
        if sid not in self.contents:
            return "\n".join(values.values())
        return re.sub(r"{{(\d+)}}", lambda place: values.get(place[1], ""), self.contents[sid])

    async def write(self, number: str, body: str, *, whatsapp: bool) -> None:
        """The person writes to us. WhatsApp still names a Mexican mobile 521…"""
        sid = "SM" + secrets.token_hex(16)
        self.written.append(Written(sid, number, body, time.time(), whatsapp))
        params = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account_sid,
            "Body": body,
        }
        params |= {
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        if whatsapp:
            old = re.sub(r"^\+52(\d{10})$", r"+521\1", number)
            params |= {
                "From": f"whatsapp:{old}",
                "To": "whatsapp:+14155238886",
                "WaId": old[1:],
                "MessageType": "text",
            }
            params |= {"ProfileName": "Ana"}
            self.inbound_at[number] = time.time()
        else:
            params |= {"From": number, "To": "+525500000000", "FromCountry": "MX"}
        await self._post(self.inbound_url, params)

    async def _tell(self, url: str, params: dict[str, str]) -> None:
        address, body, headers, tries = self._signed(url, params)
        await self.callbacks.tell(address, body, headers, tries=tries)

    async def _post(self, url: str, params: dict[str, str]) -> Answer | None:
        address, body, headers, tries = self._signed(url, params)
        return await self.callbacks.post(address, body, headers, tries=tries)

    def _signed(self, url: str, params: dict[str, str]) -> tuple[str, bytes, dict[str, str], int]:
        """The address, the body, its headers, and how often it is tried by the address's fragment."""
        address, _, overrides = url.partition("#")
        wanted = parse_qs(overrides)
        tries = 1 + (int(wanted.get("rc", ["1"])[0]) if "all" in wanted.get("rp", [""])[0] else 0)
        headers = {
            "X-Twilio-Signature": RequestValidator(self.auth_token).compute_signature(
                address, params
            ),
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        return address, urlencode(params).encode(), headers, tries

    def touches(self) -> list[dict[str, str]]:
        """Each call and message with the touch that its callbacks name."""
        calls = [("call", call.to, call.params) for call in self.calls.values()]
        texts = [
            ("whatsapp" if one.whatsapp else "sms", one.to, one.params)
            for one in self.texts.values()
        ]
        return [
            {
                "channel": channel,
                "to": to.removeprefix("whatsapp:"),
                "touch_id": parse_qs(urlsplit(_one(params, "StatusCallback")).query).get(
                    "touch", [""]
                )[0],
            }
            for channel, to, params in (*calls, *texts)
        ]

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

        @router.get("/Calls/{sid}/Events.json")
        async def list_events(sid: str, request: Request) -> dict[str, Any]:
            call = self.calls.get(sid)
            there = (
                call is not None
                and call.ended_at is not None
                and time.time() > call.ended_at + self.events_after
            )
            return _page("events", call.events if call is not None and there else [], request)

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
            one = {"sid": "PN" + "0" * 32, "phone_number": NUMBER, "capabilities": able}
            return _page("incoming_phone_numbers", [one] if number == NUMBER else [], request)

        @router.get("/OutgoingCallerIds.json")
        async def callers(
            request: Request, number: Annotated[str, Query(alias="PhoneNumber")] = ""
        ) -> dict[str, Any]:
            one = {"sid": "PN" + "1" * 32, "phone_number": VERIFIED}
            return _page("outgoing_caller_ids", [one] if number == VERIFIED else [], request)

        whole = APIRouter(dependencies=[Depends(self._authenticate_anywhere)])

        @whole.get("/2010-04-01/Accounts/{account_sid}.json")
        async def account(account_sid: str) -> Response:
            if account_sid != self.account_sid:
                raise _refusal(
                    404,
                    20404,
                    f"The requested resource /2010-04-01/Accounts/{account_sid}.json was not found",
                )
            return JSONResponse({"sid": self.account_sid, "status": "active", "type": "Full"})

        @whole.get("/v1/Content/{sid}/ApprovalRequests")
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

        @whole.get("/v1/Content/{sid}")
        async def content(sid: str) -> Response:
            if sid.endswith(UNKNOWN_CONTENT):
                raise _refusal(
                    404, 20404, f"The requested resource /v1/Content/{sid} was not found"
                )
            types = {"twilio/text": {"body": self.contents[sid]}} if sid in self.contents else {}
            return JSONResponse({"sid": sid, "account_sid": self.account_sid, "types": types})

        @whole.get("/v2/Channels/Senders")
        async def senders() -> dict[str, Any]:
            one = {
                "sid": "XE" + "0" * 32,
                "sender_id": f"whatsapp:{WHATSAPP_NUMBER}",
                "status": "ONLINE",
            }
            meta = {"key": "senders", "page": 0, "page_size": 50, "next_page_url": None}
            return {"senders": [one], "meta": meta}

        both = APIRouter()
        both.include_router(router)
        both.include_router(whole)
        return both

    async def _authenticate(
        self, account_sid: str, authorization: Annotated[str, Header()] = ""
    ) -> None:
        await self._authenticate_anywhere(authorization)
        if account_sid != self.account_sid:
            raise _refusal(401, 20003, "Authenticate")

    async def _authenticate_anywhere(self, authorization: Annotated[str, Header()] = "") -> None:
        wanted = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if authorization != f"Basic {wanted}":
            raise _refusal(401, 20003, "Authenticate")

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
            "duration": None,
            "answered_by": call.answered_by,
            "direction": "outbound-api",
            "price": None,
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
            "num_segments": "1",
            "messaging_service_sid": None,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": uri,
            "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        }


CALL_PARAMS = {
    *(
        "To",
        "From",
        "Url",
        "Twiml",
        "ApplicationSid",
        "Method",
        "FallbackUrl",
        "Timeout",
        "TimeLimit",
    ),
    *(
        "MachineDetection",
        "MachineDetectionTimeout",
        "AsyncAmd",
        "AsyncAmdStatusCallback",
        "StatusCallback",
    ),
    *("StatusCallbackMethod", "StatusCallbackEvent", "Record"),
}
MESSAGE_PARAMS = {
    *(
        "To",
        "From",
        "MessagingServiceSid",
        "Body",
        "MediaUrl",
        "ContentSid",
        "ContentVariables",
        "StatusCallback",
    ),
    *("ValidityPeriod", "SendAt", "ScheduleType"),
}


def _fate(number: str) -> tuple[str, str]:
    """What becomes of the call, and of messages, to this number."""
    if number[-4:-2] != "00" or number.startswith("+1500555"):
        return "human", "0"
    return CALLS[number[-2]], number[-1]


def _one(params: dict[str, list[str]], name: str) -> str:
    return (params.get(name) or [""])[0]


def _check_params(params: dict[str, list[str]], known: set[str]) -> None:
    """Twilio ignores what it does not know; a client that misspells a name should hear of it here."""
    if unknown := params.keys() - known:
        raise _refusal(400, 20001, f"Unknown parameters: {sorted(unknown)}")


def _check_url(url: str, code: int) -> None:
    parts = urlsplit(url)
    if url and (
        parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname
    ):
        raise _refusal(400, code, f"The URL {url} is not a valid URL.")


def _is_flat_object(text: str) -> bool:
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _spoken(verbs: Any) -> list[str]:
    return [
        (verb.text or "").strip()
        for verb in verbs
        if verb.tag in ("Say", "Play") and (verb.text or "").strip()
    ]


def _seconds_of(said: list[str]) -> float:
    return sum(len(text) for text in said) / CHARACTERS_PER_SECOND


def _rfc2822(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(at), UTC))


def _event(url: str, params: dict[str, str], answer: Answer | None) -> dict[str, Any]:
    """A request and its answer as the record of a call lists them; of one that was never answered, an empty answer."""
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
    """One page is all there is: what looks a touch up asks for the newest fifty."""
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
        {"code": code, "message": "Ordered fault", "more_info": "", "status": fault.status}
    )
    return body, headers | ({"retry-after": fault.retry_after} if fault.retry_after else {})


def _refusal(status: int, code: int, message: str) -> ApiError:
    return ApiError(_error(status, code, message))
