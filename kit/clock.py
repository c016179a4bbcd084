"""The current time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Returns this instant, in UTC."""
    return datetime.now(UTC)
