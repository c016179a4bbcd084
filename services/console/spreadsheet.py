"""Tables for a spreadsheet, in which nothing that a lead typed is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BOM = "\ufeff"  # by which Excel knows UTF-8
# also behind a separator of its own, for Excel splits there in many countries; full-width signs count, too
FORMULA = re.compile(r"((?:^|[;,|\t\r\n])\s{0,9})([=+\-@\uff1d\uff0b\uff0d\uff20])")


def lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, head: bool = True) -> str:
    """The rows as CSV, each cell quoted; `head` puts the names of the columns above them."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    if head:
        out.write(BOM)
        writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    return FORMULA.sub(r"\1'\2", value) if isinstance(value, str) else value
