"""Files of leads as spreadsheets write them."""

import pytest

from sources import table
from sources.model import Unreadable
from sources.table import Line, read_table

ROWS = [["Nombre", "Teléfono"], ["José Núñez", "8112345678"], ["María", "5512345678"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_in_whatever_form(encoding: str, delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(row) for row in ROWS)
    read = read_table(text.encode(encoding))

    assert read.columns == ("Nombre", "Teléfono")
    assert read.lines == (
        Line(2, {"Nombre": "José Núñez", "Teléfono": "8112345678"}),
        Line(3, {"Nombre": "María", "Teléfono": "5512345678"}),
    )


def test_a_quoted_cell_may_hold_anything() -> None:
    read = read_table(b'nombre,mensaje\n"Torres, Ana","dos\nl\xc3\xadneas y ""comillas"""\nLuis,\n')

    assert read.lines == (
        Line(2, {"nombre": "Torres, Ana", "mensaje": 'dos\nlíneas y "comillas"'}),
        Line(3, {"nombre": "Luis"}),
    )


def test_empty_lines_are_no_people_but_count() -> None:
    read = read_table(b"nombre,email\n\n,\nAna,a@example.com\n")

    assert read.lines == (Line(4, {"nombre": "Ana", "email": "a@example.com"}),)


def test_columns_without_a_name_and_of_one_name_are_told_apart() -> None:
    read = read_table(b"email,,email\na,b,c,d\n")

    assert read.columns == ("email", "columna 2", "email (3)")
    assert read.lines[0].fields == {
        "email": "a",
        "columna 2": "b",
        "email (3)": "c",
        "columna 4": "d",
    }


def test_excels_own_line_about_the_sign_is_no_line() -> None:
    read = read_table(b"sep=;\nnombre;email\nAna;a@example.com")

    assert read.columns == ("nombre", "email")
    assert len(read.lines) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_table"),
        (b"nombre,email", "empty_table"),
        (b"nombre,email\n,\n", "empty_table"),
        (b"PK\x03\x04", "workbook"),
        (b"\xd0\xcf\x11\xe0", "workbook"),
        (b",".join([b"a"] * 300) + b"\nb", "bad_table"),
        (b'a\n"' + b"b" * 200_000, "bad_table"),
    ],
)
def test_what_is_no_file_of_leads(body: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        read_table(body)

    assert unreadable.value.code == code


def test_a_file_may_be_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_LINES", 2)
    with pytest.raises(Unreadable, match="long_table"):
        read_table(b"nombre\na\nb\nc\n")
