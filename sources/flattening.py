"""Flattens the fields that form builders nest, each by its own habit. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sources.field_names import card_field
from sources.values import as_text

MAX_DEPTH = 8
MAX_SAME_NAME = 20
# a name that says nothing about what is inside
_WRAPPERS = {
    "fields", "field", "form_fields", "form_data", "formdata", "data", "payload", "body", "json",
    "values", "answers", "submission", "field_data", "wpforms", "item_meta", "custom_fields",
    "attributes", "questions", "questions_and_answers", "responses", "user_column_data",
}  # fmt: skip
# an answer with its question: `{"title": "Nombre", "value": "Ana"}`
_LABELS = (
    "title", "label", "question", "pregunta", "field_name", "fieldname", "column_name", "name",
    "field", "key", "ref", "id", "column_id",
)  # fmt: skip
_ANSWERS = (
    "value", "values", "answer", "answers", "respuesta", "response", "string_value", "raw_value",
)  # fmt: skip
_DESCRIPTIONS = {
    "type", "required", "options", "position", "field_type", "value_raw", "first", "middle", "last",
    "placeholder", "description", "order", "index", "field_id",
}.union(_LABELS, _ANSWERS)  # fmt: skip
_HINTS = {"tel": "phone", "phone": "phone", "email": "email", "acceptance": "consent"}


@dataclass(frozen=True, slots=True)
class Flat:
    """Fields without nesting: texts, numbers, booleans and lists of them.

    `hints` maps names of fields to fields of the card, where the field's type shows it.
    """

    fields: Mapping[str, object]
    hints: Mapping[str, str] = field(default_factory=dict)


def flattened(fields: Mapping[str, object]) -> Flat:
    """Returns each answer under its question, or under the names of what it is nested in.

    Answers that have a question come first, and then what is in a wrapper: a field called `name`
    beside them is the form's.
    """
    if not any("[" in name or isinstance(value, dict | list) for name, value in fields.items()):
        return Flat(fields)
    found = _Found()
    found.walk((), _nested(fields), 0)
    merged = dict(found.labelled)
    for path, value in sorted(found.others, key=_is_outside):
        _put(merged, path, value)
    return Flat(merged, found.hints)


@dataclass(slots=True)
class _Found:
    labelled: dict[str, object] = field(default_factory=dict)
    others: list[tuple[tuple[str, ...], object]] = field(default_factory=list)
    hints: dict[str, str] = field(default_factory=dict)

    def walk(self, path: tuple[str, ...], value: object, depth: int) -> None:
        if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
            self.others.append((path, value))
        elif not isinstance(value, dict | list) or depth > MAX_DEPTH:
            self.others.append((path, as_text(value) if isinstance(value, dict | list) else value))
        elif isinstance(value, list):
            for place, item in enumerate(value, 1):
                self._walk_item((*path, str(place)), item, depth)
        else:
            for name, item in value.items():
                self._walk_item((*path, str(name)), item, depth)

    def _walk_item(self, path: tuple[str, ...], item: object, depth: int) -> None:
        if isinstance(item, dict) and _is_labelled(item):
            self._keep_answer(path, {str(name).lower(): value for name, value in item.items()})
        else:
            self.walk(path, item, depth + 1)

    def _keep_answer(self, path: tuple[str, ...], item: Mapping[str, Any]) -> None:
        labels = [as_text(item.get(key)) for key in _LABELS]
        labels = [label for label in labels if label] or [path[-1]]
        label = next(filter(card_field, labels), labels[0])
        answer = next((item[key] for key in _ANSWERS if item.get(key) not in (None, "")), "")
        if isinstance(answer, dict):
            answer = list(answer.values())
        hint = _HINTS.get(as_text(item.get("type")).lower())
        if hint and not card_field(label):
            self.hints[label] = hint
        _put(self.labelled, (label,), answer)


def _is_labelled(item: Mapping[Any, object]) -> bool:
    names = {str(name).lower() for name in item}
    return (
        names <= _DESCRIPTIONS and not names.isdisjoint(_ANSWERS) and not names.isdisjoint(_LABELS)
    )


def _is_outside(found: tuple[tuple[str, ...], object]) -> bool:
    path, _ = found
    return not any(name.lower() in _WRAPPERS for name in path)


def _put(fields: dict[str, object], path: tuple[str, ...], value: object) -> None:
    """Adds a field by the names of its path that say something, and a number where they are taken.

    The same value twice is one value.
    """
    names = [name for name in path if name.lower() not in _WRAPPERS and not name.isdecimal()]
    short = ".".join(names or path)
    for number in range(1, MAX_SAME_NAME + 1):
        name = f"{short} ({number})" if number > 1 else short
        if name not in fields or as_text(fields[name]) in ("", as_text(value)):
            fields[name] = value
            return
    fields[name] = f"{as_text(fields[name])}, {as_text(value)}"


def _nested(fields: Mapping[str, object]) -> Mapping[str, object]:
    """Returns the fields with names such as `fields[nombre][value]` as nested objects."""
    root: dict[str, object] = {}
    for name, value in fields.items():
        first, bracket, rest = name.partition("[")
        if not (first and bracket and rest.endswith("]")):
            root.setdefault(name, value)
            continue
        path = [first, *rest[:-1].split("][")]
        if path[-1] == "":  # `temas[]` is a list of its own name
            path.pop()
        if len(path) > MAX_DEPTH or not _insert(root, path, value):
            root[name] = value
    return root


def _insert(root: dict[str, object], path: list[str], value: object) -> bool:
    place: Any = root
    for name in path[:-1]:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            return False
    return place.setdefault(path[-1], value) is value
