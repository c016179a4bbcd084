"""Places calls and sends messages with Twilio's own SDK, and works around its traps."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from contracts.events.touch import FailureKind
from kit.errors import Unavailable
from kit.http_client import ACCEPTED, read_bounded
from providers.errors import (
    UNREADABLE,
    CredentialsRejected,
    OutcomeUnknown,
    RefusedTouch,
    seconds_to_wait,
    unreadable_as,
)
from providers.twilio.bills import minutes_of, price_in, segments_in
from providers.twilio.content import template_variables
from providers.twilio.errors import ACCOUNT_ERRORS, NOT_NOW, fails_alike, kind_of
from providers.twilio.models import Bill, CallEvent, Detection

# Without this fragment Twilio posts once. It asks for three retries after any failure.
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
PERSISTENT = "#rc=3&rp=all"
CALL_ENDED = {21220, 20404}  # https://www.twilio.com/docs/api/errors/21220


@dataclass(frozen=True, slots=True)
class Placed:
    """A call or message as Twilio lists it. A call's `seconds` run from the pick-up.

    `service` is the Messaging Service that sends a message.
    """

    sid: str
    to: str
    from_: str
    created_at: datetime
    status: str
    service: str = ""
    answered_by: str | None = None
    error_code: int | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The account's state. `status` is `active`, `suspended` or `closed`.

    A trial account reaches only numbers that it has verified.
    """

    status: str
    trial: bool


