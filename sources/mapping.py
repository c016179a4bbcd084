"""Maps the fields of a form, as their source spells them, to the card of a lead. Pure."""

import re
import unicodedata
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import email_validator
from pydantic_core import to_json

from contracts.events.lead import LeadCard
from domain.phone import NumberStatus, read_number
from domain.text import storable

LIMITS = {
    "nombre": 200,
    "email": 254,
    "telefono": 80,
    "empresa": 200,
    "servicio": 200,
    "fuente": 200,
    "zona_horaria": 64,
    "consentimiento": 2000,
}
_INVISIBLE = re.compile(
    r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """A bad field, and the name of the message that explains it."""

    field: str
    code: str
    limit: int = 0


def read_card(fields: Mapping[str, object], *, region: str) -> LeadCard | list[FieldError]:
    """Returns the card of the form's lead, or all errors of the form.

    Unknown fields are kept as text.
    """
    errors: list[FieldError] = []
    known: dict[str, str] = {}
    for name, limit in LIMITS.items():
        value = fields.get(name)
        if isinstance(value, dict | list):
            errors.append(FieldError(name, "not_text"))
        elif text := _one_line(value):
            if len(text) > limit:
                errors.append(FieldError(name, "too_long", limit))
            else:
                known[name] = text
    invalid = {error.field for error in errors}
    if "nombre" not in known and "nombre" not in invalid:
        errors.append(FieldError("nombre", "missing"))
    email = _email(known["email"]) if "email" in known else None
    if "email" in known and email is None:
        errors.append(FieldError("email", "bad_email"))
    number = read_number(known["telefono"], region) if "telefono" in known else None
    unusable = number is not None and number.status is NumberStatus.UNUSABLE
    if "telefono" in known and number is None:
        errors.append(FieldError("telefono", "bad_phone"))
    if unusable and "email" not in known:
        errors.append(FieldError("telefono", "unusable_phone"))
    if not {"email", "telefono"} & (known.keys() | invalid):
        errors += [
            FieldError("email", "missing_contact"),
            FieldError("telefono", "missing_contact"),
        ]
    if "zona_horaria" in known and known["zona_horaria"] not in _zones():
        errors.append(FieldError("zona_horaria", "bad_zone"))
    if errors:
        return errors
    return LeadCard(
        name=known["nombre"],
        email=email,
        phone=number.e164 if number is not None and not unusable else None,
        unusable_phone=known["telefono"] if unusable else None,
        company=known.get("empresa"),
        service=known.get("servicio"),
        source=known.get("fuente"),
        time_zone=known.get("zona_horaria"),
        consent=known.get("consentimiento"),
        extra={
            storable(name): _as_text(value) for name, value in fields.items() if name not in LIMITS
        },
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _email(text: str) -> str | None:
    try:
        return email_validator.validate_email(text, check_deliverability=False).normalized.lower()
    except email_validator.EmailNotValidError:
        return None


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return storable(value)
    return storable(to_json(value, inf_nan_mode="constants").decode())


def _one_line(value: object) -> str:
    """Returns one line of text without control, zero-width and direction marks.

    They would reach mail headers and the CRM.
    """
    text = _INVISIBLE.sub(" ", value if isinstance(value, str) else _as_text(value))
    return " ".join(unicodedata.normalize("NFC", storable(text)).split())
