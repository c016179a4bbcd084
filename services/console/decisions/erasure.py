"""What stays of an event when a person has been erased: that it happened, and nothing of theirs."""

from collections.abc import Mapping
from typing import Any

PERSONAL = {"text", "title", "email", "phone", "name", "meeting_url", "company"}
OWN_WORDS = {  # what a person or a provider wrote; elsewhere a reason is ours
    "booking.cancelled": ("reason",),
    "touch.failed": ("reason",),
    "lead.registration_failed": ("reason",),
    "work.failed": ("reason",),
}


def erased(body: Mapping[str, Any]) -> dict[str, Any]:
    """The event without what the person typed or can be reached by; it still reads as the event it is."""
    own = OWN_WORDS.get(str(body.get("topic")), ())
    return {name: "" if name in own else _emptied(name, value) for name, value in body.items()}


def _emptied(name: str, value: Any) -> Any:
    if name == "card":
        return {"name": ""}
    if isinstance(value, Mapping):
        return erased(value)
    if name in PERSONAL and isinstance(value, str):
        return ""
    return value
