"""Typeform: the signature, and the answers.

https://www.typeform.com/developers/webhooks/secure-your-webhooks/
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sources.field_names import attribution_of, card_field
from sources.model import Form
from sources.proof import digest, require
from sources.reading import read_object
from sources.values import as_text, known, mapping, moment, objects

_HINTS = {"email": "email", "phone_number": "phone", "legal": "consent"}
TEST_ADDRESS = "an_account@example.com"  # in the delivery that Typeform's test button sends


def verify(
    secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, *, now: datetime
) -> None:
    """Raises Forged unless `Typeform-Signature` signs the body."""

    def expected(secret: str) -> str:
        return f"sha256={base64.b64encode(digest(secret, body)).decode()}"

    require(secrets, headers.get("typeform-signature", ""), expected)


def read(body: bytes) -> list[Form]:
    """Returns the response; none for another event, such as a response that is only begun."""
    return read_event(read_object(body))


def read_event(event: Mapping[str, Any]) -> list[Form]:
    """Returns what `read` does, of a body that was read already."""
    if event.get("event_type") != "form_response":
        return []
    response = mapping(event.get("form_response"))
    definition = mapping(response.get("definition"))
    questions = {_place(question): question for question in objects(definition.get("fields"))}
    answers: dict[str, object] = {}
    hints: dict[str, str] = {}
    for answer in objects(response.get("answers")):
        place = mapping(answer.get("field"))
        question = questions.get(_place(place), place)
        name = as_text(question.get("title")) or _place(place)
        if name in answers:
            name = f"{name} ({_place(place)})"
        answers[name] = _value(answer)
        hint = _HINTS.get(as_text(place.get("type"))) or card_field(as_text(place.get("ref")))
        if hint:
            hints[name] = hint
    hidden = mapping(response.get("hidden"))
    others = {as_text(item.get("key")): _value(item) for item in objects(response.get("variables"))}
    others |= hidden
    names = known(form_id=response.get("form_id"), form_name=definition.get("title"))
    return [
        Form(
            source="typeform",
            fields=answers | {name: v for name, v in others.items() if name not in answers},
            external_id=as_text(response.get("token")),
            test=TEST_ADDRESS in answers.values(),
            submitted_at=moment(response.get("submitted_at")),
            attribution=attribution_of(hidden) | names,
            hints=hints,
        )
    ]


def _place(question: Mapping[str, Any]) -> str:
    """Returns the id of a question, which stays the same when it is moved or worded otherwise."""
    return as_text(question.get("id") or question.get("ref"))


def _value(answer: Mapping[str, Any]) -> object:
    """Returns the answer, which stands under the name of its type."""
    value = answer.get(as_text(answer.get("type")))
    if not isinstance(value, dict):
        return value
    chosen = value.get("labels") or [value.get("label")]
    texts = [*chosen, value.get("other")] if isinstance(chosen, list) else [chosen]
    return [as_text(text) for text in texts if text] or as_text(value)
