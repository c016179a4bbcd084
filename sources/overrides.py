"""Reads deploy/sources.yml: how single forms name their fields, where the table does not know."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from sources.field_names import card_field
from sources.mapping import LIMITS

EVERY_FORM = "*"
KEPT = ""  # the field is no field of the card, and kept as it is
NOTHING: Mapping[str, str] = MappingProxyType({})


class InvalidSources(Exception):
    """Holds all mistakes of the file, each with its line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Maps fields to the card's, by source and form."""

    by_source: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def of(self, source: str, form_id: str = "") -> Mapping[str, str]:
        """Returns the form's mapping; what it leaves open, that of EVERY_FORM says."""
        forms = self.by_source.get(source)
        if forms is None:
            return NOTHING
        return {**forms.get(EVERY_FORM, NOTHING), **forms.get(form_id, NOTHING)}


def read_overrides(text: str, *, name: str) -> Overrides:
    """Returns the mappings in the file `name`. Raises InvalidSources."""
    return _Reader(text, name).overrides()


def load_overrides(path: Path) -> Overrides:
    """Returns the mappings in the file. Raises InvalidSources, and OSError."""
    return read_overrides(path.read_text(), name=str(path))


class _Reader:
    """Reads one file, and collects its mistakes."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._mistakes: list[str] = []

    def overrides(self) -> Overrides:
        try:
            node = yaml.compose(self._text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "cannot be read"
            self._add(mark.line if mark else 0, f"no YAML: {problem}")
            raise InvalidSources(self._mistakes) from None
        read: dict[str, dict[str, dict[str, str]]] = {}
        for source, forms in self._pairs(node, "the file names sources"):
            read[source] = {
                form_id: self._fields(fields)
                for form_id, fields in self._pairs(forms, f"{source} names its forms")
            }
        if self._mistakes:
            raise InvalidSources(self._mistakes)
        return Overrides(read)

    def _fields(self, node: yaml.Node) -> dict[str, str]:
        fields: dict[str, str] = {}
        for name, value in self._pairs(node, "a form names its fields"):
            target = value.value if isinstance(value, yaml.ScalarNode) else None
            if value.tag.endswith(":null"):
                target = KEPT
            if target != KEPT and (target is None or card_field(target) is None):
                close = difflib.get_close_matches(str(target), LIMITS, n=1)
                hint = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(LIMITS)}"
                self._add(value.start_mark.line, f"{name} is no field of the card: {hint}")
                continue
            fields[name] = str(target)
        return fields

    def _pairs(self, node: yaml.Node | None, meaning: str) -> list[tuple[str, Any]]:
        """Returns the keys as they are written, also those that YAML would read as numbers."""
        if node is None or node.tag.endswith(":null"):
            return []
        if not isinstance(node, yaml.MappingNode):
            self._add(node.start_mark.line, f"{meaning}, each with a colon")
            return []
        pairs: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._add(key.start_mark.line, "a name is a text")
            elif key.value in pairs:
                self._add(key.start_mark.line, f"{key.value} comes twice")
            else:
                pairs[key.value] = value
        return list(pairs.items())

    def _add(self, line: int, message: str) -> None:
        self._mistakes.append(f"{self._name}:{line + 1}: {message}")
