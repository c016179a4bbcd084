"""Published events stay readable: a schema may gain optional fields, and change in no other way.

`published/` holds each event's schema as it was last released. After a compatible change, run
`python -m tests.unit.contracts.test_registry` to update the files.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from contracts.api.model import ApiModel
from contracts.commands.failed_work import DiscardWork, RetryWork
from contracts.commands.lead import PauseLead
from contracts.events.touch import TouchSent
from contracts.registry import ALL_COMMANDS, API_ANSWERS, MESSAGES
from kit.messaging.broker import ConsumerQueue
from pauta.services import SERVICES

PUBLISHED = Path(__file__).parent / "published"


def breaks(old: dict[str, Any], new: dict[str, Any], path: str = "") -> list[str]:
    """Returns the changes that break a reader or a writer of the old schema."""
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


@pytest.mark.parametrize("topic", MESSAGES)
def test_a_published_message_still_reads(topic: str) -> None:
    old = json.loads((PUBLISHED / f"{topic}.json").read_text())

    assert breaks(old, MESSAGES[topic].model_json_schema()) == []


@pytest.mark.parametrize("answer", API_ANSWERS, ids=lambda answer: answer.__name__)
def test_a_published_answer_still_reads(answer: type[ApiModel]) -> None:
    old = json.loads((PUBLISHED / "api" / f"{answer.__name__}.json").read_text())

    assert breaks(old, answer.model_json_schema()) == []


def test_nothing_published_was_dropped() -> None:
    assert {path.stem for path in PUBLISHED.glob("*.json")} == MESSAGES.keys()
    assert {path.stem for path in (PUBLISHED / "api").glob("*.json")} == {
        answer.__name__ for answer in API_ANSWERS
    }


def test_a_command_is_addressed_to_its_owner() -> None:
    """The routing key is the address, and only the owner's queue is bound to it."""
    retry = RetryWork(lead_id=0, service="crm", kind="outbox", row_id=1, by="ana")

    assert PauseLead(lead_id=7, by="ana").routing_key == "scheduler.lead.pause"
    assert PauseLead.binding_for("scheduler") == "scheduler.lead.pause"
    assert retry.routing_key == "crm.work.retry"
    queues: list[ConsumerQueue] = []
    for service in SERVICES:
        queues += service.queues
    for command in ALL_COMMANDS:
        if command is not RetryWork and command is not DiscardWork:
            key = f"{command.owner}.{command.topic_name()}"
            bound = [queue.name for queue in queues if ("commands", key) in queue.bindings]
            assert [name.partition(".")[0] for name in bound] == [command.owner]


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
    old = TouchSent.model_json_schema()
    new = TouchSent.model_json_schema()
    change(new)

    assert breaks(old, new)


def test_a_new_optional_field_is_no_break() -> None:
    old = TouchSent.model_json_schema()
    new = TouchSent.model_json_schema()
    new["properties"]["cost"] = {"type": "number"}

    assert breaks(old, new) == []


@pytest.mark.parametrize(
    "model", [*MESSAGES.values(), *API_ANSWERS], ids=lambda model: model.__name__
)
def test_a_reader_ignores_unknown_fields(model: type[BaseModel]) -> None:
    assert model.model_config["extra"] == "ignore"
    assert model.model_config["frozen"] is True


if __name__ == "__main__":
    (PUBLISHED / "api").mkdir(parents=True, exist_ok=True)
    models: dict[str, type[BaseModel]] = {**MESSAGES}
    models |= {f"api/{answer.__name__}": answer for answer in API_ANSWERS}
    for name, model in models.items():
        schema = json.dumps(model.model_json_schema(), indent=1)
        (PUBLISHED / f"{name}.json").write_text(schema + "\n")
