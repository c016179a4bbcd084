"""Simulates Brevo: accepts mails and posts their events.

The local part of the address, up to a `+` or `.`, chooses how a mail ends: `bounce`, `softbounce`,
`deferred` (delivered in the end), `blocked`, `invalid`, `error`, `dmarc` (the receiving server
refuses our sender), `spam`, `unsubscribe`, `silent` (no event ever). Any other mail is delivered.
"""

import asyncio
import base64
import json
import random
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import email_validator
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response

from simulator.errors import ApiError
from simulator.world import Callbacks, Fault, World, json_error

KEY_SECONDS = 15 * 60
EVENTS_OF = {
    "bounce": ["request", "hard_bounce"],
    "softbounce": ["request", "deferred", "soft_bounce"],
    "deferred": ["request", "deferred", "delivered"],
    "blocked": ["request", "blocked"],
    "error": ["request", "error"],
    "dmarc": ["request", "hard_bounce"],
    "invalid": ["request", "invalid_email"],
    "spam": ["request", "delivered", "spam"],
    "unsubscribe": ["request", "delivered", "unsubscribed"],
    "silent": [],
}
REASONS = {
    "bounce": "550 5.1.1 user unknown",
    "softbounce": "452-4.2.2 The recipient's inbox is out of storage space",
    "deferred": "451 4.7.1 Greylisted, please try again later",
    "blocked": "blocked : due to blacklist user",
    "error": "Sender address rejected: the sender you used is not valid",
    "dmarc": "550 5.7.26 Unauthenticated email is not accepted due to the domain's DMARC policy",
}
# what a phone and Gmail add to an answer
BELOW = """Enviado desde mi iPhone

El lun, 2 mar 2026 a las 9:00, Pauta (<hola@example.com>)
escribió:

> Hola: para no recibir más, responde BAJA

AVISO DE CONFIDENCIALIDAD: si no es el destinatario, elimine este mensaje y bórrelo."""
REASONED = {"hard_bounce", "soft_bounce", "deferred", "blocked", "error"}
DELIVERED = ["request", "delivered"]
SENDERS = {"hola@example.com": True, "hola@agencia.test": True, "unconfirmed@example.com": False}
KNOWN_FIELDS = {
    "sender",
    "to",
    "subject",
    "htmlContent",
    "textContent",
    "templateId",
    "params",
    "tags",
    "headers",
    "replyTo",
    "cc",
    "bcc",
    "attachment",
    "scheduledAt",
    "batchId",
    "messageVersions",
}


