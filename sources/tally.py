"""Tally: the signature, and the answers.

https://tally.so/help/webhooks
"""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sources.field_names import attribution_of, card_field
from sources.model import Forged, Form, Unreadable
from sources.proof import digest, require
from sources.reading import read_object
from sources.values import as_text, known, mapping, moment, objects

_HINTS = {"INPUT_EMAIL": "email", "INPUT_PHONE_NUMBER": "phone"}


def verify(
    secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Raises Forged unless `Tally-Signature` signs the body.

    Tally's own example signs the body as JSON without blanks, so both are accepted.
    """
    given = headers.get("tally-signature", "")
    with suppress(Forged):
        return require(secrets, given, lambda secret: _signature(secret, body))
    try:
        compact = json.dumps(read_object(body), ensure_ascii=False, separators=(",", ":"))
        message = compact.encode()
    except (Unreadable, ValueError):
        raise Forged from None
    return require(secrets, given, lambda secret: _signature(secret, message))


def _signature(secret: str, message: bytes) -> str:
    return base64.b64encode(digest(secret, message)).decode()


def read(body: bytes) -> list[Form]:
    """Returns the response; none for another event."""
    return read_event(read_object(body))


def read_event(event: Mapping[str, Any]) -> list[Form]:
    """Returns what `read` does, of a body that was read already."""
    if event.get("eventType") != "FORM_RESPONSE":
        return []
    response = mapping(event.get("data"))
    questions = objects(response.get("fields"))
    keys = {as_text(question.get("key")) for question in questions}
    fields: dict[str, object] = {}
    hints: dict[str, str] = {}
    for question in questions:
        key = as_text(question.get("key"))
        value = _value(question)
        if value is None or _repeats(key, value, keys):
            continue
        name = as_text(question.get("label")) or key
        if name in fields:
            name = f"{name} ({key})"
        fields[name] = value
        hint = _HINTS.get(as_text(question.get("type")))
        if hint and not card_field(name):
            hints[name] = hint
    names = known(form_id=response.get("formId"), form_name=response.get("formName"))
    return [
        Form(
            source="tally",
            fields=fields,
            external_id=as_text(response.get("responseId")),
            submitted_at=moment(response.get("createdAt")),
            attribution=attribution_of(fields) | names,
            hints=hints,
        )
    ]


def _repeats(key: str, value: object, keys: set[str]) -> bool:
    """Returns whether the field only says of one option whether it was ticked.

    Such a field is called `<question>_<option>`, and the question itself lists the ticked ones.
    """
    question, _, _ = key.rpartition("_")
    return isinstance(value, bool) and question in keys


def _value(question: Mapping[str, Any]) -> object:
    """Returns the answer, with the texts of chosen options in place of their ids."""
    value = question.get("value")
    texts = {
        as_text(option.get("id")): as_text(option.get("text"))
        for option in objects(question.get("options"))
    }
    if not isinstance(value, list):
        return texts.get(as_text(value), value)
    return [texts.get(as_text(item), _file_or_text(item)) for item in value]


def _file_or_text(item: object) -> str:
    return as_text(mapping(item).get("url")) or as_text(item)
