"""What a form is answered: JSON for a program, a page or another address for a browser."""

import html
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.text import storable
from services.intake.messages import language
from services.intake.settings import Settings
from sources.mapping import FieldError

RETRY_AFTER = {429: "60", 503: "2"}  # seconds, by status


class Rejected(Exception):
    """The request is refused, with an HTTP status and the errors that explain it."""

    def __init__(self, status: int, *errors: FieldError) -> None:
        self.status = status
        self.errors = errors


def wants_page(request: Request) -> bool:
    """Returns whether a browser shows the answer to a person: a script's `fetch` accepts `*/*`."""
    return "text/html" in request.headers.get("accept", "")


def redirect_target(wanted: object, settings: Settings) -> str | None:
    """Returns the page to redirect a browser to, or None.

    The form's own `redirect` where its origin is allowed, else the configured page.
    """
    if isinstance(wanted, str) and _origin(wanted) in settings.redirect_origins:
        return storable(wanted)
    return settings.form_redirect_url or None


def _origin(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:  # "http://[" and other halves of an address
        return None
    if parts.scheme not in ("http", "https"):
        return None
    return f"{parts.scheme}://{parts.netloc}"


def accepted(submission_id: int, headers: Mapping[str, str] | None) -> Response:
    return JSONResponse({"ok": True, "lead_id": submission_id}, headers=headers)


def kept() -> Response:
    """Returns the answer to a source whose body is kept, although it cannot be read."""
    return JSONResponse({"ok": True})


def go_on(request: Request, target: str | None, headers: Mapping[str, str] | None) -> Response:
    """Returns the answer to a browser: the page to go on to, else one that thanks."""
    if target is not None:
        return RedirectResponse(target, status_code=303)
    words = _words(request)
    return HTMLResponse(_page(words, words["thanks"], ""), headers=headers)


def explain(request: Request, rejected: Rejected) -> Response:
    words = _words(request)
    status = rejected.status
    errors = [
        {"field": error.field, "message": words[error.code].format(limit=error.limit)}
        for error in rejected.errors
    ]
    retry_after = RETRY_AFTER.get(status)
    headers = {"Retry-After": retry_after} if retry_after is not None else None
    if wants_page(request):
        page = _problem(request, errors, status)
        return HTMLResponse(page, status_code=status, headers=headers)
    return JSONResponse({"ok": False, "errors": errors}, status_code=status, headers=headers)


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
