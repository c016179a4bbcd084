"""Decides what to leave out of a lead that Kommo refuses, and what to say about it. Pure."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from kit.masking import mask
from providers.kommo.models import ItemError
from services.crm.decisions.kommo import mark
from services.crm.decisions.kommo_fields import LeftOut

REFUSED = "Kommo no lo aceptó"
LONGEST_REASON = 400
VALUES = "custom_fields_values"
CONTACT = "_embedded.contacts.0"
# what no lead can do without. Kommo's errors about it cannot be helped by leaving something out
NEEDED = ("id", "pipeline_id", "status_id", "request_id")
# the optional keys of a lead, as Kommo's errors name them, and what the team calls them
OPTIONAL = {
    "_embedded.tags": "etiquetas",
    "tags_to_add": "etiquetas",
    "_embedded.companies": "empresa",
    "responsible_user_id": "responsable",
    "price": "precio",
}
ADDRESSES = {"PHONE": "teléfono", "EMAIL": "correo"}


class Cost(IntEnum):
    """How much a lead loses with a value: where Kommo names no fault, the least goes first."""

    ITS_OWN = 1
    OF_CONTACT = 2
    WHO_IT_IS = 3


@dataclass(frozen=True, slots=True)
class Corrected:
    """A lead's body without what Kommo refused. `contact_gone`: its contact no longer exists."""

    body: dict[str, Any]
    left_out: tuple[LeftOut, ...] = ()
    contact_gone: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """An optional value at a dotted place in a body. It is left out, or becomes `instead`."""

    path: str
    left_out: LeftOut
    cost: Cost = Cost.ITS_OWN
    instead: str = ""


def corrected(
    lead_id: int,
    body: Mapping[str, Any],
    errors: Sequence[ItemError],
    fields: Mapping[str, int],
) -> Corrected | None:
    """Returns the body without its faults. None where no optional value is left to leave out.

    An error names a value, a group of them, or none (an empty path, or one that is not in the
    body). Of a group, and where none is named, all that costs the lead least is left out.
    """
    paths = {_dotted(error.path) for error in errors} or {""}
    if any(path.partition(".")[0] in NEEDED for path in paths):
        return None
    parts = _optional_parts(lead_id, body, fields)
    faults = [_at_fault(path, body, parts) for path in paths]
    out = [part for part in parts if any(part in named for named in faults)]
    contact_gone = any(_names_a_known_contact(path, body) for path in paths)
    if not out and not contact_gone:
        if not _has_known_contact(body):
            return None
        contact_gone = True
    rest = deepcopy(dict(body))
    for part in reversed(out):  # from the end, because each removal moves what follows
        _take_out(part, rest)
    return Corrected(rest, tuple(part.left_out for part in reversed(out)), contact_gone)


def _dotted(path: str) -> str:
    """Returns a path as `custom_fields_values.0.values`: no brackets, slashes or item's index.

    A lead has one contact, which may be named without an index.
    """
    dotted = ".".join(re.split(r"[.\[\]/]+", path.strip("./[] ")))
    in_item = re.sub(r"^\d+(?:\.|$)", "", dotted)
    return re.sub(r"^_embedded\.contacts(?:\.\d+)?(?=\.|$)", CONTACT, in_item)


def _names_a_known_contact(path: str, body: Mapping[str, Any]) -> bool:
    return _has_known_contact(body) and _lies_in(path, "_embedded.contacts")


def _has_known_contact(body: Mapping[str, Any]) -> bool:
    return "id" in _contact(body)