class TwilioClient:
    """Client for one account.

    Create it inside a running event loop, because the SDK's asynchronous client needs one.
    """

    def __init__(
        self, *, account_sid: str, auth_token: str, base_url: str, timeout: float = 10.0
    ) -> None:
        self._account_sid = account_sid
        self._http = _Transport(base_url, timeout)
        # environment={}: TWILIO_EDGE and TWILIO_REGION would change the host
        self._client = Client(account_sid, auth_token, http_client=self._http, environment={})
        # the SDK imports its parts on first use, which takes a second: now, not while a lead waits
        self._calls = self._client.calls
        self._messages = self._client.messages

    async def close(self) -> None:
        await self._http.close()

    async def place_call(
        self,
        *,
        to: str,
        from_: str,
        answer_url: str,
        verdict_url: str,
        status_url: str,
        detection: Detection,
        ring_seconds: int = 25,
    ) -> str:
        """Places a call and returns its SID.

        Twilio fetches `answer_url` when somebody picks up; with SYNC once machine detection has its
        verdict, which with ASYNC it posts to `verdict_url`.
        Raises Unavailable, OutcomeUnknown or RefusedTouch.
        """
        return await self._create(
            self._calls.create_async(
                to=to,
                from_=from_,
                url=answer_url + PERSISTENT,
                timeout=ring_seconds,
                status_callback=status_url + PERSISTENT,
                # Reports how the call ended. Like the fetch of `answer_url`, it also names the SID
                # of a call whose creation was never answered.
                status_callback_event=["completed"],
                **_detection(detection, verdict_url),
            )
        )

    async def turn_call(self, sid: str, twiml: str) -> bool:
        """Has a running call go on with this TwiML. Returns False for a call that has ended.

        Raises Unavailable.
        """
        try:
            await self._read(self._client.calls(sid).update_async(twiml=twiml))
        except Unavailable as error:
            if _code_of(error) in CALL_ENDED:
                return False
            raise
        return True

    async def send_message(
        self,
        *,
        to: str,
        from_: str,
        status_url: str,
        body: str | None = None,
        content_sid: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Sends a message and returns its SID.

        WhatsApp addresses start with `whatsapp:`. `from_` may be the SID of a Messaging Service. A
        template is named by its SID.
        Raises Unavailable, OutcomeUnknown or RefusedTouch.
        """
        content: dict[str, Any]
        if content_sid:
            content = {
                "content_sid": content_sid,
                "content_variables": json.dumps(
                    template_variables(variables or {}), ensure_ascii=False
                ),
            }
        else:
            content = {"body": body}
        return await self._create(
            self._messages.create_async(
                to=to, status_callback=status_url + PERSISTENT, **_sender(from_), **content
            )
        )

    async def calls_to(self, to: str) -> list[Placed]:
        """Returns recent calls to a number, newest first. Raises Unavailable."""
        calls = await self._read(self._calls.list_async(to=to, limit=50))
        with unreadable_as(Unavailable, "twilio"):
            return [_placed(call) for call in calls]

    async def messages_to(self, to: str) -> list[Placed]:
        """Returns recent messages to an address, newest first. Raises Unavailable."""
        messages = await self._read(self._messages.list_async(to=to, limit=50))
        with unreadable_as(Unavailable, "twilio"):
            return [_placed(message) for message in messages]

    async def call(self, sid: str) -> Placed:
        """Returns the current state of one call. Raises Unavailable."""
        found = await self._read(self._client.calls(sid).fetch_async())
        with unreadable_as(Unavailable, "twilio"):
            return _placed(found)

    async def call_events(self, sid: str) -> list[CallEvent]:
        """Returns the requests that Twilio sent us during a call. Raises Unavailable.

        The list is empty until about 15 minutes after the call's end:
        https://www.twilio.com/docs/voice/api/call-event-resource
        """
        events = await self._read(self._client.calls(sid).events.list_async(limit=200))
        with unreadable_as(Unavailable, "twilio"):
            return [_event(event) for event in events]

    async def message(self, sid: str) -> Placed:
        """Returns the current state of one message. Raises Unavailable."""
        found = await self._read(self._client.messages(sid).fetch_async())
        with unreadable_as(Unavailable, "twilio"):
            return _placed(found)

    async def bill_of(self, sid: str) -> Bill | None:
        """Returns what a call or a message cost; None for one that Twilio no longer has.

        Raises Unavailable.
        https://www.twilio.com/docs/voice/api/call-resource
        """
        is_call = sid.startswith("CA")
        resource = self._client.calls(sid) if is_call else self._client.messages(sid)
        try:
            found = await self._read(resource.fetch_async())
        except Unavailable as error:
            if error.status == 404:
                return None
            raise
        with unreadable_as(Unavailable, "twilio"):
            units = minutes_of(found.duration) if is_call else segments_in(found.num_segments)
            return Bill(units, price_in(found.price))

    async def account(self) -> Account:
        """Returns the account's state. Raises Unavailable."""
        found = await self._read(self._client.api.v2010.accounts(self._account_sid).fetch_async())
        return Account(status=str(found.status), trial=str(found.type) == "Trial")

    async def abilities_of(self, number: str) -> frozenset[str] | None:
        """Returns the capabilities of a number of this account (`voice`, `sms`).

        None where the number is not the account's. Raises Unavailable.
        """
        found = await self._read(
            self._client.incoming_phone_numbers.list_async(phone_number=number, limit=1)
        )
        if not found:
            return None
        with unreadable_as(Unavailable, "twilio"):
            return frozenset(name for name, able in found[0].capabilities.items() if able)

    async def is_verified(self, number: str) -> bool:
        """Returns whether a number of another network may be shown as the caller.

        Raises Unavailable.
        """
        found = await self._read(
            self._client.outgoing_caller_ids.list_async(phone_number=number, limit=1)
        )
        return len(found) > 0

    async def senders_of(self, service: str) -> list[str] | None:
        """Returns the senders of a Messaging Service: numbers, `whatsapp:…` and names.

        None where the account has no such service. Raises Unavailable.
        """
        context = self._client.messaging.v1.services(service)
        try:
            await self._read(context.fetch_async())
        except Unavailable as error:
            if error.status == 404:
                return None
            raise
        numbers = await self._read(context.phone_numbers.list_async(limit=200))
        short_codes = await self._read(context.short_codes.list_async(limit=200))
        names = await self._read(context.alpha_senders.list_async(limit=200))
        channels = await self._read(context.channel_senders.list_async(limit=200))
        with unreadable_as(Unavailable, "twilio"):
            return [
                *(str(number.phone_number) for number in numbers),
                *(str(code.short_code) for code in short_codes),
                *(str(name.alpha_sender) for name in names),
                *(str(channel.sender) for channel in channels),
            ]

    async def whatsapp_status(self, number: str) -> str | None:
        """Returns the status of a WhatsApp sender, which is `ONLINE` when it may send.

        None where the sender is not the account's. Raises Unavailable.
        """
        found = await self._read(
            self._client.messaging.v2.channels_senders.list_async(channel="whatsapp", limit=200)
        )
        with unreadable_as(Unavailable, "twilio"):
            for sender in found:
                if sender.sender_id == f"whatsapp:{number}":
                    return str(sender.status)
        return None

    async def approval_of(self, content_sid: str) -> str | None:
        """Returns WhatsApp's decision about a template: `approved`, `pending`, `rejected`…

        None where there is no such template. Raises Unavailable.
        """
        try:
            found = await self._read(
                self._client.content.v1.contents(content_sid).approval_fetch().fetch_async()
            )
        except Unavailable as error:
            if error.status == 404:
                return None
            raise
        with unreadable_as(Unavailable, "twilio"):
            return str((found.whatsapp or {}).get("status", "unsubmitted"))

    async def body_of(self, content_sid: str) -> str | None:
        """Returns a template's text, with {{1}} and so on. Raises Unavailable.

        None for a kind of template without a text:
        https://www.twilio.com/docs/content/content-api-resources
        """
        found = await self._read(self._client.content.v1.contents(content_sid).fetch_async())
        with unreadable_as(Unavailable, "twilio"):
            bodies = (kind.get("body") for kind in (found.types or {}).values())
            return next((body for body in bodies if body), None)

    async def _create(self, request: Any) -> str:
        try:
            created = await request
        except aiohttp.ClientConnectorError as error:
            raise Unavailable("twilio: no connection") from error  # nothing was sent
        except TwilioException as error:
            raise _failure(error) from error
        except (TimeoutError, aiohttp.ClientError, *UNREADABLE) as error:
            # dropped, too slow, or a success with an unreadable body: the resource may exist
            raise OutcomeUnknown(f"twilio: {type(error).__name__}") from error
        if not created.sid:  # an empty 201 makes an object without an id
            raise OutcomeUnknown("twilio: answer without a sid")
        return str(created.sid)

    async def _read(self, request: Any) -> Any:
        try:
            return await request
        except TwilioException as error:
            status = getattr(error, "status", None)
            reason = f"twilio: {status}"
            if status in (401, 403):
                raise CredentialsRejected(reason, status=status) from error
            raise Unavailable(reason, status=status or 0) from error
        except (TimeoutError, aiohttp.ClientError, *UNREADABLE) as error:
            raise Unavailable(f"twilio: {type(error).__name__}") from error


def _failure(error: TwilioException) -> Exception:
    status = getattr(error, "status", None)
    code = getattr(error, "code", None)
    reason = f"twilio: {status} code {code}"
    if code in ACCOUNT_ERRORS or status in (401, 403):
        return CredentialsRejected(reason)
    if code in NOT_NOW or status == 429:
        return Unavailable(reason, retry_after=1)
    if status is None or status >= 500 or status in (408, 409) or status < 400:
        return OutcomeUnknown(reason, answered=status is not None and status >= 500)
    if code == status:
        # without a code of Twilio's own the SDK repeats the status: it is about our request, then,
        # and not about the person
        return RefusedTouch(FailureKind.MISCONFIGURED, reason)
    known = code if isinstance(code, int) else None
    return RefusedTouch(kind_of(known), reason, alike=fails_alike(known))


def is_service(sender: str) -> bool:
    """Returns whether a sender is a Messaging Service, which chooses one of its own numbers."""
    return sender.startswith("MG")


def _code_of(error: Unavailable) -> int | None:
    """Returns Twilio's own code of what it answered."""
    cause = error.__cause__
    return getattr(cause, "code", None) if isinstance(cause, TwilioException) else None


def _detection(detection: Detection, verdict_url: str) -> dict[str, str]:
    """Returns the parameters with which Twilio listens for a machine until its beep."""
    if detection is Detection.OFF:
        return {}
    listens = {"machine_detection": "DetectMessageEnd"}
    if detection is Detection.SYNC:
        return listens
    # the SDK would write a boolean as "True"
    return listens | {
        "async_amd": "true",
        "async_amd_status_callback": verdict_url + PERSISTENT,
        "async_amd_status_callback_method": "POST",
    }


def _sender(from_: str) -> dict[str, str]:
    """Returns the parameter that names the sender."""
    return {"messaging_service_sid": from_} if is_service(from_) else {"from_": from_}


def _placed(resource: Any) -> Placed:
    code = getattr(resource, "error_code", None)
    duration = str(getattr(resource, "duration", None))
    return Placed(
        sid=resource.sid,
        to=resource.to,
        from_=getattr(resource, "_from", None) or getattr(resource, "from_", None) or "",
        created_at=resource.date_created or datetime.now(UTC),
        status=str(resource.status),
        service=getattr(resource, "messaging_service_sid", None) or "",
        answered_by=getattr(resource, "answered_by", None),
        error_code=int(code) if code else None,
        seconds=int(duration) if duration.isdigit() else None,
    )


def _event(event: Any) -> CallEvent:
    request = event.request or {}
    response = event.response or {}
    parameters = request.get("parameters") or {}
    status = str(response.get("response_code"))
    return CallEvent(
        url=str(request.get("url") or ""),
        digits=str(parameters.get("digits") or ""),
        status=int(status) if status.isdigit() else None,
        words=str(parameters.get("speech_result") or ""),
    )


def moved(url: str, base: SplitResult) -> str:
    """Returns the SDK's URL at the host in the settings.

    A simulator has one host for every API. A base at twilio.com replaces only the `api.` host,
    because Twilio keeps the other APIs on hosts of their own.
    """
    parts = urlsplit(url)
    other_host = base.netloc.endswith(".twilio.com") and not parts.netloc.startswith("api.")
    netloc = parts.netloc if other_host else base.netloc
    return urlunsplit((base.scheme, netloc, parts.path, parts.query, ""))


class _Transport(AsyncTwilioHttpClient):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's client at the configured host, with bounds on an answer's time and length.

    It also reads 429's Retry-After.
    """

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__(pool_connections=False, timeout=timeout)
        self.session = aiohttp.ClientSession(
            auto_decompress=False, headers={"Accept-Encoding": ACCEPTED}
        )
        self._base = urlsplit(base_url)

    async def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        address = moved(url, self._base)
        if auth is not None:  # the SDK's own way is deprecated in aiohttp 3.14
            headers = {**(headers or {}), "Authorization": aiohttp.encode_basic_auth(*auth)}
        # the SDK's own request waits without end (twilio-python issue 925), and reads without end
        async with (
            asyncio.timeout(timeout or self.timeout),
            self.session.request(
                method.upper(),
                address,
                params=params,
                data=data,
                headers=headers,
                allow_redirects=allow_redirects,
            ) as answer,
        ):
            encoding = answer.headers.get("Content-Encoding")
            body = await read_bounded(answer.content.iter_any(), encoding)
        if answer.status == 429:
            wait = seconds_to_wait(answer.headers.get("Retry-After"), datetime.now(UTC))
            raise Unavailable("twilio: 429", retry_after=wait, status=429)
        return Response(answer.status, body.decode(errors="replace"), answer.headers)
