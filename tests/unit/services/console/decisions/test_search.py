"""Patterns that a search is read as."""

import pytest

from services.console.decisions.search import read_search


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("Garza, Sofía", ("%garza%", "%sofia%")),
        ("de la Peña", ("% de%", "% la%", "%pena%")),
        ("100%_a", (r"%100\%\_a%",)),
        (" ".join("abcdefghijkl"), tuple(f"% {letter}%" for letter in "abcdefgh")),
        ("¡¿ -- %", ()),
    ],
)
def test_a_search_is_read_as_patterns(text: str, patterns: tuple[str, ...]) -> None:
    assert read_search(text).words == patterns
