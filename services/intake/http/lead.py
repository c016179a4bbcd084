"""POST /api/lead: reads a form in any of three encodings, stores it and answers.

This is a plain Starlette route, because FastAPI's own work for each request costs more than all
that is done here.
"""

import hashlib
import html
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import structlog
from pydantic_core import from_json
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Message

from contracts.events.lead import LeadCard
from domain.signed_links import pseudonym
from kit.clock import now
from kit.errors import Unavailable
from kit.observability import tracing
from kit.visitors import is_anybodys, visitor
from services.intake.decisions.persons import Conflict, Replay, Submission
from services.intake.deps import Deps
from services.intake.messages import language
from services.intake.settings import Settings
from services.intake.use_cases.accept_submissions import Received
from sources.mapping import FieldError, read_card

log = structlog.get_logger()

MAX_BODY_BYTES = 64 * 1024
JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
REDIRECT_FIELD = "redirect"
RETRY_AFTER = {429: "60", 503: "2"}  # seconds, by status


class Rejected(Exception):
    """The request is refused, with an HTTP status and the errors that explain it."""

    def __init__(self, status: int, *errors: FieldError) -> None:
        self.status = status
        self.errors = errors


async def post_lead(request: Request) -> Response:
    """Stores the lead, and answers after the commit."""
    deps: Deps = request.app.state.deps
    received_at = now()
    with tracing.continued(request.headers):
        try:
            response = await _accept(request, deps, received_at)
        except Rejected as rejected:
            response = _explain(request, rejected)
        except Unavailable as outage:
            log.warning("lead.not_stored", reason=str(outage))
            response = _explain(request, Rejected(503, FieldError("", "unavailable")))
        except ClientDisconnect:
            response = Response(status_code=400)
    deps.answers.labels(str(response.status_code)).inc()
    return response


async def _accept(request: Request, deps: Deps, received_at: datetime) -> Response:
    remote = request.client.host if request.client else "unknown"
    if not await deps.limiter.hit(deps.limit, visitor(remote)):
        raise Rejected(429, FieldError("", "too_many"))
    key = _idempotency_key(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await _body(request)
    fields = await _fields(media_type, body, request)
    submission = Submission(
        card=_card(fields, remote, deps.settings),
        content=content_of(fields),
        key=key,
        suspect=bool(fields.get(deps.settings.honeypot_field)),
    )
    user_agent = request.headers.get("user-agent", "")[:300]
    verdict = await deps.accept(Received(submission, remote, user_agent, received_at))
    if isinstance(verdict, Conflict):
        raise Rejected(409, FieldError("Idempotency-Key", "key_reused"))
    log.info("lead.accepted", lead_id=verdict.submission_id, verdict=type(verdict).__name__.lower())
    headers = {"Idempotent-Replayed": "true"} if isinstance(verdict, Replay) else None
    if media_type != JSON and _wants_page(request):
        target = redirect_target(fields.get(REDIRECT_FIELD), deps.settings)
        return RedirectResponse(target, status_code=303) if target else _thanks(request, headers)
    return JSONResponse(
        {"ok": True, "lead_id": verdict.submission_id}, status_code=202, headers=headers
    )


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Rejected(422, FieldError("Idempotency-Key", "bad_key"))
    return key


def _card(fields: Mapping[str, Any], remote: str, settings: Settings) -> LeadCard:
    """Returns the card of the form's lead. Raises Rejected with all errors of the form."""
    form = {
        name: value
        for name, value in fields.items()
        if name not in (settings.honeypot_field, REDIRECT_FIELD)
    }
    card = read_card(form, region=settings.default_region)
    if isinstance(card, list):
        raise Rejected(422, *card)
    if is_anybodys(remote):
        origin = pseudonym(settings.link_secret.get_secret_value(), "visitor", visitor(remote))
        card = card.model_copy(update={"visitor": origin})
    return card


def content_of(fields: Mapping[str, Any]) -> bytes:
    """Returns a digest of the fields, which does not depend on their encoding."""
    return hashlib.blake2b(
        repr(sorted(fields.items())).encode("utf-8", "surrogatepass"), digest_size=16
    ).digest()


async def _body(request: Request) -> bytes:
    if int(request.headers.get("content-length") or 0) > MAX_BODY_BYTES:
        raise Rejected(413, FieldError("", "too_large"))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Rejected(413, FieldError("", "too_large"))
    return bytes(body)


async def _fields(media_type: str, body: bytes, request: Request) -> Mapping[str, Any]:
    match media_type:
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


def _wants_page(request: Request) -> bool:
    """Returns whether a browser shows the answer to a person: a script's `fetch` accepts `*/*`."""
    return "text/html" in request.headers.get("accept", "")


def redirect_target(wanted: object, settings: Settings) -> str | None:
    """Returns the page to redirect a browser to, or None.

    The form's own `redirect` where its origin is allowed, else the configured page.
    """
    if isinstance(wanted, str) and wanted:
        parts = urlsplit(wanted)
        if (
            parts.scheme in ("http", "https")
            and f"{parts.scheme}://{parts.netloc}" in settings.redirect_origins
        ):
            return wanted
    return settings.form_redirect_url or None


def _explain(request: Request, rejected: Rejected) -> Response:
    words = _words(request)
    status = rejected.status
    errors = [
        {"field": error.field, "message": words[error.code].format(limit=error.limit)}
        for error in rejected.errors
    ]
    retry_after = RETRY_AFTER.get(status)
    headers = {"Retry-After": retry_after} if retry_after is not None else None
    if _wants_page(request):
        page = _problem(request, errors, status)
        return HTMLResponse(page, status_code=status, headers=headers)
    return JSONResponse({"ok": False, "errors": errors}, status_code=status, headers=headers)


def _thanks(request: Request, headers: Mapping[str, str] | None) -> Response:
    """Returns the page for a person whose form names no page to go on to."""
    words = _words(request)
    return HTMLResponse(_page(words, words["thanks"], ""), status_code=202, headers=headers)


def _problem(request: Request, errors: list[dict[str, str]], status: int) -> str:
    """Returns the page that names the errors, with a link to the form."""
    words = _words(request)
    items = "".join(_error_item(error) for error in errors)
    back = words["go_back"]
    referer = request.headers.get("referer", "")
    if referer.startswith(("https://", "http://")):
        back = f'<a href="{html.escape(referer)}">{back}</a>'
    title = words["form_problem" if status == 422 else "not_taken"]
    return _page(words, title, f"<ul>{items}</ul><p>{back} {words['back_button']}</p>")


def _error_item(error: Mapping[str, str]) -> str:
    field = f"<b>{html.escape(error['field'])}</b>: " if error["field"] else ""
    return f"<li>{field}{html.escape(error['message'])}</li>"


def _page(words: Mapping[str, str], title: str, content: str) -> str:
    """Returns a page without scripts, and without anything to load."""
    return (
        f'<!doctype html><html lang="{words["lang"]}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        "<body style='font:18px system-ui;max-width:34em;margin:3em auto;padding:0 1em'>"
        f"<h1>{title}</h1>{content}"
    )


def _words(request: Request) -> Mapping[str, str]:
    return language(request.headers.get("accept-language", ""))
