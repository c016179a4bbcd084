"""Writes a form's texts as the types of Kommo's custom fields demand. Pure.

https://developers.kommo.com/reference/custom-fields
"""

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from contracts.events.lead import LeadCard
from providers.kommo.models import CustomField

MOST_FIELDS = 40  # for one lead: https://developers.kommo.com/reference/complex-leads
LONGEST_TEXT = 256  # of a field of one line
YES = {"si", "yes", "true", "verdadero", "1", "on", "x", "acepto", "ok"}
NO = {"no", "false", "falso", "0", "off"}
DATES = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y-%m-%d")
MONTHS = {
    "ene": 1,
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "abr": 4,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "ago": 8,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dic": 12,
    "dec": 12,
}
NAMED_MONTH = re.compile(
    r"(\d{1,2})(?: de |[-/ ])([a-z]{3})[a-z]{0,7}\.?(?: de |, | del |[-/ ])(\d{4})"
)
TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))? ?(?:([ap])\.? ?m\.?|(hrs?|horas|h)\.?)?")

NUMBER = re.compile(r"[-+]?[.,]?\d[\d.,]{0,40}")
WHOLE = re.compile(r"\d*|[1-9]\d{0,2}(?:(?:\.\d{3})+|(?:,\d{3})+)")
GROUP = re.compile(r"\d{3}(?:[.,]\d{1,9})?")  # after a space: 1 500 000,50
SIGNS = str.maketrans("$€£%\u00a0", "     ")
CURRENCIES = {
    "mxn",
    "mx",
    "m.n.",
    "usd",
    "us",
    "cop",
    "pen",
    "s/",
    "s/.",
    "ars",
    "clp",
    "eur",
    "brl",
    "peso",
    "pesos",
    "dolar",
    "dolares",
    "euro",
    "euros",
    "sol",
    "soles",
}

Values = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A value of the form that Kommo's field does not take, and why."""

    name: str
    value: str
    why: str


def form_values(card: LeadCard) -> Mapping[str, str]:
    """Returns the form's values by the names by which they may be mapped to fields."""
    known = {
        "nombre": card.name,
        "correo": card.email,
        "email": card.email,
        "telefono": card.phone,
        "empresa": card.company,
        "servicio": card.service,
        "fuente": card.source,
        "zona_horaria": card.time_zone,
        "consentimiento": card.consent,
    }
    others = card.attribution | card.extra
    extra = {fold(name): value for name, value in others.items()}
    return extra | {name: value for name, value in known.items() if value}


def field_values(
    card: LeadCard,
    wanted: Mapping[str, int],
    known: Mapping[int, CustomField] | None,
    zone: tzinfo,
) -> tuple[list[dict[str, Any]], list[LeftOut]]:
    """Returns the lead's `custom_fields_values`, and the values that their fields do not take.

    Without `known`, the account's fields, each value is written as a text.
    """
    written: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    texts = form_values(card)
    for name, field_id in wanted.items():
        text = texts.get(fold(name), "").strip()
        if not text:
            continue
        field = CustomField(field_id, name) if known is None else known.get(field_id)
        values, why = _written(field, text, zone)
        if len(written) >= MOST_FIELDS:
            values, why = [], f"Kommo no admite más de {MOST_FIELDS} campos"
        if values:
            written.append({"field_id": field_id, "values": values})
        if why:
            left_out.append(LeftOut(name, text, why))
    return written, left_out


def _written(field: CustomField | None, text: str, zone: tzinfo) -> tuple[Values, str]:
    """Returns the field's values, and why the text, or a part of it, is not among them."""
    if field is None:
        return [], "ese campo ya no existe en Kommo"
    match field.type:
        case "select" | "radiobutton":
            return _choice(field, text)
        case "multiselect":
            return _choices(field, text)
        case "checkbox":
            return _checkbox(field, text)
        case "numeric" | "monetary":
            return _number(field, text)
        case "date" | "birthday":
            return _date(field, text, zone, at_midnight=True)
        case "date_time":
            return _date(field, text, zone, at_midnight=False)
        case "multitext":
            return [{"value": text, "enum_code": "WORK"}], ""
        case "text" | "url" if len(text) > LONGEST_TEXT:
            return [], f"no cabe en el campo «{field.name}»"
        case "text" | "textarea" | "url" | "streetaddress" | "tracking_data":
            return [{"value": text}], ""
        case _:
            return [], f"el campo «{field.name}» es de un tipo que no se llena desde un formulario"


def _choice(field: CustomField, text: str) -> tuple[Values, str]:
    choice = _find_choice(field, text)
    if choice is None:
        return [], f"no está en la lista del campo «{field.name}»"
    return [{"enum_id": choice}], ""


