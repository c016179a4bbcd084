"""Erases a person's data in an event, and keeps that it happened."""

from collections.abc import Mapping
from typing import Any

from domain.addresses import canonical

PERSONAL = {
    "text",
    "title",
    "email",
    "phone",
    "sender",
    "address",
    "name",
    "meeting_url",
    "location",
    "company",
    "hour",
    "media",
    "first_message",
    "attribution",  # click ids are a person's own
}
ADDRESSES = ("email", "phone", "sender", "address")
# fields that a person or a provider wrote; in other events a reason is one of our own words
FREE_TEXT = {
    "booking.cancelled": ("reason",),
    "touch.failed": ("reason",),
    "touch.held": ("detail",),
    "address.suspended": ("reason",),
    "lead.registration_failed": ("reason",),
    "work.failed": ("reason",),
}


def erased(body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the event without the person's texts and addresses; it is still a valid event."""
    free_text = FREE_TEXT.get(str(body.get("topic")), ())
    return {
        name: "" if name in free_text else _emptied(name, value) for name, value in body.items()
    }


def addresses_in(body: Mapping[str, Any]) -> set[str]:
    """Returns the person's addresses that an event holds, as they are compared."""
    given = [body.get(name) for name in ADDRESSES]
    found = {canonical(address) for address in given if address and isinstance(address, str)}
    for value in body.values():
        if isinstance(value, Mapping):
            found |= addresses_in(value)
    return found


def _emptied(name: str, value: Any) -> Any:
    if name == "card":
        return {"name": ""}
    if name == "attribution":
        return {}
    if isinstance(value, Mapping):
        return erased(value)
    if isinstance(value, list):
        return [_emptied(name, item) for item in value]
    if name in PERSONAL and isinstance(value, str):
        return ""
    return value
