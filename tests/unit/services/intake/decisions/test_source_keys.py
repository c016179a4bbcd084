"""The names and keys of sources."""

import pytest

from services.intake.decisions.source_keys import hash_of, hint_of, is_name, new_key


@pytest.mark.parametrize("name", ["landing-verano", "a", "2026", "x" * 40])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", "-a", "Landing", "con espacio", "ñ", "a/b", "x" * 41, "a\n", "form", "meta"]
)
def test_texts_that_are_no_names(name: str) -> None:
    assert not is_name(name)


def test_a_key_is_unguessable_and_stored_only_as_a_hash() -> None:
    key = new_key()

    assert key != new_key()
    assert len(key) >= 128 / 6  # characters of six bits
    assert key.startswith(hint_of(key))
    assert len(hint_of(key)) < len(key) / 3
    assert hash_of(key) == hash_of(key) != hash_of(f"{key}x")
    assert key.encode() not in hash_of(key)


def test_any_text_may_be_tried_as_a_key() -> None:
    assert hash_of("\ud800")
