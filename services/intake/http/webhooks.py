"""The webhooks of ad platforms and form tools: proved, stored, and answered at once."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from kit.clock import now
from kit.observability import tracing
from kit.rate_limit import GUARDED
from kit.runtime import deps_of
from services.intake.deps import Deps
from services.intake.platforms import META, PROOFS
from services.intake.use_cases.receive_delivery import receive_delivery
from sources.meta import notifications
from sources.model import Forged

log = structlog.get_logger()
routes = APIRouter(dependencies=GUARDED, prefix="/webhooks")
HttpDeps = Annotated[Deps, Depends(deps_of)]

MAX_BODY_BYTES = 1_000_000  # Meta names up to a thousand leads in one request


@routes.get("/meta")
@routes.get("/meta/", include_in_schema=False)
async def answer_challenge(request: Request, deps: HttpDeps) -> Response:
    """Answers Meta's question whether the address is ours: 403 where it does not know our token."""
    token = deps.settings.meta.verify_token.get_secret_value()
    try:
        return PlainTextResponse(notifications.challenge(request.query_params, token))
    except Forged:
        log.warning("webhook.signature_invalid", source=META)
        raise HTTPException(403) from None


@routes.post("/{source}")
@routes.post("/{source}/", include_in_schema=False)
async def receive(source: str, request: Request, deps: HttpDeps) -> Response:
    """Stores what a platform delivers. 401 without its proof; never 404, which ends a webhook."""
    if source not in PROOFS:
        raise HTTPException(401)
    body = await _body(request)
    with tracing.continued({}):
        try:
            await receive_delivery(source, request.headers, body, deps, now=now())
        except Forged:
            log.warning("webhook.signature_invalid", source=source)
            raise HTTPException(401) from None
    return JSONResponse({})


@routes.post("/{source}/{rest:path}", include_in_schema=False)
async def refuse(source: str, rest: str) -> None:  # noqa: ARG001 - no address below a platform's
    raise HTTPException(401)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return bytes(body)
