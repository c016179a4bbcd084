"""Renders the simulated booking page, and the page on which a booking is moved or cancelled."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from domain.dates import in_words

ZONE = ZoneInfo("America/Monterrey")
TYPED = ("name", "email", "attendeePhoneNumber")
STATUSES = {
    "ACCEPTED": "Confirmada",
    "PENDING": "Por confirmar",
    "CANCELLED": "Cancelada",
    "REJECTED": "Rechazada",
}


def form(action: str, query: Iterable[tuple[str, str]]) -> str:
    """Returns the booking page, filled in from its link. The other values become hidden fields."""
    pairs = list(query)
    given = dict(pairs)
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in pairs
        if name not in (*TYPED, "start")
    )
    body = (
        f'<form method="post" action="{escape(action)}">{hidden}'
        + _field("name", "Nombre", given, 'autocomplete="name" required')
        + _field("email", "Correo", given, 'type="email" autocomplete="email" required')
        + _field("attendeePhoneNumber", "Teléfono", given, 'type="tel" autocomplete="tel"')
        + _when()
        + "<button>Agendar</button></form>"
    )
    return _page("Agenda tu reunión", body)


def manage(uid: str, title: str, start: datetime, status: str, *, ended: bool) -> str:
    """Returns the page of one booking, with the actions that are still possible."""
    when = in_words(start.astimezone(ZONE), "es-MX")
    state = "Terminada" if ended else STATUSES[status]
    body = (
        f"<p><strong>{escape(title)}</strong></p>"
        f"<p>{when} (hora de Monterrey)</p>"
        f"<p>Estado: {state}</p>"
    )
    if status in ("ACCEPTED", "PENDING") and not ended:
        body += _action_form(uid, "move", "Cambiar la hora", _when())
        body += _action_form(uid, "cancel", "Cancelar", _field("reason", "Motivo", {}, ""))
    if status == "ACCEPTED" and not ended:
        body += _action_form(uid, "end", "Marcar como terminada", "")
    return _page("Tu reunión", body)


def read_local(text: str) -> datetime:
    """Returns the value of a datetime-local field in the host's zone. Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def _action_form(uid: str, action: str, label: str, fields: str) -> str:
    return (
        f'<form method="post" action="/cal/-/{escape(uid)}/{action}">'
        f"{fields}<button>{label}</button></form>"
    )


def _when() -> str:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).astimezone(ZONE).strftime("%Y-%m-%dT%H:00")
    return _field(
        "start", "Día y hora (de Monterrey)", {"start": tomorrow}, 'type="datetime-local" required'
    )


def _field(name: str, label: str, given: dict[str, str], more: str) -> str:
    value = escape(given.get(name, ""))
    return (
        f'<p><label for="{name}">{label}</label><br>'
        f'<input id="{name}" name="{name}" value="{value}" {more}></p>'
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="es-MX"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title>"
        "<style>body{font:18px system-ui;max-width:34em;margin:3em auto;padding:0 1em}"
        "input,button{font:inherit;padding:.4em}form{margin-top:2em}</style>"
        f"<main><h1>{title}</h1>{body}</main></html>"
    )
