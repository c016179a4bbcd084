"""The ways in which a request to a provider can fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from contracts.events.touch import FailureKind
from kit.errors import Refused, Unavailable

LONGEST_WAIT = 3600.0


# reading an answer fails so: it is no JSON, nested too deeply, or JSON of another shape
UNREADABLE = (ValueError, RecursionError, TypeError, KeyError, IndexError, AttributeError)


@contextmanager
def unreadable_as(failure: Callable[[str], Exception], provider: str) -> Iterator[None]:
    """Raises `failure` where the block cannot read what the provider answered."""
    try:
        yield
    except UNREADABLE as error:
        raise failure(f"{provider}: unreadable answer ({type(error).__name__})") from error


class OutcomeUnknown(Exception):
    """The request may or may not have been carried out. Check before repeating it.

    `answered` is set where the provider itself reported the failure (5xx). Most likely the request
    had no effect then, but nothing guarantees it.
    `status` is the HTTP status of the answer, 0 where there was none.
    """

    def __init__(self, reason: str, *, answered: bool = False, status: int = 0) -> None:
        super().__init__(reason)
        self.answered = answered
        self.status = status


class CredentialsRejected(Unavailable):
    """The provider does not accept our key, plan, account, sender or address.

    Nothing works until somebody corrects it.
    """


class RefusedTouch(Refused):
    """The provider refuses this touch. `kind` decides which alternatives may be tried.

    `alike`: every touch of the channel fails alike until somebody corrects something.
    """

    def __init__(self, kind: FailureKind, reason: str, *, alike: bool = False) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.alike = alike


def seconds_to_wait(retry_after: str | None, now: datetime) -> float:
    """Returns the seconds that a Retry-After asks for, 1 where it is missing or unreadable.

    It may hold seconds or a date (RFC 9110). The result lies between 1 and LONGEST_WAIT.
    """
    text = (retry_after or "").strip()
    if text.replace(".", "", 1).isdigit() and text.isascii():
        return min(max(float(text), 1.0), LONGEST_WAIT)
    with suppress(ValueError, TypeError):
        at = parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max((at - now).total_seconds(), 1.0), LONGEST_WAIT)
    return 1.0