@dataclass
class Mail:
    message_id: str
    to: str
    subject: str
    html: str
    text: str
    tags: list[str]
    headers: dict[str, str]
    at: float
    attachments: list[dict[str, str]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.message_id.strip("<>")

    @property
    def state(self) -> str:
        """The state in which the mailbox's owner sees the mail."""
        if set(self.events) & {"hard_bounce", "soft_bounce", "blocked", "invalid_email", "error"}:
            return "failed"
        return "delivered" if "delivered" in self.events else "waiting"


@dataclass
class BrevoSimulator:
    api_key: str
    webhook_url: str
    webhook_token: str
    callbacks: Callbacks
    pause: float = 0.3
    mails: dict[str, Mail] = field(default_factory=dict)
    keys: dict[str, float] = field(default_factory=dict)
    refusal: tuple[int, str, str] | None = None

    def join(self, world: World) -> None:
        world.errors["brevo"] = _fault_body

    def send(self, body: Any) -> Mail:
        if not isinstance(body, dict):
            raise _refusal(400, "bad_request", "body should be an object")
        if unknown := body.keys() - KNOWN_FIELDS:
            raise _refusal(400, "invalid_parameter", f"unknown: {sorted(unknown)}")
        if nulls := [name for name, value in body.items() if value is None]:
            raise _refusal(400, "invalid_parameter", f"{nulls[0]} is not valid")
        for name in ("sender", "to", "subject", "htmlContent"):
            if not body.get(name) and not body.get("templateId"):
                raise _refusal(400, "missing_parameter", f"{name} is missing")
        if self.refusal is not None:
            raise _refusal(*self.refusal)
        if SENDERS.get(body["sender"].get("email")) is False:
            raise _refusal(400, "invalid_parameter", "the sender you used is not valid")
        for person in [body["sender"], *body["to"]]:
            _check_address(person)
        attachments = [_attachment(item) for item in body.get("attachment", [])]
        headers = {str(name): str(value) for name, value in (body.get("headers") or {}).items()}
        keys = [value for name, value in headers.items() if name.lower() == "idempotencykey"]
        key = keys[0] if keys else None
        if key is not None:
            if time.time() - self.keys.get(key, 0.0) < KEY_SECONDS:
                raise _refusal(400, "duplicate_parameter", "idempotencyKey was already used")
            self.keys[key] = time.time()
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M")
        mail = Mail(
            message_id=f"<{stamp}.{random.randrange(10**10, 10**11)}@smtp-relay.mailin.fr>",
            to=body["to"][0]["email"],
            subject=body.get("subject", ""),
            html=body.get("htmlContent", ""),
            text=body.get("textContent", ""),
            tags=list(body.get("tags") or []),
            headers=headers,
            at=time.time(),
            attachments=attachments,
        )
        if headers.get("X-Sib-Sandbox") != "drop":
            self.mails[mail.message_id] = mail
            self.callbacks.go(self._live(mail))
        return mail

    async def _live(self, mail: Mail) -> None:
        local = mail.to.partition("@")[0].replace(".", "+").partition("+")[0]
        for event in EVENTS_OF.get(local, DELIVERED):
            await asyncio.sleep(self.pause / 2)
            reason = REASONS.get(local, "") if event in REASONED else ""
            await self._post_event(mail, event, reason)

    async def _post_event(self, mail: Mail, event: str, reason: str) -> None:
        """Posts one event of one mail."""
        mail.events.append(event)
        now = time.time()
        payload = {
            "id": 948562,
            "email": mail.to,
            "message-id": mail.message_id,
            "event": event,
            "subject": mail.subject,
            "date": datetime.now().strftime("%Y-%m-%d %H:%M:%S"),
            "ts": int(now),
            "ts_event": int(now),
            "ts_epoch": int(now * 1000),
            "tags": mail.tags,
            "tag": str(mail.tags).replace("'", '"'),
            "link": "",
            "sending_ip": "192.0.2.1",
            "sender_email": "simulator@example.com",
        }
        if reason:
            payload["reason"] = reason
        if "X-Mailin-custom" in mail.headers:
            payload["X-Mailin-custom"] = mail.headers["X-Mailin-custom"]
        headers = {
            "Authorization": f"Bearer {self.webhook_token}",
            "Content-Type": "application/json",
        }
        await self.callbacks.send_receipt(
            self.webhook_url, json.dumps(payload).encode(), headers, tries=5
        )

    async def receive(
        self, email: str, text: str, *, subject: str, answers: str, headers: dict[str, str]
    ) -> bool:
        """Posts a mail from a person to us, parsed. Returns whether we answered with a success."""
        item = {
            "Uuid": [str(uuid4())],
            "MessageId": f"<{uuid4()}@mail.example.com>",
            "InReplyTo": f"<{answers}>" if answers else None,
            "From": {"Name": "Ana", "Address": email},
            "To": [{"Name": "", "Address": "respuestas@reply.example.com"}],
            "Subject": subject,
            "RawTextBody": f"{text}\n\n{BELOW}",
            "RawHtmlBody": None,
            "Attachments": [],
            "Headers": headers,
        }
        answer = await self.callbacks.post(
            f"{self.webhook_url}/inbound",
            json.dumps({"items": [item]}).encode(),
            {
                "Authorization": f"Bearer {self.webhook_token}",
                "Content-Type": "application/json",
            },
        )
        return answer is not None and answer.status < 300

    def touches(self) -> list[dict[str, str]]:
        """Returns each mail with the touch that it names."""
        return [
            {"channel": "email", "to": mail.to, "touch_id": mail.headers.get("X-Mailin-custom", "")}
            for mail in self.mails.values()
        ]

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/v3")

        @router.post("/smtp/email")
        async def send(
            request: Request, api_key: Annotated[str, Header(alias="api-key")] = ""
        ) -> Response:
            self._authenticate(api_key)
            try:
                body = await request.json()
            except ValueError:
                raise _refusal(400, "bad_request", "Input must be a valid JSON object") from None
            return JSONResponse({"messageId": self.send(body).message_id}, status_code=201)

        @router.get("/smtp/emails")
        async def list_mails(
            email: str = "", limit: int = 500, api_key: Annotated[str, Header(alias="api-key")] = ""
        ) -> Response:
            self._authenticate(api_key)
            if not email:
                raise _refusal(
                    400, "missing_parameter", "one of email, templateId, messageId is required"
                )
            found = [
                self._listed(mail) for mail in reversed(self.mails.values()) if mail.to == email
            ]
            return JSONResponse({"count": len(found), "transactionalEmails": found[:limit]})

        @router.get("/senders")
        async def senders(api_key: Annotated[str, Header(alias="api-key")] = "") -> Response:
            self._authenticate(api_key)
            about = {"name": "Simulator", "ips": []}
            known = [
                about | {"id": index, "email": email, "active": confirmed}
                for index, (email, confirmed) in enumerate(SENDERS.items())
            ]
            return JSONResponse({"senders": known})

        @router.get("/senders/domains")
        async def domains(api_key: Annotated[str, Header(alias="api-key")] = "") -> Response:
            self._authenticate(api_key)
            return JSONResponse({"domains": [], "count": 0, "current_page": 1, "total_pages": 0})

        return router

    def _authenticate(self, api_key: str) -> None:
        if not secrets.compare_digest(api_key, self.api_key):
            raise _refusal(401, "unauthorized", "Key not found")

    @staticmethod
    def _listed(mail: Mail) -> dict[str, Any]:
        made = datetime.fromtimestamp(mail.at, UTC).isoformat()
        about = {
            "email": mail.to,
            "subject": mail.subject,
            "messageId": mail.message_id,
            "date": made,
        }
        return about | {"uuid": mail.id, "from": "simulator@example.com", "tags": mail.tags}


def _check_address(person: Any) -> None:
    try:
        email_validator.validate_email(
            person["email"], check_deliverability=False, test_environment=True
        )
    except (KeyError, TypeError, email_validator.EmailNotValidError):
        raise _refusal(400, "invalid_parameter", "email is not valid in to") from None
    if len(person.get("name", "")) > 70:
        raise _refusal(400, "invalid_parameter", "name is too long")


def _attachment(item: Any) -> dict[str, str]:
    """Returns an attachment's name and its content as text."""
    try:
        content = base64.b64decode(item["content"], validate=True).decode(errors="replace")
    except (KeyError, TypeError, ValueError):
        raise _refusal(400, "invalid_parameter", "attachment content is not valid base64") from None
    if "." not in str(item.get("name", "")):
        raise _refusal(400, "missing_parameter", "attachment name is missing")
    return {"name": str(item["name"]), "content": content}


def _fault_body(fault: Fault) -> tuple[bytes, dict[str, str]]:
    code = "unauthorized" if fault.status == 401 else "error"
    body, headers = json_error({"code": code, "message": "Injected fault"})
    if fault.retry_after:
        headers["x-sib-ratelimit-reset"] = fault.retry_after
    return body, headers


def _refusal(status: int, code: str, message: str) -> ApiError:
    return ApiError(JSONResponse({"code": code, "message": message}, status_code=status))
