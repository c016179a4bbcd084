"""Decides what to leave out of a lead that Kommo refuses, and what to say about it. Pure."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from kit.masking import mask
from providers.kommo.models import ItemError
from services.crm.decisions.kommo import mark
from services.crm.decisions.kommo_fields import LeftOut

REFUSED = "Kommo no lo aceptó"
LONGEST_REASON = 400
FIELD = re.compile(r"custom_fields_values\.(\d+)(?:\.|$)")
CONTACT = re.compile(r"_embedded\.contacts(?:\.\d+)?(?:\.(?P<rest>.+))?$")
# the optional keys of a lead, as Kommo's errors name them, and what the team calls them
OPTIONAL = {
    "_embedded.tags": "etiquetas",
    "tags_to_add": "etiquetas",
    "_embedded.companies": "empresa",
    "responsible_user_id": "responsable",
    "price": "precio",
}
ADDRESSES = {"PHONE": "teléfono", "EMAIL": "correo"}


@dataclass(frozen=True, slots=True)
class Corrected:
    """A lead's body without what Kommo refused. `contact_gone`: its contact no longer exists."""

    body: dict[str, Any]
    left_out: tuple[LeftOut, ...] = ()
    contact_gone: bool = False


def corrected(
    lead_id: int,
    body: Mapping[str, Any],
    errors: Sequence[ItemError],
    fields: Mapping[str, int],
) -> Corrected | None:
    """Returns the body without its faults. None where they are not in anything optional."""
    rest = deepcopy(dict(body))
    left_out: list[LeftOut] = []
    contact_gone = False
    # from the end, because each removal moves what follows
    for path in sorted({error.path for error in errors}, key=_place, reverse=True):
        if _names_a_known_contact(path, rest):
            contact_gone = True
        else:
            left_out += _take_out(path, lead_id, rest, fields)
    if rest == body and not contact_gone:
        return None
    return Corrected(rest, tuple(left_out), contact_gone)


def _place(path: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in path.split(".")]


def _names_a_known_contact(path: str, body: Mapping[str, Any]) -> bool:
    contacts = (body.get("_embedded") or {}).get("contacts") or []
    named = CONTACT.match(path)
    return bool(named and contacts and "id" in contacts[0])


def _take_out(
    path: str, lead_id: int, body: dict[str, Any], fields: Mapping[str, int]
) -> list[LeftOut]:
    """Takes the value at `path` out of the body, and returns what was lost with it."""
    field = FIELD.match(path)
    if field is not None:
        names = {field_id: name for name, field_id in fields.items()}
        value = _pop_value(body, int(field[1]))
        name = names.get(value.get("field_id", 0), "campo")
        return [LeftOut(name, _shown(value), REFUSED)] if value else []
    contact = CONTACT.match(path)
    if contact is not None:
        return _take_out_of_contact(contact["rest"] or "", body)
    for key, name in OPTIONAL.items():
        if path == key or path.startswith(f"{key}."):
            return _pop_key(body, key, name)
    if path == "name" and body.get("name") != mark(lead_id):
        name = str(body["name"])
        body["name"] = mark(lead_id)
        return [LeftOut("nombre", name.removesuffix(mark(lead_id)).strip(), REFUSED)]
    return []


def _take_out_of_contact(rest: str, body: dict[str, Any]) -> list[LeftOut]:
    contacts = (body.get("_embedded") or {}).get("contacts") or []
    if not contacts:
        return []
    field = FIELD.match(rest)
    if field is not None:
        value = _pop_value(contacts[0], int(field[1]))
        name = ADDRESSES.get(str(value.get("field_code")), "dato del contacto")
        return [LeftOut(name, _shown(value), REFUSED)] if value else []
    key = rest.partition(".")[0]
    if key not in contacts[0]:
        return []
    value = contacts[0].pop(key)
    return [LeftOut("nombre del contacto" if key == "name" else key, str(value), REFUSED)]


def _pop_value(holder: dict[str, Any], index: int) -> dict[str, Any]:
    values = holder.get("custom_fields_values") or []
    if index >= len(values):
        return {}
    value: dict[str, Any] = values.pop(index)
    if not values:
        holder.pop("custom_fields_values")
    return value


def _pop_key(body: dict[str, Any], key: str, name: str) -> list[LeftOut]:
    outer, _, inner = key.rpartition(".")
    holder = body.get(outer) or {} if outer else body
    if inner not in holder:
        return []
    return [LeftOut(name, _names_in(holder.pop(inner)), REFUSED)]


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
