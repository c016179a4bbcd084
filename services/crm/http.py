"""Receives the webhooks of Cal.com and Kommo, and notify's requests for permits."""

import json
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse

from contracts.api.permits import Permit
from kit.clock import now
from kit.observability import tracing
from kit.rate_limit import GUARDED
from providers.calcom.models import Ping, Unknown
from providers.calcom.webhooks import dedupe_key, read_webhook, signed_by_calcom
from providers.kommo.webhooks import read_changes
from services.crm.deps import HttpDeps
from services.crm.settings import Settings
from services.crm.use_cases.close_lead import close_leads, stages_of
from services.crm.use_cases.grant_permit import end_permit, grant_permit
from services.crm.use_cases.list_unmatched_bookings import list_unmatched_bookings
from services.crm.use_cases.receive_webhook import receive_webhook

log = structlog.get_logger()
routes = APIRouter()

MAX_BODY_BYTES = 1024 * 1024
UNSIGNED = (None, "no-secret-provided")  # Cal.com's header of a webhook without a secret
MESSAGES = {
    "lead_id": "Falta lead_id: debe venir en payload.metadata o en la raíz, y ser un número.",
    "uid": "Falta el uid de la reserva.",
    "triggerEvent": "No es un webhook de Cal.com: falta triggerEvent.",
}


async def small_body(request: Request) -> bytes:
    """Returns the raw body. Raises 413 as soon as it is larger than a megabyte."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return bytes(body)


Body = Annotated[bytes, Depends(small_body)]


@routes.post("/api/calcom", dependencies=GUARDED)
async def calcom_webhook(request: Request, raw: Body, deps: HttpDeps) -> JSONResponse:
    """Stores and applies a webhook. Answers once no follow-up to the lead is on its way."""
    authenticate(raw, request.headers.get("x-cal-signature-256"), deps.settings)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return _refusal(400, "", "El cuerpo no es JSON válido.")
    message = read_webhook(body, now())
    if isinstance(message, Ping):
        return JSONResponse({"ok": True})
    has_trigger = isinstance(body, dict) and body.get("triggerEvent")
    if isinstance(message, Unknown) and not has_trigger:
        explanation = MESSAGES.get(message.missing, "No se entiende el cuerpo.")
        return _refusal(422, message.missing, explanation)
    with tracing.continued({}):
        await receive_webhook(
            dedupe_key(body, raw, now()),
            raw,
            deps.database,
            lock=deps.lock,
            matcher=deps.matcher,
            calcom=deps.calcom,
        )
    return JSONResponse({"ok": True})


def authenticate(raw: bytes, signature: str | None, settings: Settings) -> None:
    """Raises 401 unless Cal.com signed the body.

    An unsigned body is accepted only where the settings allow it, a wrongly signed one never.
    """
    secret = settings.calcom.webhook_secret.get_secret_value()
    if signature in UNSIGNED and settings.allow_unsigned_webhooks:
        return
    if not secret or not signed_by_calcom(raw, signature, secret):
        log.warning("webhook.signature_invalid", path="/api/calcom", secret_set=bool(secret))
        raise HTTPException(401)


def _refusal(status: int, field: str, message: str) -> JSONResponse:
    return JSONResponse(
        {"ok": False, "errors": [{"field": field, "message": message}]}, status_code=status
    )


@routes.post("/webhooks/kommo/{token}", dependencies=GUARDED)
async def kommo_webhook(token: str, raw: Body, deps: HttpDeps) -> JSONResponse:
    """Closes the leads that a person has changed in Kommo.

    Kommo does not sign its webhooks, so the address is the secret. It expects an answer within two
    seconds: https://developers.kommo.com/docs/webhooks-general
    """
    if not deps.settings.kommo.is_webhook_token(token):
        raise HTTPException(404)
    stages = stages_of(deps.settings.kommo)
    with tracing.continued({}):
        await close_leads(deps.database, read_changes(raw), stages)
    return JSONResponse({"ok": True})


@routes.put("/permits/{permit_id}")
async def put_permit(
    permit_id: UUID, lead_id: int, deps: HttpDeps, person_id: int | None = None
) -> Permit:
    """Returns the reasons against contacting the lead. New bookings wait for the permit's end."""
    seconds = deps.settings.permit_seconds
    return await grant_permit(
        deps.database, permit_id, lead_id, seconds=seconds, person_id=person_id
    )


@routes.delete("/permits/{permit_id}", status_code=204)
async def delete_permit(permit_id: UUID, deps: HttpDeps) -> None:
    """Ends the permit."""
    await end_permit(deps.database, permit_id)


@routes.get("/bookings/unmatched")
async def unmatched(deps: HttpDeps) -> list[dict[str, Any]]:
    """Returns the bookings that match no lead, the newest first."""
    return await list_unmatched_bookings(deps.database)
