"""Reads why a provider is unavailable from its client's reason. The sentences are msgids."""

import re
from dataclasses import dataclass

from services.console.decisions.labels import PROVIDERS
from services.console.decisions.messages import gettext_noop as _

CREDENTIALS = {
    "kommo": "KOMMO_ACCESS_TOKEN",
    "kommo oauth": "KOMMO_REFRESH_TOKEN",
    "brevo": "BREVO_API_KEY",
    "twilio": "TWILIO_AUTH_TOKEN",
    "calcom": "CALCOM_API_KEY",
}
NOT_HERE = (301, 302, 303, 307, 308, 404, 405, 410)
REFRESH_REFUSED = (400, 403)  # Kommo says 400 of a refresh token that is spent or revoked
STATUSES = {
    402: _("{} has suspended its service: check the account's payment ({})"),
    403: _("{} rejects this account or this server ({})"),
    429: _("{} limits the rate of requests ({})"),
}
ADDRESSES = {"kommo": "KOMMO_BASE_URL"}
WRONG_ADDRESS = _("{} is not at this address: check {} ({})")
UNACCEPTED = _("{} does not accept {} ({})")
ERROR = _("{} answered with an error ({})")
SILENCE = _("{} does not answer")
# The class of the error may come first: `Unavailable: twilio: 503 code None`.
REASON = re.compile(
    r"(?:[A-Z]\w{1,60}: )?(?P<client>(?P<provider>kommo|brevo|twilio|calcom)(?: oauth)?): "
    r"(?:(?P<status>\d{3})\b|(?:no connection|[A-Z]\w{1,60})$)"
)


@dataclass(frozen=True, slots=True)
class Outage:
    """A sentence, and the values of its placeholders."""

    text: str
    values: tuple[str, ...]


def read_outage(reason: str) -> Outage | None:
    """Returns the sentence for an outage; None for any other reason."""
    known = REASON.match(reason)
    if known is None:
        return None
    name = PROVIDERS[known["provider"]]
    if known["status"] is None:
        return Outage(SILENCE, (name,))
    status = int(known["status"])
    if status in NOT_HERE and known["client"] in ADDRESSES:
        return Outage(WRONG_ADDRESS, (name, ADDRESSES[known["client"]], known["status"]))
    if status == 401 or (known["client"] == "kommo oauth" and status in REFRESH_REFUSED):
        return Outage(UNACCEPTED, (name, CREDENTIALS[known["client"]], known["status"]))
    if status >= 500:
        return Outage(ERROR, (name, known["status"]))
    return Outage(STATUSES[status], (name, known["status"])) if status in STATUSES else None
