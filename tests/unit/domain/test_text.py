"""Text as every database and queue can store it."""

import pytest

from domain.text import storable_json


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        pytest.param("Ana", "Ana", id="text"),
        pytest.param("A\x00na\ud800", "A\ufffdna\ufffd", id="no text of a database"),
        pytest.param("123456", "12345", id="as long as allowed"),
        pytest.param(["123456", 7, None], ["12345", 7, None], id="each of a list"),
        pytest.param({"123456": {"a": "123456"}}, {"12345": {"a": "12345"}}, id="names and values"),
        pytest.param({"a": ["123456"]}, {"a": ["12345"]}, id="however deep"),
        pytest.param({7: "a"}, {"7": "a"}, id="a name that is no text"),
        pytest.param(1.5, 1.5, id="a number"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_json_is_stored_with_texts_as_long_as_allowed(value: object, stored: object) -> None:
    assert storable_json(value, longest=5) == stored
