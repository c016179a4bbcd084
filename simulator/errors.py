"""The error answer of a simulated provider, raised by the code that finds the request wrong."""

from fastapi import Request
from fastapi.responses import Response


class ApiError(Exception):
    """`response` is answered exactly as the provider would answer it."""

    def __init__(self, response: Response) -> None:
        self.response = response


def answer_error(_: Request, error: Exception) -> Response:
    """FastAPI's exception handler for ApiError."""
    assert isinstance(error, ApiError)
    return error.response
