"""POST /api/lead and /api/lead/<key>: reads a form in any encoding, stores it and answers.

These are plain Starlette routes, because FastAPI's own work for each request costs more than all
that is done here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import structlog
from pydantic_core import from_json
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message

from contracts.events.lead import LeadCard
from domain.signed_links import pseudonym
from kit.clock import now
from kit.errors import Unavailable
from kit.observability import tracing
from kit.visitors import is_anybodys, visitor
from services.intake.decisions.holding import reason_to_hold
from services.intake.decisions.persons import Conflict, Replay, Submission, Verdict
from services.intake.decisions.source_keys import FORM, hash_of
from services.intake.decisions.submissions import as_sent, content_of
from services.intake.deps import Deps
from services.intake.http import answers
from services.intake.http.answers import Rejected
from services.intake.repositories.raw_submissions import keep_refused
from services.intake.repositories.sources import source_of
from services.intake.settings import Settings
from services.intake.use_cases.accept_submissions import Received, Sent
from sources.mapping import FieldError, read_card

log = structlog.get_logger()

MAX_BODY_BYTES = 64 * 1024
JSON = "application/json"
REDIRECT_FIELD = "redirect"
KEY_HEADER = "x-source-key"
UNREADABLE = 400
MAX_HEADER = 300


@dataclass(frozen=True, slots=True)
class Caller:
    """Who posts: a source, by its key, or anybody. `over_limit` where they posted too much."""

    source: str
    remote: str
    over_limit: bool

    @property
    def has_key(self) -> bool:
        return self.source != FORM


async def post_lead(request: Request) -> Response:
    """Stores the lead, and answers after the commit."""
    deps: Deps = request.app.state.deps
    received_at = now()
    with tracing.continued(request.headers):
        try:
            caller = await _caller(request, deps)
            response = await _take(request, caller, deps, received_at)
        except Rejected as rejected:
            response = answers.explain(request, rejected)
        except Unavailable as outage:
            log.warning("lead.not_stored", reason=str(outage))
            response = answers.explain(request, Rejected(503, FieldError("", "unavailable")))
        except ClientDisconnect:
            response = Response(status_code=400)
    deps.answers.labels(str(response.status_code)).inc()
    return response


async def _caller(request: Request, deps: Deps) -> Caller:
    """Returns who posts. Raises Rejected: 401 for an unknown key, 429 far above the limit.

    A source with a key is never refused, however much it posts.
    """
    remote = request.client.host if request.client else "unknown"
    key = request.path_params.get("key", "").strip("/") or request.headers.get(KEY_HEADER, "")
    if key:
        source = await source_of(deps.database, hash_of(key))
        if source is None:
            raise Rejected(401, FieldError("", "unknown_key"))
        within = await deps.limiter.hit(deps.limits.source, source)
        return Caller(source, remote, over_limit=not within)
    within = await deps.limiter.hit(deps.limits.visitor, visitor(remote))
    if not within and not await deps.limiter.hit(deps.limits.beyond, visitor(remote)):
        raise Rejected(429, FieldError("", "too_many"))
    return Caller(FORM, remote, over_limit=not within)


async def _take(request: Request, caller: Caller, deps: Deps, received_at: datetime) -> Response:
    key = _idempotency_key(request)
    content_type = request.headers.get("content-type", "")[:MAX_HEADER]
    body = await _body(request)
    try:
        fields = await _fields(body, request)
        card = _card(fields, caller, deps.settings)
    except Rejected as rejected:
        kept = await _keep(deps, caller, content_type, body, received_at, rejected)
        if kept and caller.has_key and rejected.status == UNREADABLE:
            return answers.kept()  # its sender cannot mend it: an operator sees it
        raise
    submission = Submission(
        card=card,
        content=content_of(caller.source, fields),
        key=key,
        source=caller.source,
        held=reason_to_hold(
            card,
            honeypot=bool(fields.get(deps.settings.honeypot_field)),
            over_limit=caller.over_limit,
        ),
        most_names=deps.settings.many_names,
    )
    received = Received(
        submission,
        caller.remote,
        request.headers.get("user-agent", "")[:MAX_HEADER],
        received_at,
        page=card.attribution.get("page") or request.headers.get("referer", "")[:MAX_HEADER],
        sent=Sent(as_sent(fields), content_type, body),
    )
    return _answer(request, fields, await deps.accept(received), deps.settings)


def _answer(
    request: Request, fields: Mapping[str, Any], verdict: Verdict, settings: Settings
) -> Response:
    if isinstance(verdict, Conflict):
        raise Rejected(409, FieldError("Idempotency-Key", "key_reused"))
    log.info("lead.accepted", lead_id=verdict.submission_id, verdict=type(verdict).__name__.lower())
    headers = {"Idempotent-Replayed": "true"} if isinstance(verdict, Replay) else None
    if answers.wants_page(request) and _media_type(request) != JSON:
        target = answers.redirect_target(fields.get(REDIRECT_FIELD), settings)
        return answers.go_on(request, target, headers)
    return answers.accepted(verdict.submission_id, headers)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Rejected(422, FieldError("Idempotency-Key", "bad_key"))
    return key


def _card(fields: Mapping[str, Any], caller: Caller, settings: Settings) -> LeadCard:
    """Returns the card of the form's lead. Raises Rejected with all errors of the form."""
    form = {
        name: value
        for name, value in fields.items()
        if name not in (settings.honeypot_field, REDIRECT_FIELD)
    }
    card = read_card(form, region=settings.default_region)
    if isinstance(card, list):
        raise Rejected(422, *card)
    if caller.has_key:
        return card.model_copy(update={"source": card.source or caller.source})
    if is_anybodys(caller.remote):
        secret = settings.link_secret.get_secret_value()
        origin = pseudonym(secret, "visitor", visitor(caller.remote))
        card = card.model_copy(update={"visitor": origin})
    return card


