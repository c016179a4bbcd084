"""Sends email with Brevo's own SDK, whose retries are turned off."""

import asyncio
import base64
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from brevo import AsyncBrevo
from brevo.core.api_error import ApiError

from contracts.events.touch import FailureKind
from kit.errors import Unavailable
from kit.http_client import BoundedClient
from kit.masking import mask
from providers.brevo.errors import MAX_REASON, Fault, fault_of
from providers.errors import (
    UNREADABLE,
    CredentialsRejected,
    OutcomeUnknown,
    RefusedTouch,
    seconds_to_wait,
    unreadable_as,
)

Answer = TypeVar("Answer")


# Brevo keeps a key for 15 minutes, and by another of its pages for 30; this leaves a margin:
# https://developers.brevo.com/changelog/email-api-now-supports-idempotency
# https://developers.brevo.com/docs/heterogenous-versions-batch-emails
IDEMPOTENCY_SECONDS = 600.0
LONGEST_NAME = 70


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file. Brevo takes its type from the ending of the name."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One email to one person. `key` is echoed in every webhook of the mail.

    Answers go to `reply_to`, or to the sender where that is empty.

    Sending the same key again within IDEMPOTENCY_SECONDS is harmless. A `rehearsal` is checked like
    any other mail, and dropped: https://developers.brevo.com/docs/using-sandbox-mode-to-send-an-email
    """

    key: str
    to: str
    name: str
    subject: str
    html: str
    text: str
    unsubscribe_url: str
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    rehearsal: bool = False


class AlreadySent(Exception):
    """Brevo already has this mail, because its key was used in the last minutes.

    The answer does not contain the id of that mail.
    """


class BrevoClient:
    """Client for one Brevo account and one sender."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        sender_email: str,
        sender_name: str,
        timeout: float = 10.0,
    ) -> None:
        self._timeout = timeout
        self._http = BoundedClient(
            timeout=httpx.Timeout(timeout, connect=3), limits=httpx.Limits(max_connections=20)
        )
        # the SDK would repeat a POST after a 5xx, which can mean two mails
        self._api = AsyncBrevo(
            api_key=api_key,
            base_url=f"{base_url.rstrip('/').removesuffix('/v3')}/v3",
            httpx_client=self._http,
            max_retries=0,
        )
        # the SDK imports its parts on first use: do that now, not while a lead waits
        self._mails = self._api.transactional_emails
        self._sender = {"email": sender_email, "name": sender_name}

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, mail: Mail) -> str:
        """Returns the message id without angle brackets.

        Raises AlreadySent, Unavailable, OutcomeUnknown or RefusedTouch.
        """
        try:
            async with asyncio.timeout(self._timeout):  # httpx restarts its own at every byte
                sent = await self._mails.send_transac_email(
                    sender=self._sender,
                    to=[_recipient(mail)],
                    subject=mail.subject,
                    html_content=mail.html,
                    text_content=mail.text,
                    tags=[tag_of(mail.key)],
                    headers=_headers(mail),
                    **_attached(mail.attachments),
                    **_answered_at(mail.reply_to),
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable("brevo: no connection") from error  # nothing was sent
        except ApiError as error:
            raise _failure(error) from error
        except (httpx.HTTPError, TimeoutError, *UNREADABLE) as error:
            raise OutcomeUnknown(f"brevo: {type(error).__name__}") from error
        if not getattr(sent, "message_id", None):
            raise OutcomeUnknown("brevo: answer without a message id")
        return str(sent.message_id).strip("<>")

    async def find(self, *, to: str, key: str) -> str | None:
        """Returns the id of the mail sent under `key`, if Brevo lists it. Raises Unavailable.

        Without dates Brevo lists the last 30 days. It may refuse a range that ends tomorrow, and
        the day of its account may be tomorrow by our clock.
        https://developers.brevo.com/reference/gettransacemailslist
        """
        listed = await self._read(
            self._mails.get_transac_emails_list(email=to, sort="desc", limit=100)
        )
        with unreadable_as(Unavailable, "brevo"):
            if listed.transactional_emails is None and listed.count is None:
                raise TypeError("no list")  # not to be read as "nothing found"
            for mail in listed.transactional_emails or []:
                if tag_of(key) in (mail.tags or []):
                    return str(mail.message_id).strip("<>")
        return None

    async def senders(self) -> dict[str, bool]:
        """Returns the sender addresses in lower case, and whether each is confirmed.

        Raises Unavailable.
        """
        listed = await self._read(self._api.senders.get_senders())
        with unreadable_as(Unavailable, "brevo"):
            return {sender.email.lower(): sender.active for sender in listed.senders or []}

    async def authenticated_domains(self) -> set[str]:
        """Returns the domains of which any address may send. Raises Unavailable."""
        listed = await self._read(self._api.domains.get_domains())
        with unreadable_as(Unavailable, "brevo"):
            return {
                domain.domain_name.lower()
                for domain in listed.domains or []
                if domain.authenticated
            }

    async def _read(self, request: Awaitable[Answer]) -> Answer:
        """Returns the answer to a request without effects, which is safe to repeat.

        Raises Unavailable.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await request
        except ApiError as error:
            status = error.status_code
            reason = f"brevo: {status}"
            if status in (401, 403):
                raise CredentialsRejected(reason, status=status) from error
            raise Unavailable(reason, status=status or 0) from error
        except (httpx.HTTPError, TimeoutError, *UNREADABLE) as error:
            raise Unavailable(f"brevo: {type(error).__name__}") from error


def tag_of(key: str) -> str:
    """Returns the tag that shows the key on Brevo's own pages."""
    return f"touch-{key}"


def _answered_at(address: str) -> dict[str, Any]:
    return {"reply_to": {"email": address}} if address else {}


def _recipient(mail: Mail) -> dict[str, Any]:
    name = mail.name.strip()[:LONGEST_NAME]
    return {"email": mail.to, "name": name} if name else {"email": mail.to}


def _headers(mail: Mail) -> dict[str, Any]:
    headers = {
        "idempotencyKey": mail.key,  # in the body, not an HTTP header
        "X-Mailin-custom": mail.key,
        "List-Unsubscribe": f"<{mail.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return headers | {"X-Sib-Sandbox": "drop"} if mail.rehearsal else headers


def _attached(attachments: tuple[Attachment, ...]) -> dict[str, Any]:
    """Returns the SDK's argument for attachments, or none because Brevo refuses an empty list."""
    if not attachments:
        return {}
    files = [
        {"name": attachment.name, "content": base64.b64encode(attachment.content).decode()}
        for attachment in attachments
    ]
    return {"attachment": files}


def _failure(error: ApiError) -> Exception:
    """Returns our exception for Brevo's error.

    The wait after a 429 is in Brevo's own header: https://developers.brevo.com/docs/limit-headers
    """
    status = error.status_code or 0
    body: dict[str, Any] = error.body if isinstance(error.body, dict) else {}
    code = str(body.get("code", "")).lower()
    message = " ".join(str(body.get("message") or "").split())[:MAX_REASON]
    reason = f"brevo: {status} {code}".strip()
    if code == "duplicate_parameter":
        return AlreadySent(reason)
    if status == 429:
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        wait = headers.get("retry-after") or headers.get("x-sib-ratelimit-reset")
        return Unavailable(reason, retry_after=seconds_to_wait(wait, datetime.now(UTC)))
    # after a success without the promised body, the mail may well have been sent
    if status < 300 or status >= 500:
        return OutcomeUnknown(reason, answered=status >= 500)
    if message:
        reason = f"{reason}: {mask(message)}"
    match fault_of(status, code, message):
        case Fault.ACCOUNT:
            return CredentialsRejected(reason, status=status)
        case Fault.MAIL:
            return RefusedTouch(FailureKind.MISCONFIGURED, reason, alike=True)
        case Fault.ADDRESS:
            return RefusedTouch(FailureKind.BAD_ADDRESS, reason)
