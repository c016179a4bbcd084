"""Shows an error on the operators' pages as a page, instead of a line of JSON."""

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from kit.disk import LEAST_FREE, free_bytes
from kit.errors import Unavailable
from services.console.rendering import Pages

TEXTS = {
    403: "No tienes permiso, o tu sesión cambió. Vuelve a cargar la página.",
    404: "Esta página no existe o ya no está disponible.",
    422: "Hay un dato no válido en la dirección o en el formulario.",
    503: "El servicio no está disponible en este momento. Inténtalo de nuevo en unos segundos.",
}

FULL = "El disco está lleno: no se guarda nada hasta que haya espacio."


def explain(app: FastAPI, pages: Pages) -> None:
    """Adds handlers that answer errors of the pages with pages; other routes keep their answers."""

    def page(request: Request, status: int) -> Response:
        title = "No se encontró" if status == 404 else "No se pudo completar"
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

    async def unavailable(request: Request, _: Exception) -> Response:
        if not _on_a_page(request):
            return Response(status_code=503, headers={"Retry-After": "2"})
        if free_bytes() < LEAST_FREE:
            return pages.page("problem", request, 503, title="No se pudo completar", text=FULL)
        return page(request, 503)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Unavailable, unavailable)


def _on_a_page(request: Request) -> bool:
    return request.url.path.startswith("/console")
