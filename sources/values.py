"""Reads the values of a body whose shape nobody promised. Pure."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

FIRST_YEAR = 2000
LAST_YEAR = 2100
MILLISECONDS_FROM = 10**11  # as seconds, this is the year 5138


def mapping(value: object) -> Mapping[str, Any]:
    """Returns the value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[Mapping[str, Any]]:
    """Returns the objects of a list; none where the value is no list."""
    found = value if isinstance(value, list) else []
    return [item for item in found if isinstance(item, dict)]


def as_text(value: object) -> str:
    """Returns the value as text: a list's texts with commas, an object as JSON, null as ''."""
    match value:
        case None:
            return ""
        case str():
            return value
        case list() if all(not isinstance(item, list | dict) for item in value):
            return ", ".join(filter(None, map(as_text, value)))
        case _:
            return _as_json(value)


def _as_json(value: object) -> str:
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except ValueError:  # nested too deeply, or a lone surrogate
        return repr(value)


def moment(value: object) -> datetime | None:
    """Returns the time that ISO text, or Unix seconds or milliseconds, mean; UTC without a zone."""
    with suppress(ValueError, OverflowError, OSError):
        read = _moment(value)
        if read is not None and FIRST_YEAR <= read.year < LAST_YEAR:
            return read
    return None


def _moment(value: object) -> datetime | None:
    if isinstance(value, str) and not value.strip().isdecimal():
        read = datetime.fromisoformat(value.strip())
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    if isinstance(value, str | int | float):
        seconds = float(value)
        if seconds >= MILLISECONDS_FROM:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    return None


def known(**values: object) -> dict[str, str]:
    """Returns the values that say something, as text: neither null, empty nor zero."""
    texts = {name: as_text(value) for name, value in values.items()}
    return {name: text for name, text in texts.items() if text not in ("", "0")}
