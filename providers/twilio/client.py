"""Calls and messages by Twilio's own SDK, kept from its traps."""

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
from providers.errors import CredentialsRejected, OutcomeUnknown, RefusedTouch, seconds_to_wait
from providers.twilio.errors import ACCOUNT_ERRORS, NOT_NOW, kind_of

# Twilio posts once and forgets unless told otherwise; the fragment asks for three more tries on any failure.
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
PERSISTENT = "#rc=3&rp=all"


@dataclass(frozen=True, slots=True)
class Placed:
    """A call or message as Twilio lists it."""

    sid: str
    to: str
    from_: str
    created_at: datetime
    status: str
    answered_by: str | None = None
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A request that Twilio made of us for a call; `status` is what it was answered with, None where nothing came."""

    url: str
    digits: str
    status: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """`status` is `active`, `suspended` or `closed`; a trial account reaches only numbers it has verified."""

    status: str
    trial: bool


class TwilioClient:
    """One account. Must be made inside a running event loop (the SDK's asynchronous client insists)."""

    def __init__(
        self, *, account_sid: str, auth_token: str, base_url: str, timeout: float = 10.0
    ) -> None:
        self._account_sid = account_sid
        self._http = _Transport(base_url, timeout)
        # environment={}: TWILIO_EDGE and TWILIO_REGION would mangle the host
        self._client = Client(account_sid, auth_token, http_client=self._http, environment={})
        # the SDK loads what it needs when it is first asked for, a second's work: now, not while a lead waits
        self._calls, self._messages = self._client.calls, self._client.messages

    async def close(self) -> None:
        await self._http.close()

    async def place_call(
        self, *, to: str, from_: str, answer_url: str, status_url: str, ring_seconds: int = 25
    ) -> str:
        """The call's SID. Twilio fetches `answer_url` when somebody or something picked up and was told apart."""
        return await self._create(
            self._calls.create_async(
                to=to,
                from_=from_,
                url=answer_url + PERSISTENT,
                machine_detection="DetectMessageEnd",
                timeout=ring_seconds,
                status_callback=status_url + PERSISTENT,
                # how it ended; that also names a call whose creation was never answered, as does the fetch of its words
                status_callback_event=["completed"],
            )
        )

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
        """The message's SID. Addresses of WhatsApp carry `whatsapp:`. A template goes by its SID and variables."""
        content: dict[str, Any] = (
            {
                "content_sid": content_sid,
                "content_variables": json.dumps(variables or {}, ensure_ascii=False),
            }
            if content_sid
            else {"body": body}
        )
        return await self._create(
            self._messages.create_async(
                to=to, from_=from_, status_callback=status_url + PERSISTENT, **content
            )
        )

    async def calls_to(self, to: str) -> list[Placed]:
        """Recent calls to a number, newest first. Raises Unavailable."""
        return [_placed(call) for call in await self._ask(self._calls.list_async(to=to, limit=50))]

    async def messages_to(self, to: str) -> list[Placed]:
        """Recent messages to an address, newest first. Raises Unavailable."""
        return [
            _placed(message)
            for message in await self._ask(self._messages.list_async(to=to, limit=50))
        ]

    async def call(self, sid: str) -> Placed:
        """One call as it stands. Raises Unavailable."""
        return _placed(await self._ask(self._client.calls(sid).fetch_async()))

    async def call_events(self, sid: str) -> list[CallEvent]:
        """What Twilio asked of us during a call. None before 15 minutes after its end. Raises Unavailable.

        https://www.twilio.com/docs/voice/api/call-event-resource
        """
        return [
            _event(event)
            for event in await self._ask(self._client.calls(sid).events.list_async(limit=200))
        ]

    async def message(self, sid: str) -> Placed:
        """One message as it stands. Raises Unavailable."""
        return _placed(await self._ask(self._client.messages(sid).fetch_async()))

    async def account(self) -> Account:
        """The account itself. Raises Unavailable."""
        found = await self._ask(self._client.api.v2010.accounts(self._account_sid).fetch_async())
        return Account(status=str(found.status), trial=str(found.type) == "Trial")

    async def abilities_of(self, number: str) -> frozenset[str] | None:
        """What a number of this account can do (`voice`, `sms`); None where it is not the account's."""
        found = await self._ask(
            self._client.incoming_phone_numbers.list_async(phone_number=number, limit=1)
        )
        return (
            frozenset(name for name, able in found[0].capabilities.items() if able)
            if found
            else None
        )

    async def is_verified(self, number: str) -> bool:
        """Whether a number of somebody else's network may be shown as the caller. Raises Unavailable."""
        found = await self._ask(
            self._client.outgoing_caller_ids.list_async(phone_number=number, limit=1)
        )
        return len(found) > 0

    async def whatsapp_status(self, number: str) -> str | None:
        """How a WhatsApp sender stands, `ONLINE` when it may send; None where it is not the account's."""
        found = await self._ask(
            self._client.messaging.v2.channels_senders.list_async(channel="whatsapp", limit=200)
        )
        return next(
            (str(one.status) for one in found if one.sender_id == f"whatsapp:{number}"), None
        )

    async def approval_of(self, content_sid: str) -> str | None:
        """How WhatsApp judged a template: `approved`, `pending`, `rejected`…; None where there is no such template."""
        try:
            found = await self._ask(
                self._client.content.v1.contents(content_sid).approval_fetch().fetch_async()
            )
        except Unavailable as error:
            if error.status == 404:
                return None
            raise
        return str((found.whatsapp or {}).get("status", "unsubmitted"))

    async def body_of(self, content_sid: str) -> str | None:
        """What a template says, with {{1}} and so on; None for a kind of template without a text. Raises Unavailable.

        https://www.twilio.com/docs/content/content-api-resources
        """
        found = await self._ask(self._client.content.v1.contents(content_sid).fetch_async())
        bodies = (kind.get("body") for kind in (found.types or {}).values())
        return next((body for body in bodies if body), None)

    async def _create(self, request: Any) -> str:
        try:
            created = await request
        except aiohttp.ClientConnectorError as error:
            raise Unavailable("twilio: no connection") from error  # nothing was sent
        except (TimeoutError, aiohttp.ClientError, ValueError, AttributeError, TypeError) as error:
            # dropped, too slow, or a success whose body is not what it should be: the resource may exist
            raise OutcomeUnknown(f"twilio: {type(error).__name__}") from error
        except TwilioException as error:
            raise _failure(error) from error
        if not created.sid:  # an empty 201 makes an object without an id
            raise OutcomeUnknown("twilio: answer without a sid")
        return str(created.sid)

    async def _ask(self, request: Any) -> Any:
        try:
            return await request
        except TwilioException as error:
            status = getattr(error, "status", None)
            barred = status in (401, 403)
            raise (CredentialsRejected if barred else Unavailable)(
                f"twilio: {status}", status=status or 0
            ) from error
        except (TimeoutError, aiohttp.ClientError, ValueError, AttributeError, TypeError) as error:
            raise Unavailable(f"twilio: {type(error).__name__}") from error


def _failure(error: TwilioException) -> Exception:
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    reason = f"twilio: {status} code {code}"
    if code in ACCOUNT_ERRORS or status in (401, 403):
        return CredentialsRejected(reason)
    if code in NOT_NOW or status == 429:
        return Unavailable(reason, retry_after=1)
    if status is None or status >= 500 or status in (408, 409) or status < 400:
        return OutcomeUnknown(reason, answered=status is not None and status >= 500)
    kind = kind_of(code if isinstance(code, int) else None)
    # a refusal without a code of Twilio's own is about our request, not about the person
    return RefusedTouch(FailureKind.MISCONFIGURED if code == status else kind, reason)


def _placed(resource: Any) -> Placed:
    code = getattr(resource, "error_code", None)
    return Placed(
        sid=resource.sid,
        to=resource.to,
        from_=getattr(resource, "_from", None) or getattr(resource, "from_", None) or "",
        created_at=resource.date_created or datetime.now(UTC),
        status=str(resource.status),
        answered_by=getattr(resource, "answered_by", None),
        error_code=int(code) if code else None,
    )


def _event(event: Any) -> CallEvent:
    request, response = event.request or {}, event.response or {}
    parameters, status = request.get("parameters") or {}, str(response.get("response_code"))
    return CallEvent(
        url=str(request.get("url") or ""),
        digits=str(parameters.get("digits") or ""),
        status=int(status) if status.isdigit() else None,
    )


def moved(url: str, base: SplitResult) -> str:
    """The SDK's address at the host in the settings; a stand-in has one for all that Twilio keeps on several."""
    parts = urlsplit(url)
    elsewhere = base.netloc.endswith(".twilio.com") and not parts.netloc.startswith("api.")
    return urlunsplit(
        (base.scheme, parts.netloc if elsewhere else base.netloc, parts.path, parts.query, "")
    )


class _Transport(AsyncTwilioHttpClient):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's client with a timeout that counts, the configured host, and 429's Retry-After."""

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__(timeout=timeout)
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
        async with asyncio.timeout(timeout or self.timeout):
            # the SDK passes timeout=None on, which switches aiohttp's own off (twilio-python issue 925)
            response = await super().request(
                method,
                address,
                params,
                data,
                headers,
                None,
                timeout or self.timeout,
                allow_redirects,
            )
        if response.status_code == 429:
            retry_after = next(
                (v for k, v in (response.headers or {}).items() if k.lower() == "retry-after"), ""
            )
            wait = seconds_to_wait(str(retry_after), datetime.now(UTC))
            raise Unavailable("twilio: 429", retry_after=wait, status=429)
        return response
