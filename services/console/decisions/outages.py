"""Why a provider does not work for us, read from its client's reason; in Spanish, which is translated elsewhere."""

import re
from dataclasses import dataclass

NAMES = {"kommo": "Kommo", "brevo": "Brevo", "twilio": "Twilio", "calcom": "Cal.com"}
CREDENTIALS = {
    "kommo": "KOMMO_ACCESS_TOKEN",
    "kommo oauth": "KOMMO_REFRESH_TOKEN",
    "brevo": "BREVO_API_KEY",
    "twilio": "TWILIO_AUTH_TOKEN",
    "calcom": "CALCOM_API_KEY",
}
STATUSES = {
    402: "{} suspendió el servicio: revisa el pago de la cuenta ({})",
    403: "{} rechaza a esta cuenta o a este servidor ({})",
    429: "{} limita la frecuencia de las solicitudes ({})",
}
UNACCEPTED = "{} no acepta {} ({})"
ERROR = "{} respondió con un error ({})"
SILENCE = "{} no responde"
# an error's class may stand before it: `Unavailable: twilio: 503 code None`
REASON = re.compile(
    r"(?:[A-Z]\w{1,60}: )?(?P<client>(?P<provider>kommo|brevo|twilio|calcom)(?: oauth)?): "
    r"(?:(?P<status>\d{3})\b|(?:no connection|[A-Z]\w{1,60})$)"
)


@dataclass(frozen=True, slots=True)
class Outage:
    """A sentence for translation, and what fills its gaps."""

    text: str
    values: tuple[str, ...]


def read_outage(reason: str) -> Outage | None:
    """The sentence for an outage; None for another reason."""
    known = REASON.match(reason)
    if known is None:
        return None
    name = NAMES[known["provider"]]
    if known["status"] is None:
        return Outage(SILENCE, (name,))
    status = int(known["status"])
    if status == 401:
        return Outage(UNACCEPTED, (name, CREDENTIALS[known["client"]], "401"))
    if status >= 500:
        return Outage(ERROR, (name, known["status"]))
    return Outage(STATUSES[status], (name, known["status"])) if status in STATUSES else None
