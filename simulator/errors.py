"""The error answer of a simulated provider, raised by the code that finds the request wrong."""

from fastapi import Request
from fastapi.responses import Response


class ApiError(Exception):
    """Carries the response exactly as the provider would send it."""

    def __init__(self, response: Response) -> None:
        self.response = response


def answer_error(_: Request, error: Exception) -> Response:
    """Returns the response of an ApiError, as FastAPI's exception handler for it."""
    assert isinstance(error, ApiError)
    return error.response
