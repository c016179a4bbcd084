"""How a provider's answer can fail to be a yes."""

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from contracts.events.touch import FailureKind
from kit.errors import Refused, Unavailable

LONGEST_WAIT = 3600.0


class OutcomeUnknown(Exception):
    """The request may or may not have been carried out: ask before doing anything again.

    `answered`: the company itself said that it failed (5xx). Most likely nothing came of it, but nobody promises.
    `status` is the HTTP status that was answered, 0 where nothing was.
    """

    def __init__(self, reason: str, *, answered: bool = False, status: int = 0) -> None:
        super().__init__(reason)
        self.answered, self.status = answered, status


class CredentialsRejected(Unavailable):
    """Our key, plan, account or address is not accepted: nothing works until somebody mends it."""


class RefusedTouch(Refused):
    """The provider will not carry it out; `kind` decides what else may be tried."""

    def __init__(self, kind: FailureKind, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason


def seconds_to_wait(retry_after: str | None, now: datetime) -> float:
    """What a Retry-After asks for, which may be seconds or a date (RFC 9110); 1 where it says nothing readable."""
    text = (retry_after or "").strip()
    if text.replace(".", "", 1).isdigit() and text.isascii():
        return min(max(float(text), 1.0), LONGEST_WAIT)
    with suppress(ValueError, TypeError):
        at = parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max((at - now).total_seconds(), 1.0), LONGEST_WAIT)
    return 1.0
