"""The two kinds of failure, and descriptions of errors without personal data."""

import traceback

import fast_depends.exceptions
import pydantic

from kit.masking import mask

MAX_LENGTH = 500


class Unavailable(Exception):
    """Trying again may help: the bus retries, not sooner than `retry_after` seconds.

    When no retry is left, the bus dead-letters the message. `status` is the HTTP status of the
    answer, 0 where there was no answer.
    """

    def __init__(self, reason: str, *, retry_after: float = 0.0, status: int = 0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.status = status


class Refused(Exception):
    """Trying again will not help; the caller turns it into an event."""


def describe(error: BaseException) -> str:
    """Returns one line that names the error, without personal data.

    A validation error is reduced to its types and places, because its text quotes the input.
    """
    if isinstance(error, pydantic.ValidationError):
        details = [(e["type"], ".".join(map(str, e["loc"]))) for e in error.errors()]
        return f"ValidationError: {details[:10]}"
    if isinstance(error, fast_depends.exceptions.ValidationError):  # quotes the whole message
        return describe(error.original_error)
    return mask(f"{type(error).__name__}: {error}"[: 2 * MAX_LENGTH])[:MAX_LENGTH]


def where(error: BaseException) -> str:
    """Returns the frames that the error passed through: a traceback without its message."""
    return "".join(traceback.format_tb(error.__traceback__)[-12:])[-4000:]
