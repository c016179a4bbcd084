"""Nested fields, each once."""

from typing import Any

import pytest

from sources.flattening import flattened


@pytest.mark.parametrize(
    ("fields", "flat"),
    [
        pytest.param({"a": 1, "b": None}, {"a": 1, "b": None}, id="flat already"),
        pytest.param({"a": {"b": {"c": 1}}}, {"a.b.c": 1}, id="objects"),
        pytest.param({"data": {"a": 1}, "fields": {"b": 2}}, {"a": 1, "b": 2}, id="wrappers"),
        pytest.param({"data": {"a": 1}, "a": 1}, {"a": 1}, id="one value, twice"),
        pytest.param({"data": {"a": 1}, "a": 2}, {"a": 1, "a (2)": 2}, id="two values"),
        pytest.param({"a": [1, 2]}, {"a": [1, 2]}, id="a list"),
        pytest.param({"a": [{"b": 1}, {"b": 2}]}, {"a.b": 1, "a.b (2)": 2}, id="objects in a list"),
        pytest.param({"a[b]": 1, "a[c][d]": 2}, {"a.b": 1, "a.c.d": 2}, id="brackets"),
        pytest.param({"a[]": ["x", "y"]}, {"a": ["x", "y"]}, id="a list in brackets"),
        pytest.param({"a": 1, "a[b]": 2}, {"a": 1, "a[b]": 2}, id="a value and an object"),
        pytest.param({"a[b": 1, "[c]": 2}, {"a[b": 1, "[c]": 2}, id="no brackets"),
        pytest.param({"a": 1, "data": {"a": 2}}, {"a": 2, "a (2)": 1}, id="a wrapper comes first"),
        pytest.param(
            {"fields[x][title]": "Nombre", "fields[x][value]": "Ana"}, {"Nombre": "Ana"}, id="label"
        ),
        pytest.param(
            {"f": [{"label": "Plan", "value": "a"}, {"label": "Plan", "value": "b"}]},
            {"Plan": "a", "Plan (2)": "b"},
            id="two answers to one question",
        ),
        pytest.param({"f": {"x": {"id": "x", "value": ""}}}, {"x": ""}, id="no answer"),
        pytest.param(
            {"lead": {"name": "Ana", "value": 100, "email": "a@x.mx"}},
            {"lead.name": "Ana", "lead.value": 100, "lead.email": "a@x.mx"},
            id="an object that only seems an answer",
        ),
        pytest.param({"data": 7}, {"data": 7}, id="a wrapper without anything in it"),
        pytest.param({"a": {}, "b": []}, {"b": []}, id="nothing"),
    ],
)  # fmt: skip
def test_flattened(fields: dict[str, Any], flat: dict[str, Any]) -> None:
    assert flattened(fields).fields == flat


def test_however_many_answers_one_question_has_none_is_lost() -> None:
    flat = flattened({"f": [{"label": "Plan", "value": str(number)} for number in range(3000)]})

    assert len(flat.fields) == 20
    joined = ", ".join(str(value) for value in flat.fields.values())
    assert joined == ", ".join(str(number) for number in range(3000))


def test_a_type_is_a_hint_where_the_question_says_nothing() -> None:
    flat = flattened(
        {
            "fields": [
                {"title": "¿Dónde?", "type": "email", "value": "a@x.mx"},
                {"title": "Teléfono", "type": "tel", "value": "1"},
                {"title": "¿Dónde te marcan?", "type": "TEL", "value": "2"},
            ]
        }
    )

    assert flat.hints == {"¿Dónde?": "email", "¿Dónde te marcan?": "phone"}
