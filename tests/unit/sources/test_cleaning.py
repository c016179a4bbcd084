"""Text as it was typed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.cleaning import as_typed, one_line

NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        pytest.param("O\\'Brien", "O'Brien", id="WordPress's slash"),
        pytest.param("O\\\\\\'Brien", "O'Brien", id="WordPress's slash, twice"),
        pytest.param('la \\"Güera\\"', 'la "Güera"', id="a slash before quotes"),
        pytest.param("C:\\temp", "C:\\temp", id="a slash that was typed"),
        pytest.param("Mar&iacute;a", "María", id="an entity"),
        pytest.param("Mar&amp;iacute;a", "María", id="an entity, escaped twice"),
        pytest.param("P&#233;rez &#x26; Hijos", "Pérez & Hijos", id="numbered entities"),
        pytest.param("R&D, Q&A", "R&D, Q&A", id="a sign that was typed"),
        pytest.param("?a=1&copy=2&reg=3", "?a=1&copy=2&reg=3", id="an address"),
        pytest.param("&noSuch;", "&noSuch;", id="no entity"),
        pytest.param("Hugo\uffff Prueba", "Hugo Prueba", id="no character"),
        pytest.param("Hugo\U0001fffe\ufdd0", "Hugo", id="no character, further up"),
        pytest.param("&#xFFFF;Ana", "Ana", id="no character, as an entity"),
        pytest.param("\u202eAna\u202c\u200f", "Ana", id="direction"),
        pytest.param("Ana&#8238;", "Ana", id="direction, as an entity"),
        pytest.param("ana\u200b@example\u00ad.com", "ana@example.com", id="zero width"),
        pytest.param("\ufeffAna", "Ana", id="a byte order mark"),
        pytest.param("Ana\x00\x07\x9bTest", "Ana Test", id="controls"),
        pytest.param("\ud83dAna", "Ana", id="half an emoji"),
        pytest.param("Jose\u0301", "José", id="a decomposed letter"),
        pytest.param("👩\u200d⚕️ Ana", "👩⚕️ Ana", id="an emoji of several"),
        pytest.param(" Ana\u00a0\n\tTest\r\n", "Ana Test", id="blanks"),
    ],
)
def test_one_line(sent: str, typed: str) -> None:
    assert one_line(sent) == typed


def test_lines_and_emoji_of_a_message_stay() -> None:
    assert as_typed("uno\r\n\tdos 👩\u200d⚕️\u202e\n") == "uno\n\tdos 👩\u200d⚕️"


@given(st.text() | st.from_regex(r"(&#x?[0-9a-fA-F]{1,5};|\\['\"]|.){0,8}"))
def test_what_is_left_fits_every_output(text: str) -> None:
    for cleaned in (as_typed(text), one_line(text)):
        assert not NOT_XML.search(cleaned)
        cleaned.encode()
    assert "\n" not in one_line(text)
