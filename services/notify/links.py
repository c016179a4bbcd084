"""Links that carry who they are for, signed so that nobody can guess another's."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from contracts.events.lead import LeadCard
from domain.signed_links import sign, signed
from services.notify.decisions.untrusted_text import phrase


def booking_link(booking_url: str, lead_id: int, card: LeadCard, secret: str) -> str:
    """The booking page, filled in; Cal.com hands `metadata` back in its webhook.

    https://cal.com/docs: `name`, `email` and `metadata[...]` in the query prefill a booking.
    """
    query = {
        "name": phrase(card.name),
        "email": card.email or "",
        "metadata[lead_id]": str(lead_id),
    }
    query["metadata[lead_token]"] = sign(secret, "booking", lead_id)
    parts = urlsplit(booking_url)
    joined = "&".join(filter(None, [parts.query, urlencode({k: v for k, v in query.items() if v})]))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))


def unsubscribe_link(public_url: str, lead_id: int, secret: str) -> str:
    return f"{public_url}/baja/{lead_id}.{sign(secret, 'unsubscribe', lead_id)}"


def read_unsubscribe_token(token: str, secret: str) -> int | None:
    """The lead the link was made for; None when it was not made by us."""
    number, _, signature = token.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return int(number) if signed(signature, secret, "unsubscribe", int(number)) else None
