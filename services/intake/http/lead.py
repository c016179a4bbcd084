"""POST /api/lead and /api/lead/<key>: reads a form in any encoding, stores it and answers.

These are plain Starlette routes, because FastAPI's own work for each request costs more than all
that is done here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from contracts.events.lead import LeadCard
from domain.signed_links import pseudonym
from kit.clock import now
from kit.errors import Unavailable
from kit.observability import tracing
from kit.visitors import is_anybodys, visitor
from services.intake.decisions.holding import reason_to_hold
from services.intake.decisions.persons import Conflict, Replay, Submission, Verdict
from services.intake.decisions.source_keys import FORM
from services.intake.decisions.submissions import as_sent, content_of, form_id
from services.intake.deps import Deps
from services.intake.http import answers
from services.intake.http.answers import Rejected
from services.intake.repositories.raw_submissions import keep_refused
from services.intake.settings import Settings
from services.intake.use_cases.accept_submissions import Received, Sent
from sources.form import read_form
from sources.mapping import FieldError, card_of
from sources.model import Form, Unreadable
from sources.reading import read_body

log = structlog.get_logger()

MAX_BODY_BYTES = 64 * 1024
JSON = "application/json"
REDIRECT_FIELD = "redirect"
KEY_HEADER = "x-source-key"
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


@dataclass(frozen=True, slots=True)
class Post:
    """A request to a door, as it was sent."""

    caller: Caller
    received_at: datetime
    content_type: str
    body: bytes


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
        source = await deps.source_of(key)
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
    post = Post(caller, received_at, content_type, await _body(request))
    try:
        fields = read_body(content_type, post.body)
        form = read_form(fields)
        card = _card(form, caller, deps)
    except Unreadable as error:
        rejected = Rejected(400, FieldError("", error.code))
        if caller.has_key:  # its sender cannot mend it: an operator sees it
            await _keep(deps, post, "failed", rejected)
            return answers.kept()
        await _keep_if_possible(deps, post, rejected)
        raise rejected from None
    except Rejected as rejected:
        await _keep_if_possible(deps, post, rejected)
        raise
    submission = _submission(post, fields, form, card, key, deps.settings)
    verdict = await deps.accept(
        Received(
            submission,
            caller.remote,
            request.headers.get("user-agent", "")[:MAX_HEADER],
            received_at,
            page=card.attribution.get("page") or request.headers.get("referer", "")[:MAX_HEADER],
            sent=Sent(as_sent(fields), content_type, post.body),
        )
    )
    return _answer(request, fields, verdict, deps.settings)


def _submission(
    post: Post,
    fields: Mapping[str, object],
    form: Form,
    card: LeadCard,
    key: str | None,
    settings: Settings,
) -> Submission:
    source = post.caller.source
    content = content_of(source, fields)
    return Submission(
        card=card,
        content=content,
        key=key,
        source=source,
        external_id=form_id(form.external_id, content),
        held=reason_to_hold(
            card,
            test=form.test,
            honeypot=bool(form.fields.get(settings.honeypot_field)),
            over_limit=post.caller.over_limit,
        ),
        most_names=settings.many_names,
    )


def _answer(
    request: Request, fields: Mapping[str, object], verdict: Verdict, settings: Settings
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


def _card(form: Form, caller: Caller, deps: Deps) -> LeadCard:
    """Returns the card of the form's lead. Raises Rejected with all errors of the form."""
    settings = deps.settings
    answered = {
        name: value
        for name, value in form.fields.items()
        if name not in (settings.honeypot_field, REDIRECT_FIELD)
    }
    card = card_of(
        replace(form, fields=answered),
        region=settings.default_region,
        overrides=deps.overrides.of(caller.source, form.attribution.get("form_id", "")),
    )
    if isinstance(card, list):
        raise Rejected(422, *card)
    if caller.has_key:
        return card.model_copy(update={"source": card.source or caller.source})
    if is_anybodys(caller.remote):
        secret = settings.link_secret.get_secret_value()
        origin = pseudonym(secret, "visitor", visitor(caller.remote))
        card = card.model_copy(update={"visitor": origin})
    return card


async def _keep(deps: Deps, post: Post, state: str, rejected: Rejected) -> None:
    """Keeps a body that makes no lead, for the page of the sources."""
    await keep_refused(
        deps.database,
        source=post.caller.source,
        received_at=post.received_at,
        state=state,
        outcome=", ".join(f"{error.field} {error.code}".strip() for error in rejected.errors),
        content_type=post.content_type,
        body=post.body,
    )


async def _keep_if_possible(deps: Deps, post: Post, rejected: Rejected) -> None:
    """Keeps what is refused, unless its visitor posts too much or the database is unavailable."""
    if post.caller.over_limit and not post.caller.has_key:
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


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
