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


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("+52 1 81 1234 5678", "8112345678"),
        ("+54 9 11 2345-6789", "1123456789"),
        ("+55 41 98765-4321", "87654321"),
        ("+55 41 8765-4321", "87654321"),
        ("55 1234 5678", "5512345678"),
        ("123", ""),
    ],
)
def test_a_phone_is_found_in_every_form(text: str, end: str) -> None:
    assert read_search(text).phone_end == end
