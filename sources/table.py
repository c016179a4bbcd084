"""Reads a file of leads, as a spreadsheet exports it: one line a person. Pure."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from sources.model import Unreadable

MAX_LINES = 50_000
MAX_COLUMNS = 200
DELIMITERS = (",", ";", "\t", "|")
# how the files of spreadsheet programs begin, which hold more than one table
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file; the first below the names of the columns is 2, as spreadsheets count."""

    number: int
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns, each different, and the lines that hold anything."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def read_table(body: bytes) -> Table:
    """Returns the table in a CSV file. Raises Unreadable.

    Its values are separated by commas, semicolons, tabs or bars, its charset is UTF-8, UTF-16 or
    windows-1252.
    """
    if body.startswith(WORKBOOKS):
        raise Unreadable("workbook")
    text = _decoded(body).lstrip("\ufeff\r\n")
    head = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    if text.lower().startswith("sep="):  # Excel writes so which sign separates
        delimiter = head.strip()[4:5] or delimiter
        text = text.partition("\n")[2]
    try:
        # numbered from 1: a cell may hold line breaks, and a spreadsheet shows it as one line
        rows = list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1))
    except csv.Error:
        raise Unreadable("bad_table") from None
    if not rows or len(rows[0][1]) > MAX_COLUMNS:
        raise Unreadable("bad_table")
    columns = _named(rows[0][1])
    lines = [Line(number, _fields(columns, cells)) for number, cells in rows[1:] if any(cells)]
    if not lines:
        raise Unreadable("empty_table")
    if len(lines) > MAX_LINES:
        raise Unreadable("long_table")
    return Table(tuple(columns), tuple(lines))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-16" if body.startswith(UTF_16) else "utf-8")
    except ValueError:
        return body.decode("cp1252", "replace")


def _named(cells: Sequence[str]) -> list[str]:
    """Returns a name for each column: a number where there is none, and after one that repeats."""
    names: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"columna {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return names


def _fields(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    named = [*columns, *(f"columna {place}" for place in range(len(columns) + 1, len(cells) + 1))]
    return {name: cell.strip() for name, cell in zip(named, cells, strict=False) if cell.strip()}
