"""POST /api/lead and /api/lead/<key>: reads a form in any encoding, stores it and answers.

These are plain Starlette routes, because FastAPI's own work for each request costs more than all
that is done here.
"""

from collections.abc import Mapping
from datetime import datetime

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from kit.clock import now
from kit.errors import Unavailable
from kit.observability import tracing
from kit.visitors import visitor
from services.intake.decisions.persons import Conflict, Replay, Verdict
from services.intake.decisions.source_keys import FORM
from services.intake.deps import Deps
from services.intake.http import answers
from services.intake.http.answers import Rejected
from services.intake.repositories.raw_submissions import keep_refused
from services.intake.settings import Settings
from services.intake.use_cases.read_post import REDIRECT_FIELD, Post, Unreachable, read_post
from sources.mapping import FieldError
from sources.model import Unreadable

log = structlog.get_logger()

MAX_BODY_BYTES = 64 * 1024
JSON = "application/json"
KEY_HEADER = "x-source-key"
MAX_HEADER = 300


async def post_lead(request: Request) -> Response:
    """Stores the lead, and answers after the commit."""
    deps: Deps = request.app.state.deps
    received_at = now()
    with tracing.continued(request.headers):
        try:
            response = await _take(request, deps, received_at)
        except Rejected as rejected:
            response = answers.explain(request, rejected)
        except Unavailable as outage:
            log.warning("lead.not_stored", reason=str(outage))
            response = answers.explain(request, Rejected(503, FieldError("", "unavailable")))
        except ClientDisconnect:
            response = Response(status_code=400)
    deps.answers.labels(str(response.status_code)).inc()
    return response


async def _take(request: Request, deps: Deps, received_at: datetime) -> Response:
    remote = request.client.host if request.client else "unknown"
    source, over_limit = await _caller(request, remote, deps)
    key = _idempotency_key(request)
    post = Post(
        source=source,
        remote_address=remote,
        over_limit=over_limit,
        received_at=received_at,
        content_type=_header(request, "content-type"),
        body=await _body(request),
        user_agent=_header(request, "user-agent"),
        page=_header(request, "referer"),
        key=key,
    )
    try:
        fields, received = read_post(post, deps.settings, deps.overrides)
    except Unreadable as unreadable:
        rejected = Rejected(400, FieldError("", unreadable.code))
        if post.has_key:  # its sender cannot mend it: an operator sees it
            await _keep(deps, post, "failed", rejected)
            return answers.kept()
        await _keep_if_possible(deps, post, rejected)
        raise rejected from None
    except Unreachable as unreachable:
        rejected = Rejected(422, *unreachable.errors)
        await _keep_if_possible(deps, post, rejected)
        raise rejected from None
    return _answer(request, fields, await deps.accept(received), deps.settings)


async def _caller(request: Request, remote: str, deps: Deps) -> tuple[str, bool]:
    """Returns whose form it is, by its key, and whether they have sent too many.

    Raises Rejected: 401 for an unknown key, 429 far above the limit. A source with a key is never
    refused, however much it sends.
    """
    key = request.path_params.get("key", "").strip("/") or request.headers.get(KEY_HEADER, "")
    if key:
        source = await deps.source_of(key)
        if source is None:
            raise Rejected(401, FieldError("", "unknown_key"))
        return source, not await deps.limiter.hit(deps.limits.source, source)
    if await deps.limiter.hit(deps.limits.visitor, visitor(remote)):
        return FORM, False
    if not await deps.limiter.hit(deps.limits.beyond, visitor(remote)):
        raise Rejected(429, FieldError("", "too_many"))
    return FORM, True


def _answer(
    request: Request, fields: Mapping[str, object], verdict: Verdict, settings: Settings
) -> Response:
    if isinstance(verdict, Conflict):
        raise Rejected(409, FieldError("Idempotency-Key", "key_reused"))
    log.info("lead.accepted", lead_id=verdict.submission_id, verdict=type(verdict).__name__.lower())
    headers = {"Idempotent-Replayed": "true"} if isinstance(verdict, Replay) else None
    if answers.wants_page(request) and not _header(request, "content-type").startswith(JSON):
        target = answers.redirect_target(fields.get(REDIRECT_FIELD), settings)
        return answers.go_on(request, target, headers)
    return answers.accepted(verdict.submission_id, headers)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Rejected(422, FieldError("Idempotency-Key", "bad_key"))
    return key


async def _keep(deps: Deps, post: Post, state: str, rejected: Rejected) -> None:
    """Keeps a body that makes no lead, for the page of the sources."""
    await keep_refused(
        deps.database,
        source=post.source,
        received_at=post.received_at,
        state=state,
        outcome=", ".join(f"{error.field} {error.code}".strip() for error in rejected.errors),
        content_type=post.content_type,
        body=post.body,
    )


async def _keep_if_possible(deps: Deps, post: Post, rejected: Rejected) -> None:
    """Keeps what is refused, unless its visitor posts too much or the database is unavailable."""
    if post.over_limit and not post.has_key:
        return
    try:
        await _keep(deps, post, "refused", rejected)
    except Unavailable as outage:
        log.warning("lead.refusal_not_kept", reason=str(outage))


async def _body(request: Request) -> bytes:
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise Rejected(413, FieldError("", "too_large"))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Rejected(413, FieldError("", "too_large"))
    return bytes(body)


def _header(request: Request, name: str) -> str:
    return request.headers.get(name, "").strip()[:MAX_HEADER]
