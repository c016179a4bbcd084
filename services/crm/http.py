"""What Cal.com and Kommo post to us, and what notify asks before it reaches a lead out."""

import asyncio
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
from kit.runtime import deps_of
from providers.calcom.models import Ping, Unknown
from providers.calcom.webhooks import dedupe_key, read_webhook, signed_by_calcom
from providers.kommo.webhooks import read_changes
from services.crm.calcom_sync import work_off
from services.crm.decisions.closure import Stages, closed_by
from services.crm.deps import Deps
from services.crm.settings import Settings

log = structlog.get_logger()
routes = APIRouter()

MAX_BODY_BYTES = 1024 * 1024
UNSIGNED = (None, "no-secret-provided")
MESSAGES = {
    "lead_id": "Falta lead_id: debe venir en payload.metadata o en la raíz, y ser un número.",
    "uid": "Falta el uid de la reserva.",
    "triggerEvent": "No es un webhook de Cal.com: falta triggerEvent.",
}


FromApp = Annotated[Deps, Depends(deps_of)]


async def small_body(request: Request) -> bytes:
    """The raw body. Raises 413 as soon as it is larger than a megabyte."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return bytes(body)


Body = Annotated[bytes, Depends(small_body)]


@routes.post("/api/calcom", dependencies=GUARDED)
async def receive_booking(request: Request, raw: Body, deps: FromApp) -> JSONResponse:
    """Stores the webhook, lets it take effect, and answers once no follow-up to the lead is on its way any more."""
    authenticate(raw, request.headers.get("x-cal-signature-256"), deps.settings)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return _refusal(400, "", "El cuerpo no es JSON válido.")
    said = read_webhook(body, now())
    if isinstance(said, Ping):
        return JSONResponse({"ok": True})
    if isinstance(said, Unknown) and not (isinstance(body, dict) and body.get("triggerEvent")):
        return _refusal(422, said.missing, MESSAGES.get(said.missing, "No se entiende el cuerpo."))
    with tracing.continued({}):
        webhook = await deps.bookings.keep(dedupe_key(body, raw), raw)
        lead_id = await work_off(webhook, deps.bookings) if webhook is not None else None
    if lead_id is not None:
        await _until_nobody_is_reached(lead_id, deps)
    return JSONResponse({"ok": True})


def authenticate(raw: bytes, signature: str | None, settings: Settings) -> None:
    """Raises 401 unless Cal.com signed it. Unsigned is only taken where the settings allow it, wrongly signed never."""
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


async def _until_nobody_is_reached(lead_id: int, deps: Deps) -> None:
    """A touch that was permitted just before may leave first; a permit ends by itself, so this does too."""
    while await deps.bookings.being_reached(lead_id):
        await asyncio.sleep(0.02)


@routes.post("/webhooks/kommo/{token}", dependencies=GUARDED)
async def kommo_changed(token: str, raw: Body, deps: FromApp) -> JSONResponse:
    """Kommo signs nothing, so the address is the secret. It wants an answer within two seconds."""
    if not deps.settings.kommo.is_webhook_token(token):
        raise HTTPException(404)
    kommo = deps.settings.kommo
    stages = Stages(kommo.pipeline_id, kommo.status_id_inicial, kommo.status_id_agendado)
    with tracing.continued({}):
        for change in read_changes(raw):
            if (found := await deps.bookings.lead_in_kommo(change.kommo_lead_id)) is None:
                continue
            lead_id, ever_booked = found
            if (reason := closed_by(change, stages, ever_booked=ever_booked)) is not None:
                await deps.bookings.close(lead_id, reason)
                log.info("lead.closed", lead_id=lead_id, reason=reason)
    return JSONResponse({"ok": True})


@routes.put("/permits/{permit_id}")
async def permit(
    permit_id: UUID, lead_id: int, deps: FromApp, person_id: int | None = None
) -> Permit:
    """What speaks against contacting the lead now. New bookings wait until the permit ends."""
    seconds = deps.settings.permit_seconds
    eligibility = await deps.bookings.permit(permit_id, lead_id, seconds, person_id)
    return Permit(**dict(eligibility), seconds=seconds)


@routes.delete("/permits/{permit_id}", status_code=204)
async def end_permit(permit_id: UUID, deps: FromApp) -> None:
    await deps.bookings.end_permit(permit_id)


@routes.get("/bookings/unmatched")
async def unmatched(deps: FromApp) -> list[dict[str, Any]]:
    """Bookings that are nobody's, for a person to look at."""
    return await deps.bookings.unmatched()
