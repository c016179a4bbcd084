"""The number of parts of an SMS, and the letters that make it longer."""

import pytest

from services.console.decisions.segments import Segments, segments


@pytest.mark.parametrize(
    ("text", "count", "units"),
    [
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("€" * 80, 1, 160),
        ("¿Pudiste agendar? Ñandú", 1, 23),
        ("ó" * 70, 1, 70),
        ("ó" * 71, 2, 71),
        ("😀" * 35, 1, 70),
        ("😀" * 36, 2, 72),
    ],
)
def test_how_many_parts_an_sms_has(text: str, count: int, units: int) -> None:
    assert (segments(text).count, segments(text).units) == (count, units)


def test_the_letters_that_make_it_longer_are_named() -> None:
    assert segments("Reunión á").odd == "áó"
    assert segments("Manana").odd == ""


def test_signs_that_count_twice_and_texts_of_another_alphabet() -> None:
    assert segments("a" * 159 + "€") == Segments(2, 161, "")
    assert segments("ó" * 134) == Segments(2, 134, "ó")
    assert segments("ó" * 135) == Segments(3, 135, "ó")
    assert segments("") == Segments(1, 0, "")


def test_the_units_are_whole() -> None:
    assert str(segments("ó").units) == "1"