def _choices(field: CustomField, text: str) -> tuple[Values, str]:
    """Returns the choices among a list of them. A choice may itself contain a comma."""
    whole = _find_choice(field, text)
    if whole is not None:
        return [{"enum_id": whole}], ""
    parts = [part.strip() for part in re.split(r"[,;|\n]", text) if part.strip()]
    found = {part: _find_choice(field, part) for part in parts}
    values: Values = [
        {"enum_id": choice} for choice in dict.fromkeys(found.values()) if choice is not None
    ]
    unknown = [part for part, choice in found.items() if choice is None]
    if not unknown:
        return values, ""
    return values, f"en la lista del campo «{field.name}» no está: {', '.join(unknown)}"


def _find_choice(field: CustomField, text: str) -> int | None:
    for choice, name in field.choices.items():
        if fold(name) == fold(text):
            return choice
    return None


def _checkbox(field: CustomField, text: str) -> tuple[Values, str]:
    word = fold(text)
    if word in YES or word in NO:
        return [{"value": word in YES}], ""
    return [], f"el campo «{field.name}» es una casilla: solo toma sí o no"


def _number(field: CustomField, text: str) -> tuple[Values, str]:
    number = read_number(text)
    if number is None:
        return [], f"el campo «{field.name}» solo toma números"
    return [{"value": number}], ""


def _date(field: CustomField, text: str, zone: tzinfo, *, at_midnight: bool) -> tuple[Values, str]:
    at = read_time(text, zone)
    if at is None:
        return [], f"el campo «{field.name}» solo toma fechas"
    if at_midnight:
        at = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    with suppress(OverflowError, ValueError, OSError):
        return [{"value": int(at.timestamp())}], ""
    return [], f"el campo «{field.name}» no toma esa fecha"


def read_number(text: str) -> str | None:
    """Returns a number as Kommo takes it, or None. Knows `$1,500.50 MXN` and `1.500,50`."""
    words = text.translate(SIGNS).split()
    first, *groups = [word for word in words if fold(word) not in CURRENCIES] or [""]
    if first in ("-", "+") and groups:
        first = first + groups.pop(0)
    if not NUMBER.fullmatch(first) or not all(GROUP.fullmatch(group) for group in groups):
        return None
    whole, mark, decimals = _parted(first.lstrip("+-") + "".join(groups))
    if not WHOLE.fullmatch(whole):
        return None
    sign = "-" if first.startswith("-") else ""
    digits = re.sub(r"[.,]", "", whole)
    return _decimal(f"{sign}{digits}.{decimals}" if mark else f"{sign}{digits}")


def _parted(number: str) -> tuple[str, str, str]:
    """Returns the whole part, the decimal mark, and the decimals.

    The last mark is the decimal one, unless it is repeated, or alone before three digits and after
    one to three that do not begin with 0: `0.125` and `1500.125` have decimals.
    """
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        return number, "", ""
    mark = number[last]
    others = set(number[:last]) & {".", ","}
    if mark in others or (not others and WHOLE.fullmatch(number)):
        return number, "", ""
    return number[:last], mark, number[last + 1 :]


def _decimal(text: str) -> str | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return format(number, "f") if number.is_finite() else None


def read_time(text: str, zone: tzinfo) -> datetime | None:
    """Returns a date or time, or None. The day comes before the month, as people here write it.

    Knows `12/03/2026 5:30 p.m.`, `12 de marzo de 2026, 17:30 h` and ISO 8601.
    """
    text = " ".join(text.split())
    if re.fullmatch(r"\d{10}", text):
        return datetime.fromtimestamp(int(text), zone)
    with suppress(ValueError):
        return _in_zone(datetime.fromisoformat(text), zone)
    date, _, time = _with_number_of_month(fold(text)).partition(" ")
    seconds = _seconds_into_day(re.sub(r"^(?:a las? |at )", "", time))
    if seconds is None:
        return None
    for form in DATES:
        with suppress(ValueError):
            day = datetime.strptime(date.rstrip(","), form).replace(tzinfo=zone)
            return day.replace(hour=seconds // 3600, minute=seconds // 60 % 60, second=seconds % 60)
    return None


def _with_number_of_month(text: str) -> str:
    """Returns `12/3/2026` for `12 de marzo de 2026`."""
    named = NAMED_MONTH.match(text)
    if named is None or named[2] not in MONTHS:
        return text
    return f"{named[1]}/{MONTHS[named[2]]}/{named[3]}{text[named.end() :]}"


def _seconds_into_day(time: str) -> int | None:
    """Returns the seconds since midnight, 0 where no time is named. None for what is no time."""
    if not time:
        return 0
    read = TIME.fullmatch(time)
    if read is None or not (read[2] or read[4] or read[5]):
        return None
    hour, minute, second = (int(part or 0) for part in read.group(1, 2, 3))
    if read[4] == "p" and hour < 12:
        hour += 12
    if read[4] == "a" and hour >= 12:
        hour -= 12
    is_time = hour < 24 and minute < 60 and second < 60
    return hour * 3600 + minute * 60 + second if is_time else None


def _in_zone(at: datetime, zone: tzinfo) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=zone)


def fold(text: str) -> str:
    """Returns a text for comparison: without case, accents and doubled spaces."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(letters.split())
