"""Reads Brevo's webhooks about a mail.

https://developers.brevo.com/docs/transactional-webhooks
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.events.touch import FailureKind
from domain.receipts import Accepted, Arrived, Receipt, Undeliverable
from domain.text import storable_json

LONGEST = 1000
_BOUNCE_EVENTS = {"hard_bounce", "invalid_email", "blocked", "soft_bounce", "error"}
_OPT_OUT_EVENTS = {"unsubscribed", "spam"}


@dataclass(frozen=True, slots=True)
class MailEvent:
    """One event of one mail. `key` is the one that we sent, where Brevo echoes it."""

    ref: str
    key: str | None
    email: str
    receipt: Receipt | None
    opted_out: str | None
    clicked: bool
    identity: str


def authentic(authorization: str | None, token: str) -> bool:
    """Returns whether the request carries our bearer token.

    Brevo signs nothing. It only repeats the token that the webhook was configured with.
    """
    return hmac.compare_digest((authorization or "").encode(), f"Bearer {token}".encode())


def read_events(body: object) -> list[MailEvent]:
    """Returns the events in a webhook's body: one object, or a list where it is batched."""
    items = body if isinstance(body, list) else [body]
    return [_read(storable_json(item, longest=LONGEST)) for item in items if isinstance(item, dict)]


def _read(item: Mapping[str, Any]) -> MailEvent:
    event = str(item.get("event", ""))
    # real webhooks have the brackets, the documentation has not
    ref = str(item.get("message-id", "")).strip("<>")
    receipt: Receipt | None = None
    if event in ("request", "deferred"):
        receipt = Accepted(ref)
    elif event == "delivered":
        receipt = Arrived(ref)
    elif event in _BOUNCE_EVENTS:
        receipt = Undeliverable(ref, FailureKind.BAD_ADDRESS, f"brevo: {event}")
    return MailEvent(
        ref=ref,
        key=_key(item),
        email=str(item.get("email", "")).lower(),
        receipt=receipt,
        opted_out=event if event in _OPT_OUT_EVENTS else None,
        clicked=event == "click",
        # there is no event id: `id` is the webhook's own, the same in all its events
        identity="/".join(
            str(item.get(part, "")) for part in ("message-id", "event", "ts_event", "email", "link")
        ),
    )


def _key(item: Mapping[str, Any]) -> str | None:
    custom = item.get("X-Mailin-custom")
    if custom:
        return str(custom)
    tags = item.get("tags")
    if not isinstance(tags, list):
        return None
    for tag in map(str, tags):
        if tag.startswith("touch-"):
            return tag.removeprefix("touch-")
    return None