def _contact(body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the lead's contact, an empty one where it has none."""
    contacts = (body.get("_embedded") or {}).get("contacts") or [{}]
    found: dict[str, Any] = contacts[0]
    return found


def _lies_in(path: str, outer: str) -> bool:
    return not outer or path == outer or path.startswith(f"{outer}.")


def _at_fault(path: str, body: Mapping[str, Any], parts: Sequence[Part]) -> list[Part]:
    """Returns the optional values that an error's path names.

    It may name a place in one of them, or a group of them. Else it is in the nearest group.
    """
    if _names_a_known_contact(path, body):
        return []
    named = [part for part in parts if _lies_in(path, part.path)]
    if named:
        longest = max(len(part.path) for part in named)
        return [part for part in named if len(part.path) == longest]
    inside = [part for part in parts if _lies_in(part.path, path)]
    if inside:
        least = min(part.cost for part in inside)
        return [part for part in inside if part.cost is least]
    if not path:
        return []
    return _at_fault(path.rpartition(".")[0], body, parts)


def _optional_parts(lead_id: int, body: Mapping[str, Any], fields: Mapping[str, int]) -> list[Part]:
    """Returns the optional values of a body, those of lists in their order."""
    names = {field_id: name for name, field_id in fields.items()}
    parts = [
        Part(
            f"{VALUES}.{index}",
            LeftOut(names.get(value.get("field_id", 0), "campo"), _shown(value), REFUSED),
        )
        for index, value in enumerate(body.get(VALUES) or [])
    ]
    for path, name in OPTIONAL.items():
        holder, key = _holder(path, body)
        if key in holder:
            parts.append(Part(path, LeftOut(name, _names_in(holder[key]), REFUSED)))
    name = str(body.get("name", mark(lead_id)))
    if name != mark(lead_id):
        typed = LeftOut("nombre", name.removesuffix(mark(lead_id)).strip(), REFUSED)
        parts.append(Part("name", typed, Cost.WHO_IT_IS, instead=mark(lead_id)))
    return parts + _parts_of_contact(_contact(body))


def _parts_of_contact(contact: Mapping[str, Any]) -> list[Part]:
    """Returns the values of a new contact. Without any, the lead goes without a contact."""
    if not contact or "id" in contact:
        return []
    addresses = [
        LeftOut(
            ADDRESSES.get(str(value.get("field_code")), "dato del contacto"),
            _shown(value),
            REFUSED,
        )
        for value in contact.get(VALUES) or []
    ]
    parts = [
        Part(f"{CONTACT}.{VALUES}.{index}", address, Cost.OF_CONTACT)
        for index, address in enumerate(addresses)
    ]
    for key, value in contact.items():
        if key != VALUES:
            name = "nombre del contacto" if key == "name" else key
            left_out = LeftOut(name, str(value), REFUSED)
            parts.append(Part(f"{CONTACT}.{key}", left_out, Cost.WHO_IT_IS))
    return parts


def _take_out(part: Part, body: dict[str, Any]) -> None:
    """Takes a value out of the body, and what holds nothing without it."""
    holder, key = _holder(part.path, body)
    if part.instead:
        holder[key] = part.instead
        return
    if isinstance(holder, list):
        holder.pop(int(key))
    else:
        del holder[key]
    above = part.path.rpartition(".")[0]
    if not holder and above and above != "_embedded":
        _take_out(Part(above, part.left_out), body)


def _holder(path: str, body: Any) -> tuple[Any, str]:
    """Returns what holds the value at a path, and the value's key in it."""
    *outer, key = path.split(".")
    holder = body
    for name in outer:
        holder = holder[int(name)] if isinstance(holder, list) else holder.get(name) or {}
    return holder, key


def _names_in(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return ", ".join(str(item.get("name", item)) for item in value)


def _shown(value: Mapping[str, Any]) -> str:
    listed = value.get("values") or []
    return ", ".join(str(item.get("value", item.get("enum_id", ""))) for item in listed)


def plain_reason(errors: Sequence[ItemError], reason: str) -> str:
    """Returns why Kommo refuses a lead, in plain words, with Kommo's own at the end."""
    own = "; ".join(str(error) for error in errors) or reason
    paths = {error.path for error in errors}
    if "status_id" in paths:
        plain = (
            "Kommo no recibe leads en la etapa KOMMO_STATUS_ID_INICIAL. Tiene que ser de ese "
            "embudo, y no la de leads entrantes, que no recibe leads por la API. Corrígela en .env"
        )
    elif "pipeline_id" in paths:
        plain = "Kommo no tiene el embudo KOMMO_PIPELINE_ID. Corrígelo en .env"
    else:
        plain = "Kommo no aceptó el lead"
    return f"{plain} ({mask(own)[:LONGEST_REASON]})"


def plain_move_reason(errors: Sequence[ItemError], reason: str) -> str:
    """Returns why Kommo refuses a move, in plain words, with Kommo's own at the end."""
    own = "; ".join(str(error) for error in errors) or reason
    return f"Kommo no dejó mover el lead de etapa ({mask(own)[:LONGEST_REASON]})"


def note_about(left_out: LeftOut) -> str:
    """Returns the note that keeps a value for which Kommo has no place."""
    value = f": {left_out.value[:1000]}" if left_out.value else ""
    return f"No se guardó en su campo de Kommo ({left_out.why}). {left_out.name}{value}"
