"""Shows an error on the operators' pages as a page, instead of a line of JSON."""

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from kit.disk import LEAST_FREE, free_bytes
from kit.errors import Unavailable
from services.console.decisions.messages import gettext_noop as _
from services.console.intake_client import IntakeRefused
from services.console.rendering import Pages

TEXTS = {
    403: _("You have no permission, or your session has changed. Reload the page."),
    404: _("This page does not exist, or not any more."),
    422: _("Something in the address or in the form is not valid."),
    503: _("The service is not available right now. Try again in a few seconds."),
}

FULL = _("The disk is full: nothing is stored until there is space.")


def explain(app: FastAPI, pages: Pages) -> None:
    """Adds handlers that answer errors of the pages with pages; other routes keep their answers."""

    def page(request: Request, status: int) -> Response:
        title = _("Not found") if status == 404 else _("This did not work")
        return pages.page(
            "problem", request, status, title=title, text=TEXTS.get(status, TEXTS[422])
        )

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code < 400 or not _on_a_page(request):
            return await http_exception_handler(request, error)
        return page(request, error.status_code)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        if _on_a_page(request):
            return page(request, 422)
        return await request_validation_exception_handler(request, error)

    async def refused_by_intake(request: Request, error: Exception) -> Response:
        assert isinstance(error, IntakeRefused)
        return await refused(request, HTTPException(error.status, error.detail or None))

    async def unavailable(request: Request, _error: Exception) -> Response:
        if not _on_a_page(request):
            return Response(status_code=503, headers={"Retry-After": "2"})
        if free_bytes() < LEAST_FREE:
            return pages.page("problem", request, 503, title=_("This did not work"), text=FULL)
        return page(request, 503)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(IntakeRefused, refused_by_intake)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Unavailable, unavailable)


def _on_a_page(request: Request) -> bool:
    return request.url.path.startswith("/console")