async def _keep(
    deps: Deps,
    caller: Caller,
    content_type: str,
    body: bytes,
    received_at: datetime,
    rejected: Rejected,
) -> bool:
    """Keeps what is refused, for the page of the sources. Returns False where it could not."""
    unread = caller.has_key and rejected.status == UNREADABLE
    if caller.over_limit and not caller.has_key:
        return False
    try:
        await keep_refused(
            deps.database,
            source=caller.source,
            received_at=received_at,
            state="failed" if unread else "refused",
            outcome=", ".join(f"{error.field} {error.code}".strip() for error in rejected.errors),
            content_type=content_type,
            body=body,
        )
    except Unavailable as outage:
        log.warning("lead.refusal_not_kept", reason=str(outage))
        return False
    return True


async def _body(request: Request) -> bytes:
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise Rejected(413, FieldError("", "too_large"))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Rejected(413, FieldError("", "too_large"))
    return bytes(body)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _fields(body: bytes, request: Request) -> Mapping[str, Any]:
    match _media_type(request):
        case "application/json":
            try:
                value = from_json(body)
            except ValueError:
                raise Rejected(400, FieldError("", "bad_json")) from None
            if not isinstance(value, dict):
                raise Rejected(400, FieldError("", "not_object"))
            return value
        case "application/x-www-form-urlencoded":
            try:
                pairs = parse_qsl(
                    body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000
                )
            except ValueError:
                raise Rejected(400, FieldError("", "bad_form")) from None
            return _joined(pairs)
        case "multipart/form-data":
            return await _multipart(body, request)
        case _:
            raise Rejected(415, FieldError("", "bad_type"))


async def _multipart(body: bytes, request: Request) -> Mapping[str, str]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, receive).form(
            max_files=20, max_fields=1000, max_part_size=MAX_BODY_BYTES
        ) as form:
            pairs = [(name, _part(value)) for name, value in form.multi_items()]
    except (MultiPartException, KeyError, ValueError):
        # a missing boundary, a part without a name, bytes after the end
        raise Rejected(400, FieldError("", "bad_form")) from None
    except Exception as error:
        # inside an app, Starlette turns MultiPartException into an HTTPException
        if type(error).__name__ == "HTTPException":
            raise Rejected(400, FieldError("", "bad_form")) from None
        raise
    return _joined(pairs)


def _part(value: UploadFile | str) -> str:
    return value if isinstance(value, str) else value.filename or ""


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields[name] = f"{fields[name]}, {value}" if fields.get(name) else value
    return fields
