"""A table for a spreadsheet: no cell is a formula, and every cell is quoted."""

import csv
import io

import pytest

from services.console.spreadsheet import BOM, lines


def cell(value: object) -> str:
    [row] = csv.reader(io.StringIO(lines([{"a": value}], ["a"], head=False)))
    return row[0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "  '=1"),
        ("\n=1", "\n'=1"),
        ("\t+1", "\t'+1"),
        ("x;=HYPERLINK(A1)", "x;'=HYPERLINK(A1)"),
        ("x, -1", "x, '-1"),
        ("x|\uff1d1", "x|'\uff1d1"),
        ("+528112345678", "'+528112345678"),
        ("a-b=c", "a-b=c"),
        (-1.5, "-1.5"),
        (None, ""),
    ],
)
def test_no_cell_is_a_formula(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_every_cell_is_quoted() -> None:
    assert lines([{"a": 1, "b": 'x"y'}], ["a", "b"]) == BOM + '"a","b"\r\n"1","x""y"\r\n'
