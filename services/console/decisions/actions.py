"""Turns a message into a line of the audit log, with personal data masked."""

from collections.abc import Mapping
from typing import Any

from kit.masking import mask

_HEADER = {"topic", "schema_version", "event_id", "at", "lead_id"}
_MACHINE_MADE = {"touch_id", "provider_ref", "version"}
_TOO_LONG = {"journey.published": ("content",)}  # a whole file


def action(row_id: int, event: Mapping[str, Any], trace: str | None) -> dict[str, Any]:
    """Returns one line of the audit log: phones and emails masked, last names cut to an initial."""
    omitted = _HEADER.union(_TOO_LONG.get(str(event.get("topic")), ()))
    detail = {name: value for name, value in event.items() if name not in omitted}
    return {
        "id": row_id,
        "at": event.get("at"),
        "lead_id": event.get("lead_id"),
        "action": event.get("topic"),
        "detail": without_personal_data(detail),
        "event_id": event.get("event_id"),
        "trace": trace,
    }


def without_personal_data(event: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the event with every value masked by which a person may be recognised."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _masked(inner, inner_value) for inner, inner_value in value.items()}
    if isinstance(value, list):
        return [_masked(name, item) for item in value]
    if not isinstance(value, str) or name in _MACHINE_MADE:
        return value
    if name == "title":  # a meeting's title contains the names of people
        return "…"
    if name == "name":
        first, *others = value.split() or [""]
        return " ".join([first, *(f"{other[0]}." for other in others[:1])])
    return mask(value)
