"""What was published stays readable: a schema may grow by optional fields, and nothing else.

`published/` holds each event's schema as it was last released. Where a schema only grew, the file is brought up to
date by `python -m tests.unit.contracts.test_registry`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.events.base import Event
from contracts.events.touch import TouchSent
from contracts.registry import ALL_EVENTS

PUBLISHED = Path(__file__).parent / "published"


def breaks(old: dict[str, Any], new: dict[str, Any], path: str = "") -> list[str]:
    """What a reader of the old schema, or a writer of it, would stumble over."""
    found = []
    for name, schema in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            found.append(f"{path}{name} is gone")
        else:
            found += breaks(schema, new["properties"][name], f"{path}{name}.")
    found += [
        f"{path}{name} became required"
        for name in set(new.get("required", [])) - set(old.get("required", []))
    ]
    found += [
        f"{path}{name} is no longer promised"
        for name in set(old.get("required", [])) - set(new.get("required", []))
    ]
    found += [
        f"{path}{key} changed"
        for key in ("type", "const", "format", "$ref", "anyOf")
        if old.get(key) != new.get(key)
    ]
    found += [
        f"{path}{value} is no longer a value"
        for value in set(old.get("enum", [])) - set(new.get("enum", []))
    ]
    for name, schema in old.get("$defs", {}).items():
        found += breaks(schema, new.get("$defs", {}).get(name, {}), f"{name}.")
    return found


@pytest.mark.parametrize("event", ALL_EVENTS, ids=lambda event: event.topic_name())
def test_a_published_event_still_reads(event: type[Event]) -> None:
    old = json.loads((PUBLISHED / f"{event.topic_name()}.json").read_text())

    assert breaks(old, event.model_json_schema()) == []


def test_no_published_event_was_dropped() -> None:
    assert {path.stem for path in PUBLISHED.glob("*.json")} == {
        event.topic_name() for event in ALL_EVENTS
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema["properties"].pop("step"),
        lambda schema: schema["required"].append("provider_ref"),
        lambda schema: schema["properties"]["lead_id"].update(type="string"),
        lambda schema: schema["properties"].update(channel={"type": "string"}),
        lambda schema: schema["$defs"]["Channel"]["enum"].remove("sms"),
        lambda schema: schema["required"].remove("touch_id"),
    ],
)
def test_an_incompatible_change_is_noticed(change: Any) -> None:
    old, new = TouchSent.model_json_schema(), TouchSent.model_json_schema()
    change(new)

    assert breaks(old, new)


def test_a_new_optional_field_is_no_break() -> None:
    old, new = TouchSent.model_json_schema(), TouchSent.model_json_schema()
    new["properties"]["cost"] = {"type": "number"}

    assert breaks(old, new) == []


@pytest.mark.parametrize("event", ALL_EVENTS, ids=lambda event: event.topic_name())
def test_a_reader_ignores_what_it_does_not_know(event: type[Event]) -> None:
    assert event.model_config["extra"] == "ignore"
    assert event.model_config["frozen"] is True


if __name__ == "__main__":
    PUBLISHED.mkdir(exist_ok=True)
    for one in ALL_EVENTS:
        (PUBLISHED / f"{one.topic_name()}.json").write_text(
            json.dumps(one.model_json_schema(), indent=1) + "\n"
        )
