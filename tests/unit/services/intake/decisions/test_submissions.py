"""What of a form is compared, and what is kept as it was sent."""

import json
from typing import Any

import pytest

from services.intake.decisions.submissions import as_sent, content_of, form_id

FORM: dict[str, Any] = {"nombre": "Ana", "email": "ana@example.com", "intereses": ["a", "b"]}


def test_the_order_of_the_fields_does_not_matter() -> None:
    assert content_of("form", FORM) == content_of("form", dict(reversed(FORM.items())))


@pytest.mark.parametrize(
    "other",
    [
        ("landing", FORM, ""),
        ("form", FORM, "1"),
        ("form", FORM | {"nombre": "Eva"}, ""),
        ("form", FORM | {"otro": ""}, ""),
    ],
)
def test_another_source_id_or_field_is_another_submission(other: tuple[Any, ...]) -> None:
    assert content_of(*other) != content_of("form", FORM)


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\U0001f389", "\u202e", "\uffff"])
def test_what_was_sent_can_be_stored(text: str) -> None:
    stored = as_sent({text: [text, {"a": text}]})

    assert "\\u0000" not in stored
    assert json.loads(stored.encode())


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 8112345678.0, 10**30])
def test_numbers_that_are_none_in_json_can_be_stored(number: float) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(as_sent({"n": number}), parse_constant=refuse)


def test_a_repeat_of_a_form_is_known_by_its_id_and_its_content() -> None:
    assert form_id("1", b"a") == form_id("1", b"a")
    assert form_id("1", b"a") != form_id("1", b"b"), "another person of another site"
    assert form_id("1", b"a") != form_id("2", b"a")
    assert form_id("", b"a") == ""
