"""Prints records for a person at a narrow terminal, or for another program."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table


def print_table(
    out: Console, columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = ""
) -> None:
    """Prints a table; where the output is no terminal, a line of tab-separated fields a row.

    No field is ever cut.
    """
    if not out.is_terminal:
        if title:
            typer.echo(title)
        for row in (columns, *rows):
            typer.echo("\t".join(row))
        return
    headers = [Column(column, overflow="fold") for column in columns]
    table = Table(*headers, title=title or None)
    for row in rows:
        table.add_row(*map(escape, row))
    out.print(table)


def print_records(
    out: Console,
    records: Iterable[Mapping[str, Any]],
    *,
    first: Sequence[str],
    then: Sequence[str],
    as_json: bool = False,
) -> None:
    """Prints the fields `first` on a line of their own, and the long ones of `then` below.

    Where the output is no terminal, all stand on one line, separated by tabs. `as_json` prints one
    object a line with every field.
    """
    for record in records:
        if as_json:
            typer.echo(json.dumps(record, ensure_ascii=False))
        elif out.is_terminal:
            out.print("  ".join(_field(record, name) for name in first), markup=False)
            for name in then:
                out.print(f"    {_field(record, name)}", markup=False)
        else:
            typer.echo("\t".join(_field(record, name) for name in (*first, *then)))


def _field(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return " ".join(str(value if value is not None else "").split())
