"""Reads Brevo's webhooks about a mail.

https://developers.brevo.com/docs/transactional-webhooks
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.events.touch import FailureKind
from domain.receipts import Accepted, Arrived, Receipt, Undeliverable
from domain.text import storable_json
from kit.masking import mask
from providers.brevo.errors import MAX_REASON, blames_mail, blocks_us, brevo_refuses_us

LONGEST = 1000
# the names without case and underscores: the same event is `hardBounce` where one subscribes to it
_NAMES = {
    "hardbounce": "hard_bounce",
    "softbounce": "soft_bounce",
    "invalidemail": "invalid_email",
    "invalid": "invalid_email",
}
_OPT_OUT_EVENTS = {"unsubscribed": "unsubscribed", "unsubscribe": "unsubscribed", "spam": "spam"}
_NO_LETTERS = re.compile(r"[^a-z]")


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
    event = _NO_LETTERS.sub("", str(item.get("event", "")).lower())
    # real webhooks have the brackets, the documentation has not
    ref = str(item.get("message-id", "")).strip("<>")
    return MailEvent(
        ref=ref,
        key=_key(item),
        email=str(item.get("email", "")).lower(),
        receipt=_receipt(ref, event, str(item.get("reason") or "")),
        opted_out=_OPT_OUT_EVENTS.get(event),
        clicked=event in ("click", "clicked"),
        # there is no event id: `id` is the webhook's own, the same in all its events
        identity="/".join(
            str(item.get(part, "")) for part in ("message-id", "event", "ts_event", "email", "link")
        ),
    )


def _receipt(ref: str, event: str, reason: str) -> Receipt | None:
    """Returns the receipt that an event means. Where its reason names us, the address is sound."""
    match event:
        case "request" | "sent" | "deferred":  # Brevo goes on trying a deferred mail
            return Accepted(ref)
        case "delivered":
            return Arrived(ref)
        case "hardbounce" | "blocked" if blames_mail(reason):
            kind = FailureKind.BOUNCED
        case "hardbounce" | "invalidemail" | "invalid" | "blocked":
            kind = FailureKind.BAD_ADDRESS
        case "softbounce":
            kind = FailureKind.BOUNCED
        case "error":
            kind = FailureKind.UNREACHABLE
        case _:
            return None
    # only mailboxes bounce softly: `quota exceeded` is theirs there
    ours = blocks_us(reason) or (event != "softbounce" and brevo_refuses_us(reason))
    if ours:
        kind = FailureKind.MISCONFIGURED
    text = f": {mask(reason)[:MAX_REASON]}" if reason else ""
    return Undeliverable(ref, kind, f"brevo: {_NAMES.get(event, event)}{text}", alike=ours)


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
