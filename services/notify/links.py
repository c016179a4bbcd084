"""Makes and reads links that carry the lead they are for, signed so that nobody can guess them."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from contracts.events.lead import LeadCard
from domain.signed_links import sign, signed
from services.notify.decisions.untrusted_text import phrase


def booking_link(booking_url: str, lead_id: int, card: LeadCard, secret: str) -> str:
    """Returns the booking page, filled in. Cal.com returns `metadata` in its webhook.

    https://cal.com/docs: `name`, `email` and `metadata[...]` in the query prefill a booking.
    """
    query = {
        "name": phrase(card.name),
        "email": card.email or "",
        "metadata[lead_id]": str(lead_id),
        "metadata[lead_token]": sign(secret, "booking", lead_id),
    }
    prefilled = urlencode({name: value for name, value in query.items() if value})
    parts = urlsplit(booking_url)
    joined = "&".join(filter(None, [parts.query, prefilled]))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))


def unsubscribe_link(public_url: str, lead_id: int, secret: str) -> str:
    return f"{public_url}/baja/{lead_id}.{sign(secret, 'unsubscribe', lead_id)}"


def read_unsubscribe_token(token: str, secret: str) -> int | None:
    """Returns the id that the link was made for; None for a link that is not ours."""
    number, _, signature = token.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return int(number) if signed(signature, secret, "unsubscribe", int(number)) else None
