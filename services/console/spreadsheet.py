"""Writes tables for a spreadsheet, in which no text of a lead is read as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BOM = "\ufeff"  # Excel recognizes UTF-8 by it
# A formula may also follow a separator inside the cell, because Excel splits there in many
# countries. Full-width signs start formulas too.
FORMULA = re.compile(r"((?:^|[;,|\t\r\n])\s{0,9})([=+\-@\uff1d\uff0b\uff0d\uff20])")


def lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, head: bool = True) -> str:
    """Returns the rows as CSV, each cell quoted; `head` puts the column names above them."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    if head:
        out.write(BOM)
        writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return FORMULA.sub(r"\1'\2", value) if isinstance(value, str) else value
