"""What a form means, and whether its sender is new. Pure: no clock, no database, no network."""

import re
import unicodedata
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import email_validator
from pydantic_core import to_json

from contracts.lead import LeadCard
from contracts.phone import NumberStanding, read_number

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
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_UNSTORABLE = re.compile(r"[\u0000\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad field, and the name of the message that says why."""

    field: str
    code: str
    limit: int = 0


def read_form(fields: Mapping[str, object], *, region: str) -> LeadCard | list[Fault]:
    """The person behind the form, or everything that is wrong with it. Fields nobody knows are kept as text."""
    faults: list[Fault] = []
    known: dict[str, str] = {}
    for name, limit in LIMITS.items():
        value = fields.get(name)
        if isinstance(value, dict | list):
            faults.append(Fault(name, "not_text"))
        elif text := _one_line(value):
            if len(text) > limit:
                faults.append(Fault(name, "too_long", limit))
            else:
                known[name] = text
    faulty = {fault.field for fault in faults}
    if "nombre" not in known and "nombre" not in faulty:
        faults.append(Fault("nombre", "missing"))
    email = _email(known["email"]) if "email" in known else None
    if "email" in known and email is None:
        faults.append(Fault("email", "bad_email"))
    number = read_number(known["telefono"], region) if "telefono" in known else None
    unusable = number is not None and number.standing is NumberStanding.UNUSABLE
    if "telefono" in known and number is None:
        faults.append(Fault("telefono", "bad_phone"))
    if unusable and "email" not in known:
        faults.append(Fault("telefono", "unusable_phone"))
    if not {"email", "telefono"} & (known.keys() | faulty):
        faults += [Fault("email", "missing_contact"), Fault("telefono", "missing_contact")]
    if "zona_horaria" in known and known["zona_horaria"] not in _zones():
        faults.append(Fault("zona_horaria", "bad_zone"))
    if faults:
        return faults
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
        extra={_storable(name): _as_text(value) for name, value in fields.items() if name not in LIMITS},
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
        return _storable(value)
    return _storable(to_json(value, inf_nan_mode="constants").decode())


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def _one_line(value: object) -> str:
    """Without control, zero-width and direction marks, which would reach mail headers and the CRM."""
    text = _INVISIBLE.sub(" ", value if isinstance(value, str) else _as_text(value))
    return " ".join(unicodedata.normalize("NFC", _storable(text)).split())


@dataclass(frozen=True, slots=True)
class Submission:
    """One form as it came in."""

    card: LeadCard
    fingerprint: bytes
    key: str | None = None
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knew when a batch was read."""

    keys: Mapping[str, tuple[bytes, int]]
    people: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Welcome:
    """Somebody new."""

    lead_id: int


@dataclass(frozen=True, slots=True)
class Return:
    """A lead of the last day, again."""

    lead_id: int


@dataclass(frozen=True, slots=True)
class Replay:
    """The same request again: the first answer."""

    lead_id: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another request under a key that is taken."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Filled in the field no person sees: kept, not contacted."""

    lead_id: int


Verdict = Welcome | Return | Replay | Conflict | Quarantine


def settle(batch: Sequence[Submission], known: Known, fresh_ids: Sequence[int]) -> list[Verdict]:
    """What becomes of each submission, in order; those of one batch know of one another."""
    keys, people = dict(known.keys), dict(known.people)
    return [_settle_one(one, keys, people, fresh) for one, fresh in zip(batch, fresh_ids, strict=True)]


def _settle_one(one: Submission, keys: dict[str, tuple[bytes, int]], people: dict[str, int], fresh: int) -> Verdict:
    if one.key is not None and one.key in keys:
        fingerprint, lead_id = keys[one.key]
        return Replay(lead_id) if fingerprint == one.fingerprint else Conflict()
    before = None if one.suspect else next((people[a] for a in addresses(one.card) if a in people), None)
    lead_id = before or fresh
    if one.key is not None:
        keys[one.key] = (one.fingerprint, lead_id)
    if one.suspect:
        return Quarantine(lead_id)
    for address in addresses(one.card):
        people.setdefault(address, lead_id)
    return Return(lead_id) if before else Welcome(lead_id)


def addresses(card: LeadCard) -> tuple[str, ...]:
    """By what the same person is known again: first the phone, then the email."""
    return tuple(address for address in (card.phone, card.email) if address)
