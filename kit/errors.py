"""The two names of failure, and how a failure is described without quoting anybody's data."""

import traceback

import fast_depends.exceptions
import pydantic

from kit.masking import mask

LONGEST = 500


class Unavailable(Exception):
    """Asking again may help: the bus retries, not sooner than `retry_after` seconds, then parks the message.

    `status` is the HTTP status that was answered, 0 where nothing was.
    """

    def __init__(self, reason: str, *, retry_after: float = 0.0, status: int = 0) -> None:
        super().__init__(reason)
        self.retry_after, self.status = retry_after, status


class Refused(Exception):
    """Asking again will not help; the caller turns it into an event."""


def describe(error: BaseException) -> str:
    """One line that names the error, without personal data: a validation error would quote its input."""
    if isinstance(error, pydantic.ValidationError):
        return f"ValidationError: {[(e['type'], '.'.join(map(str, e['loc']))) for e in error.errors()][:10]}"
    if isinstance(error, fast_depends.exceptions.ValidationError):  # quotes the whole message
        return describe(error.original_error)
    return mask(f"{type(error).__name__}: {error}"[: 2 * LONGEST])[:LONGEST]


def where(error: BaseException) -> str:
    """The frames the error passed through: a traceback without its message."""
    return "".join(traceback.format_tb(error.__traceback__)[-12:])[-4000:]
