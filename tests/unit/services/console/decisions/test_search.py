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
    ("text", "phone_end", "lead_id"),
    [
        pytest.param("+52 1 81 1234-5678", "8112345678", 5218112345678, id="as people write it"),
        pytest.param("#7", "", 7, id="the number of a lead"),
        pytest.param("123", "", 123, id="too short for a phone"),
        pytest.param("1234", "1234", 1234, id="the end of a phone"),
        pytest.param("9" * 18, "9" * 10, int("9" * 18), id="the longest number of a lead"),
        pytest.param("9" * 19, "9" * 10, 0, id="longer"),
        pytest.param("Ana 1234", "", 0, id="words"),
        pytest.param("( )", "", 0, id="no digits"),
    ],
)
def test_a_search_for_a_number(text: str, phone_end: str, lead_id: int) -> None:
    search = read_search(text)

    assert (search.phone_end, search.lead_id) == (phone_end, lead_id)


def test_accents_and_signs_around_a_word_do_not_count() -> None:
    assert read_search("ÁÉÍÓÚÜÑ áéíóúüñ").words == ("%aeiouun%", "%aeiouun%")
    assert read_search("\"(ana@example.com);:'").words == ("%ana@example.com%",)
    assert read_search("a\\bc").words == ("%a\\\\bc%",)
    assert read_search("ab abc").words == ("% ab%", "%abc%")
